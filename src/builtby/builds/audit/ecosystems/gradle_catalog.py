"""Version catalogs and lock files of Gradle: which plugin and processor an alias stands for."""

import re
from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree, Unreadable

_ALIAS = re.compile(r"\balias\s*\(?\s*(\w+)\.plugins\.([\w.]+)")
_PROCESSOR = re.compile(r"^\s*(?:annotationProcessor|kapt|ksp|testAnnotationProcessor)\w*\s*\(?\s*(\w+)\.([\w.]+)")
_SEPARATORS = re.compile(r"[-_.]")
_LOCKED = re.compile(r"([^:=#\s]+):([^:=\s]+):([^=\s]+)=(\S*)")
_RUNNING = {"classpath": ("gradle-plugin", "on the class path of the build script"),
            "annotationProcessor": ("annotation-processor", "an annotation processor: the compiler loads it"),
            "kapt": ("annotation-processor", "an annotation processor: the compiler loads it"),
            "testAnnotationProcessor": ("annotation-processor", "an annotation processor: the compiler loads it")}


def gradle_plugin(group: str, name: str, version: str, hook: Hook) -> Dependency:
    """Return a plugin, by its id, or a library that Gradle loads, by group and name."""
    return Dependency(ecosystem="gradle", name=f"{group}:{name}" if group else name, version=version or None,
                      path=hook.path, hooks=(hook,),
                      purl=purl("maven", group or name, name if group else f"{name}.gradle.plugin",
                                          version or None))


def own_plugins(tree: Tree) -> frozenset[str]:
    """Return the ids of the plugins that the project itself holds as scripts."""
    held = tree.memory.get("gradle:own")
    if not isinstance(held, frozenset):
        held = tree.memory["gradle:own"] = frozenset(
            path.rpartition("/")[2].removesuffix(".kts").removesuffix(".gradle") for path in tree.files
            if path.endswith((".gradle.kts", ".gradle")) and "/src/main/" in path)
    return held


def used(line: str, path: str, number: int, tree: Tree) -> Iterator[Entry]:
    """Yield what a line of a script uses by an alias of the version catalog."""
    if match := _ALIAS.search(line):
        name, version = _plugin(match[1], match[2], path, tree)
        yield gradle_plugin("", name, version, Hook(kind="gradle-plugin", when=When.BUILD, path=path, line=number,
                                                    how="a plugin: Gradle loads it at every call"))
    elif match := _PROCESSOR.match(line):
        group, name, version = _library(match[1], match[2], path, tree)
        yield gradle_plugin(group, name, version, Hook(
            kind="annotation-processor", when=When.BUILD, path=path, line=number,
            how="an annotation processor: the compiler loads it"))


def _plugin(catalog: str, alias: str, path: str, tree: Tree) -> tuple[str, str]:
    """Return id and version of a plugin; the alias itself, when no catalog tells."""
    tables = _catalog(catalog, path, tree)
    entry = _entry(tables, "plugins", alias)
    if isinstance(entry, str):
        name, _, version = entry.partition(":")
        return name, version
    told = read.mapping(entry)
    return read.string(told.get("id")) or f"{catalog}.plugins.{alias}", _version(told, tables)


def _library(catalog: str, alias: str, path: str, tree: Tree) -> tuple[str, str, str]:
    tables = _catalog(catalog, path, tree)
    entry = _entry(tables, "libraries", alias)
    parts = entry.split(":") if isinstance(entry, str) else [
        *(read.string(read.mapping(entry).get("module")).split(":")), _version(read.mapping(entry), tables)]
    if isinstance(entry, dict) and entry.get("group"):
        parts = [read.string(entry["group"]), read.string(entry.get("name")), _version(read.mapping(entry), tables)]
    group, name, version = (*parts, "", "", "")[:3]
    return (group, name, version) if group else ("", f"{catalog}.{alias}", "")


def _entry(tables: dict[str, Any], kind: str, alias: str) -> object:
    wanted = _SEPARATORS.sub(".", alias)
    return next((value for name, value in read.mapping(tables.get(kind)).items()
                 if _SEPARATORS.sub(".", name) == wanted), None)


def _version(entry: dict[str, Any], tables: dict[str, Any]) -> str:
    told = entry.get("version")
    reference = read.string(read.mapping(told).get("ref"))
    if reference:
        told = read.mapping(tables.get("versions")).get(reference)
    wide = read.mapping(told)
    return read.string(told) or next((read.string(wide[key]) for key in ("strictly", "require", "prefer")
                                      if wide.get(key)), "")


def _catalog(name: str, path: str, tree: Tree) -> dict[str, Any]:
    place = tree.above(path, f"gradle/{name}.versions.toml")
    if place is None:
        return {}
    key = f"gradle:{place}"
    held = tree.memory.get(key)
    if not isinstance(held, dict):
        try:
            held = tree.memory[key] = read.toml(tree, place)
        except Unreadable:
            held = tree.memory[key] = {}
    return held


def _catalog_file(path: str, tree: Tree) -> Iterator[Entry]:
    """Say whether a catalog can be read. What is in it runs only where a script uses it."""
    read.toml(tree, path)
    yield from ()


def _locked(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        match = _LOCKED.fullmatch(line.strip())
        if match is None:
            continue
        found = next((_RUNNING[one] for one in match[4].split(",") if one in _RUNNING), None)
        hooks = () if found is None else (Hook(kind=found[0], when=When.BUILD, how=found[1], path=path, line=number),)
        yield Dependency(ecosystem="gradle", name=f"{match[1]}:{match[2]}", version=match[3], path=path, hooks=hooks,
                         purl=purl("maven", match[1], match[2], match[3]))


AUDITORS = (
    Auditor("version catalog", lambda path: path.endswith(".versions.toml") and "gradle" in path, _catalog_file),
    Auditor("gradle.lockfile", lambda path: path.endswith("gradle.lockfile"), _locked),
)
