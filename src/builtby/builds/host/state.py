"""What there is on a host: places of persistence, the toolchain, and the programs in PATH."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from builtby.builds.host.barred import barred
from builtby.builds.host.model import Held
from builtby.builds.toolchain import apk, dpkg, rpm
from builtby.builds.toolchain.model import ShippedFile
from builtby.builds.toolchain.tree import Tree, digests, merged
from builtby.builds.watch import snapshot
from builtby.builds.watch.places import Roots, home

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LEAST_USER = 1000
_MOST_HOMES = 200


class Program(NamedTuple):
    """A program in a folder of PATH."""

    path: str
    real: str


class Host(NamedTuple):
    """A host, as rules look at it. Paths are full ones of this machine."""

    root: str
    homes: tuple[str, ...]
    search: tuple[str, ...]
    """The folders of PATH, in order; with what is empty or relative in it."""
    files: Mapping[str, Held]
    shipped: Mapping[str, ShippedFile]
    """What packages ship, by merged names from the root."""
    environment: Mapping[str, str]

    def inner(self, path: str) -> str:
        """Return a path as it is within the root, without a leading slash."""
        return path.removeprefix(self.root.rstrip("/")).lstrip("/")

    def owned(self, path: str) -> bool:
        """Whether a system's package lists a file."""
        return merged(self.inner(path)) in self.shipped

    def as_shipped(self, path: str) -> bool:
        """Whether a file is what its package ships; of a link, the file that it leads to."""
        tree = Tree(Path(self.root))
        try:
            real = tree.real(self.inner(path))
            wanted = self.shipped.get(merged(real))
            return wanted is not None and wanted.algorithm is not None and (
                digests(tree.full(real), frozenset({wanted.algorithm}))[wanted.algorithm] == wanted.digest)
        except OSError:
            return False

    def programs(self) -> Iterator[Program]:
        """Yield the programs of PATH, in its order."""
        tree = Tree(Path(self.root))
        for folder in dict.fromkeys(one for one in self.search if one.startswith("/")):
            for name in _names(folder):
                path = f"{folder}/{name}"
                try:
                    yield Program(path, tree.full(tree.real(self.inner(path))))
                except OSError:
                    continue


def host(root: Path, environment: Mapping[str, str], *, hashed: bool) -> tuple[Host, tuple[str, ...]]:
    """Look at a host; return it, and what could not be read. `hashed`: the toolchain too."""
    base = str(root)
    own = root == Path("/")
    homes = tuple(_homes(root)) if not own or _is_root() else (home(),)
    search = environment.get("PATH", DEFAULT_PATH) if own else ":".join(base + one for one in DEFAULT_PATH.split(":"))
    files: dict[str, Held] = {}
    problems: list[str] = []
    for number, folder in enumerate(homes or (f"{base.rstrip('/')}/root",)):
        where = Roots(folder, base=base)
        files |= {path: _held(one) for path, one in snapshot.persistence(where, host=True).items()}
        problems += [f"{path}: the folder cannot be read" for path in sorted(barred(where))]
        if not number:
            files |= {path: _held(one, "toolchain") for path, one in
                      snapshot.toolchain(where, search, {}, hashed=hashed).items() if path not in files}
    problems += [f"{path}: cannot be read" for path, one in files.items()
                 if one.digest is None and (hashed or one.kind != "toolchain")]
    shipped: dict[str, ShippedFile] = {}
    try:
        shipped = {merged(file.path): file for file in _shipped(root)}
    except OSError as error:
        problems.append(f"the package database: {error.strerror}")
    seen = Host(base, homes, tuple(search.split(":")), files, shipped, environment if own else {})
    return seen, tuple(dict.fromkeys(problems))


def _held(one: snapshot.Seen, kind: str = "") -> Held:
    return Held(kind or one.kind, one.sha256, stat.S_IMODE(one.mark.mode), one.mark.owner)


def _shipped(root: Path) -> Iterator[ShippedFile]:
    for read, places in ((dpkg.shipped, (f"{dpkg.FOLDER}/status",)), (apk.shipped, apk.PLACES),
                         (rpm.shipped, tuple(place for place, _ in rpm.PLACES))):
        if any((root / place).exists() for place in places):
            for package in read(root):
                yield from package.files


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _homes(root: Path) -> Iterator[str]:
    """Yield the homes of people and of root, as the accounts of a root tell; this user's first."""
    base, found = str(root).rstrip("/"), [home()] if root == Path("/") else []
    try:
        lines = (root / "etc/passwd").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        parts = line.split(":")
        if len(parts) > 5 and parts[2].isdigit() and (int(parts[2]) == 0 or int(parts[2]) >= _LEAST_USER):
            found.append(base + parts[5].rstrip("/"))
    yield from [one for one in dict.fromkeys(found) if one and os.path.isdir(one)][:_MOST_HOMES]  # noqa: PTH112


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names are wanted
    except OSError:
        return []
