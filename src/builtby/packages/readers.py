"""Which reader a file wants, by its path alone: a cheap test, for it is made on every file of a target."""

from typing import NamedTuple

from builtby.packages import apk, dpkg, language, pacman, rpm
from builtby.packages.base import Reader


class Database(NamedTuple):
    """A file that tells of packages: how to read it, and where their files stand."""

    read: Reader
    root: str
    """What stands before the paths that it lists: empty, or ending in a slash."""
    limit: int
    """Bytes of a larger file are not read: it is no such database."""


_SMALL, _LARGE = 4 << 20, 512 << 20

_EXACT: dict[str, tuple[tuple[str, Reader, int], ...]] = {
    "status": (("var/lib/dpkg/status", dpkg.status, 256 << 20),),
    "installed": (
        ("lib/apk/db/installed", apk.installed, 256 << 20),
        ("usr/lib/apk/db/installed", apk.installed, 256 << 20),
    ),
    "rpmdb.sqlite": tuple(
        (f"{folder}/rpmdb.sqlite", rpm.sqlite, _LARGE)
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
    ),
    "Packages.db": tuple(
        (f"{folder}/Packages.db", rpm.ndb, _LARGE) for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
    ),
    "Packages": (("var/lib/rpm/Packages", rpm.bdb, _LARGE),),
}
"""By base name: whole paths, the longest first where one ends with another."""

_BESIDE = {"METADATA": language.python, "PKG-INFO": language.python, "RECORD": language.python_record}
_SUFFIXES = (".list", ".md5sums", ".json", ".gemspec", ".egg-info")
_NAMES = frozenset({*_EXACT, *_BESIDE, "package.json", "desc", "files"})


def interesting(path: str) -> Database | None:
    """Return how to read the package database or metadata that stands at `path`, None for any other file.

    `path` is relative to the target, with `/`. A database counts only where its whole customary path stands;
    what is before it is the root of the files that it lists.
    """
    name = path[path.rfind("/") + 1 :]
    if name not in _NAMES and not name.endswith(_SUFFIXES) and "dpkg/status.d/" not in path:
        return None
    if name in _EXACT:
        return _exact(path, name)
    return _by_folder(path, name)


def _exact(path: str, name: str) -> Database | None:
    found = None
    for ending, read, limit in _EXACT[name]:
        if path == ending or path.endswith(f"/{ending}"):
            found = Database(read, path[: -len(ending)], limit)
    return found


def _by_folder(path: str, name: str) -> Database | None:
    folder = path[: -len(name)]
    parts = folder.split("/")
    parent = parts[-2] if len(parts) > 1 else ""
    if name in _BESIDE:
        if parent.endswith((".dist-info", ".egg-info")):
            return Database(_BESIDE[name], folder[: -len(parent) - 1], _SMALL)
    elif name == "package.json":
        module = parts[-3] if len(parts) > 2 else ""
        scope = parts[-4] if module.startswith("@") and len(parts) > 3 else module
        if "node_modules" in (scope, module) or folder.endswith(_NODE_HOMES):
            return Database(language.npm, folder, _SMALL)
    elif name.endswith(".egg-info"):
        return Database(language.python, folder, _SMALL) if parent in {"site-packages", "dist-packages"} else None
    elif name.endswith(".json"):
        if parent == "conda-meta":
            return Database(language.conda, folder[: -len("conda-meta/")], _LARGE)
    elif name.endswith(".gemspec"):
        return Database(language.gem, folder, _SMALL) if parent == "specifications" else None
    return _rooted(path, folder, name)


_NODE_HOMES = ("usr/share/nodejs/npm/", "usr/share/nodejs/yarn/", "usr/share/nodejs/corepack/")
"""Debian's folders of packaged modules, which are not called node_modules."""


def _rooted(path: str, folder: str, name: str) -> Database | None:
    for ending, read, wanted in _FOLDERS:
        if folder == ending or folder.endswith(f"/{ending}"):
            return Database(read, folder[: -len(ending)], _LARGE) if name.endswith(wanted) else None
    if name in {"desc", "files"}:
        above = folder[: folder.rstrip("/").rfind("/") + 1]
        if above == _PACMAN or above.endswith(f"/{_PACMAN}"):
            return Database(pacman.desc if name == "desc" else pacman.files, above[: -len(_PACMAN)], _LARGE)
    status = "var/lib/dpkg/status.d/"
    if folder == status or folder.endswith(f"/{status}"):
        read = dpkg.md5sums if name.endswith(".md5sums") else dpkg.status
        return Database(read, folder[: -len(status)], _LARGE)
    return None


_FOLDERS: tuple[tuple[str, Reader, str], ...] = (("var/lib/dpkg/info/", dpkg.file_list, ".list"),)
_PACMAN = "var/lib/pacman/local/"
