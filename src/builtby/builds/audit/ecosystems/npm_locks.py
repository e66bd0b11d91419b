"""package-lock.json and npm-shrinkwrap.json, versions 1 to 3."""

from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding
from builtby.builds.audit.ecosystems.npm_names import COMMIT, GIT, ignoring, package, prevented, script, untold
from builtby.builds.audit.model import Entry
from builtby.builds.audit.tree import Tree, Unreadable

_MODULES = "node_modules/"
_DEEPEST = 200


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    lock, places = read.json(tree, path), read.Places(tree.text(path))
    if "packages" not in lock and "dependencies" not in lock and "lockfileVersion" not in lock:
        raise Unreadable("no lock file of npm: neither packages nor dependencies are in it")
    off = ignoring(path, tree)
    if isinstance(lock.get("packages"), dict):
        for place, value in read.mapping(lock["packages"]).items():
            if _MODULES in place:
                yield from _package(place, read.mapping(value), path, places, off)
    else:
        yield from _first(read.mapping(lock.get("dependencies")), path, places, off, 0)


def _package(place: str, entry: dict[str, Any], path: str, places: read.Places, off: str) -> Iterator[Entry]:
    if entry.get("link"):
        return
    name = read.string(entry.get("name")) or place.rpartition(_MODULES)[2]
    hooks = []
    if entry.get("hasInstallScript") is True:
        line = places.line(f'"{place}": {{')
        hooks.append(script("an install script (preinstall, install, postinstall or node-gyp)", path, line))
    yield from _source(name, entry, path, places, place)
    if GIT.match(read.string(entry.get("resolved"))):
        hooks.append(script("prepare and install scripts of a git checkout", path,
                            places.line(f'"{place}": {{')))
    yield package(name, read.string(entry.get("version")), path, *(prevented(hook, off) for hook in hooks))


def _source(name: str, entry: dict[str, Any], path: str, places: read.Places, place: str) -> Iterator[Entry]:
    address = read.string(entry.get("resolved"))

    def line() -> int | None:
        return places.line(f'"{place}": {{')

    if GIT.match(address):
        if not COMMIT.search(address):
            yield finding("npm-git-unpinned", path, f"{name}: {address}", line())
    elif address.startswith("http://"):
        yield finding("plain-http-source", path, f"{name}: {address}", line())
    if address.startswith("http") and not entry.get("integrity") and not GIT.match(address):
        yield finding("npm-no-integrity", path, name, line())


def _first(dependencies: dict[str, Any], path: str, places: read.Places, off: str, depth: int) -> Iterator[Entry]:
    """Read version 1, which holds dependencies within dependencies and tells of no scripts."""
    if depth > _DEEPEST:
        raise Unreadable("dependencies nested too deeply")
    for name, value in dependencies.items():
        entry = read.mapping(value)
        version = read.string(entry.get("version"))
        yield from _source(name, {"resolved": version if GIT.match(version) else "", **entry}, path, places, name)
        yield package(name, version, path, prevented(untold(path), off))
        yield from _first(read.mapping(entry.get("dependencies")), path, places, off, depth + 1)


AUDITORS = (
    Auditor("package-lock.json", lambda path: path.rpartition("/")[2] in {"package-lock.json", "npm-shrinkwrap.json"}
            and _MODULES not in path, _audit, projects=True),
)
