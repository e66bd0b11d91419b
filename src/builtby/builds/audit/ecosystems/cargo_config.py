"""Cargo's configuration: what replaces tools, and where crates come from. Also the toolchain that rustup fetches."""

import re
from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, named, setting
from builtby.builds.audit.model import Dependency, Entry, Hook, Skipped, When
from builtby.builds.audit.tree import Tree

_TOOLS = ("rustc", "rustc-wrapper", "rustc-workspace-wrapper", "rustdoc", "rustflags", "linker", "runner")
_MOST = 50
_LOADS = re.compile(r"linker=|-fuse-ld|codegen-backend|-plugin|-specs|-wrapper|-B/|@")
"""Flags that put another program into the compiler's way."""


def _config(path: str, tree: Tree) -> Iterator[Entry]:
    yield from _file(path, tree, set())


def _file(path: str, tree: Tree, seen: set[str]) -> Iterator[Entry]:
    seen.add(path)
    document, text = read.toml(tree, path), tree.text(path)
    yield from _tools(document, path, text)
    yield from _sources(document, path, text)
    for name, value in read.mapping(document.get("env")).items():
        yield setting("cargo-environment", path, safe=True, value=f"[env] {name} = {value}"[:200],
                      line=read.line_of(text, name))
    included = document.get("include")
    for entry in read.items(included) or [included]:
        name = read.string(entry) or read.string(read.mapping(entry).get("path"))
        place = tree.reach(path, name) if name else None
        if place and place not in seen and len(seen) < _MOST:
            yield from _file(place, tree, seen)
        elif name and not place and read.mapping(entry).get("optional") is not True:
            yield Skipped(path=path, reason=f"it includes {name}, which is not in this tree")


def _tools(document: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    tables = {"build": read.mapping(document.get("build"))} | {
        f"target.{name}": read.mapping(value) for name, value in read.mapping(document.get("target")).items()}
    for table, values in tables.items():
        start = max(text.find(table.partition(".")[2] or "[build"), 0)
        for key in _TOOLS:
            if values.get(key):
                rule = "cargo-flags" if key == "rustflags" and not _LOADS.search(str(values[key])) else (
                    "cargo-replaces-tool")
                yield setting(rule, path, safe=False, value=f"[{table}] {key} = {values[key]}"[:200],
                              line=read.line_of(text, key, start) or read.line_of(text, key))
    registry = read.mapping(document.get("registry"))
    for provider in [registry.get("credential-provider"), *read.items(registry.get("global-credential-providers"))]:
        words = read.items(provider) or [provider]
        if (first := read.string(words[0])) and not first.startswith("cargo:"):
            yield setting("cargo-replaces-tool", path, safe=False, value=f"[registry] credential provider {first}",
                          line=read.line_of(text, "credential-provider"))


def _sources(document: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    for name, value in read.mapping(document.get("source")).items():
        if read.mapping(value).get("replace-with"):
            yield setting("cargo-source-replaced", path, safe="vendored" in read.string(value["replace-with"]),
                          value=f"[source.{name}] replace-with = {value['replace-with']}",
                          line=read.line_of(text, "replace-with"))
    if read.mapping(document.get("http")).get("check-revoke") is False:
        yield setting("tls-off", path, safe=False, value="[http] check-revoke = false",
                      line=read.line_of(text, "check-revoke"))
    for name, value in read.mapping(document.get("registries")).items():
        if read.string(read.mapping(value).get("index")).removeprefix("sparse+").startswith("http://"):
            yield setting("cargo-plain-http", path, safe=False, value=f"[registries.{name}] {value['index']}",
                          line=read.line_of(text, read.string(value["index"])))


def _toolchain(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield the toolchain that rustup fetches and runs as soon as cargo is called in the folder."""
    text = tree.text(path)
    table = read.mapping(read.toml(tree, path).get("toolchain")) if "[" in text else {"channel": text.strip()}
    if place := read.string(table.get("path")):
        yield Dependency(ecosystem="cargo", name=place, path=path, project=True, hooks=(Hook(
            kind="cargo-program", when=When.BUILD, how=f"cargo and rustc are those of {place}", path=path,
            line=read.line_of(text, "path")),))
    if channel := read.string(table.get("channel")):
        yield setting("rust-toolchain", path, safe=channel[:1].isdigit() or "-20" in channel,
                      value=f"channel = {channel}"[:200], line=read.line_of(text, channel))


AUDITORS = (
    Auditor(".cargo/config", lambda path: path.endswith((".cargo/config.toml", ".cargo/config")), _config,
            projects=True),
    Auditor("rust-toolchain", named("rust-toolchain.toml", "rust-toolchain"), _toolchain, projects=True),
)
