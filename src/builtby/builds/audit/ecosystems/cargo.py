"""Cargo: build.rs, procedural macros, and the settings that replace a tool."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.ecosystems.cargo_sources import Sources
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree, Unreadable


@cache
def _clues() -> dict[str, Any]:
    return tomllib.loads(resources.files("builtby.builds.audit").joinpath("cargo-clues.toml").read_text("utf-8"))


def _crate(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    return Dependency(ecosystem="cargo", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("cargo", None, name or "?", version or None))


def _lock(path: str, tree: Tree) -> Iterator[Entry]:
    lock, places, sources = read.toml(tree, path), read.Places(tree.text(path)), Sources()
    if not isinstance(lock.get("package"), list):
        raise Unreadable("no Cargo.lock: it lists no packages")
    hashes = read.mapping(lock.get("metadata"))
    for package in read.objects(lock["package"]):
        name, version = read.string(package.get("name")), read.string(package.get("version"))
        source = read.string(package.get("source"))
        line = places.line(f'name = "{name}"\nversion = "{version}"')
        hooks = sources.hooks(name, version)
        if hooks is None:
            hooks = list(_inferred(name, package, path, line))
        yield _crate(name, version, path, *(hooks if source else ()), project=not source)
        if source.startswith("registry+") and not package.get("checksum") and not any(
                key.startswith(f"checksum {name} {version} ") for key in hashes):
            yield finding("cargo-no-checksum", path, f"{name} {version}", line)


def _inferred(name: str, package: dict[str, Any], path: str, line: int | None) -> Iterator[Hook]:
    clues = _clues()
    needs = {read.string(one).partition(" ")[0] for one in read.items(package.get("dependencies"))}
    helpers = sorted(needs & set(clues["build_helpers"]))
    if helpers or name.endswith(tuple(clues["build_suffixes"])) or name in clues["build_scripts"]:
        how = f"build.rs, as it depends on {', '.join(helpers)}" if helpers else "build.rs, by what it is known as"
        yield Hook(kind="build.rs", when=When.BUILD, how=how, path=path, line=line, certainty=Certainty.INFERRED)
    if name.endswith(tuple(clues["macro_suffixes"])) and needs & set(clues["macro_helpers"]):
        yield Hook(kind="proc-macro", when=When.BUILD, path=path, line=line, certainty=Certainty.INFERRED,
                   how="a procedural macro, by its name and what it depends on: rustc loads it")
    yield Hook(kind="build.rs", when=When.BUILD, path=path, line=line, certainty=Certainty.UNKNOWN,
               how="build.rs or a procedural macro, if it has one: Cargo.lock does not tell")


def _manifest(path: str, tree: Tree) -> Iterator[Entry]:
    manifest, text = read.toml(tree, path), tree.text(path)
    package = read.mapping(manifest.get("package"))
    if not package:  # a workspace, which has no code of its own
        yield from _unpinned(manifest, path, text)
        return
    hooks = tuple(manifest_hooks(manifest, path, text, beside=tree.beside(path, "build.rs") is not None))
    vendored = tree.beside(path, ".cargo-checksum.json") is not None
    yield _crate(read.string(package.get("name")), read.string(package.get("version")), path, *hooks,
                 project=not vendored and not tree.package)
    if not vendored:
        yield from _unpinned(manifest, path, text)


def manifest_hooks(manifest: dict[str, Any], path: str, text: str, *, beside: bool) -> Iterator[Hook]:
    """Yield what a Cargo.toml says runs; `beside`: whether a build.rs lies in the same folder."""
    package, library = read.mapping(manifest.get("package")), read.mapping(manifest.get("lib"))
    build = package.get("build")
    if build is not False and (build is True or isinstance(build, str | list) or beside):
        named = [build] if isinstance(build, str) else [read.string(one) for one in read.items(build)]
        line = read.line_of(text, "\nbuild =")
        for script in named:
            yield Hook(kind="build.rs", when=When.BUILD, path=path, line=line + 1 if line else None, how=script)
        if not named:
            own = f"{path.removesuffix('Cargo.toml')}build.rs"
            yield Hook(kind="build.rs", when=When.BUILD, path=own, line=1, how="build.rs")
    if library.get("proc-macro") is True or library.get("proc_macro") is True:
        yield Hook(kind="proc-macro", when=When.BUILD, path=path, line=read.line_of(text, "proc-macro"),
                   how="a procedural macro: rustc loads it")


def _unpinned(manifest: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    for table, dependencies in _dependencies(manifest):
        for name, value in dependencies.items():
            entry = read.mapping(value)
            line = read.line_of(text, f"\n{name} =")
            if table.startswith(("patch", "replace")):
                where = read.string(entry.get("git") or entry.get("path"))
                yield setting("cargo-patch", path, safe=False, value=f"[{table}] {name} → {where}",
                              line=line + 1 if line else None)
            if entry.get("git") and not entry.get("rev"):
                yield finding("cargo-git-unpinned", path, f"{name}: {read.string(entry['git'])}",
                              line + 1 if line else None)


def _dependencies(manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every table of dependencies, also of a workspace, of targets and of patches."""
    targets = {f"target.{name}": read.mapping(value) for name, value in read.mapping(manifest.get("target")).items()}
    for place, tables in {"": manifest, "workspace": read.mapping(manifest.get("workspace")), **targets}.items():
        for kind in ("dependencies", "build-dependencies", "dev-dependencies"):
            yield f"{place}.{kind}".strip("."), read.mapping(tables.get(kind))
    for source, table in read.mapping(manifest.get("patch")).items():
        yield f"patch.{source}", read.mapping(table)
    yield "replace", read.mapping(manifest.get("replace"))


AUDITORS = (
    Auditor("Cargo.lock", named("Cargo.lock"), _lock, projects=True),
    Auditor("Cargo.toml", named("Cargo.toml"), _manifest),
    Auditor("build.rs", named("build.rs", ".cargo-checksum.json"), lambda _path, _tree: iter(())),
)
