"""Which tool an executable is, by the marks of what is installed; which package owns it, and if it is as shipped."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from builtby.builds.learnt import Known
from builtby.builds.model import ToolUsed
from builtby.model import Present
from builtby.packages.base import Package
from builtby.packages.clues import TEXT_READ, Clues, clues
from builtby.packages.distro import PLACES
from builtby.packages.owners import Owned, Owners
from builtby.packages.present import PresentFinder
from builtby.packages.readers import interesting
from builtby.pipeline.attribute import DATABASES, PACKAGED

ABOVE = 4
"""Folders above an executable in which a file may stand that tells its version: `VERSION` of a Go installation."""
_DPKG = "var/lib/dpkg/info"


class Toolbox:
    """The system's package databases, as far as they tell of some executables, and the marks.

    `root` is where the file system begins.
    """

    def __init__(self, executables: Iterable[str], root: Path = Path("/")) -> None:
        self._root, self._owners, self._clues = root, Owners(), clues()
        self._sources: dict[tuple[str, str], list[Package]] = {}
        wanted = {name for path in executables for name in (path, path.removeprefix("/usr"), f"/usr{path}")}
        for path in (*PLACES, *DATABASES, *_lists(root / _DPKG, wanted)):
            self._load(path)

    @property
    def databases(self) -> list[str]:
        """The full paths of what tells of packages, whether it is there or not."""
        return [str(self._root / path) for path in (*PLACES, *DATABASES, _DPKG)]

    def _load(self, path: str) -> None:
        try:
            data = (self._root / path).read_bytes()
        except OSError:
            return
        self._owners.release(path, data)
        database = interesting(path)
        if database is not None and len(data) <= database.limit:
            for package in self._owners.load(database, data, path):
                self._sources.setdefault((path, package.source or package.name), []).append(package)

    def rests_on(self, executable: str) -> list[str]:
        """Return the full paths of what tells of an executable, whether it is there or not.

        Nothing for what no package can own and no mark knows: its path alone tells that.
        """
        path = executable.lstrip("/")
        if self._owners.find(path) is not None:
            return [executable]
        if self._found(path, None):
            return [executable, *(str(self._root / one) for one in _tellers(self._clues, path))]
        return [executable] if path.partition("/")[0] in PACKAGED else []

    def of(self, executable: str) -> Known:
        """Return what is known of the executable at a full path."""
        path = executable.lstrip("/")
        owned = self._owners.find(path)
        package = self._owners.purl(owned) if owned else None
        return Known(self._tool(path, owned), package, self._as_packaged(path, owned) if owned else None)

    def _tool(self, path: str, owned: Owned | None) -> ToolUsed | None:
        """Ask the path first; then what stands beside it, or comes from the same source, for the version."""
        alone = self._found(path, None)
        if not alone:
            return None
        fuller = [one for one in self._found(path, owned) if one.tool == alone[0].tool and one.version]
        best = fuller[0] if fuller else alone[0]
        return ToolUsed(best.tool, best.version, best.role.value, best.purl)

    def _found(self, path: str, owned: Owned | None) -> list[Present]:
        finder = PresentFinder(self._clues)
        finder.file(path)
        if owned is not None:
            package = owned.package
            same = self._sources.get((owned.database, package.source or package.name), [])
            finder.packages(same, owned.database, owned.root)
        else:
            for other, data in _telling(self._clues, self._root, path):
                finder.text(other, data)
        return finder.results(0, self._owners)

    def _as_packaged(self, path: str, owned: Owned) -> bool | None:
        """Compare a file with what its package shipped: dpkg's MD5, which finds changes, but no forgeries."""
        if owned.package.type != "deb":
            return None
        sums = _md5sums(self._root / _DPKG, owned.package.name, owned.package.arch)
        wanted = sums.get(path) or sums.get(path.removeprefix("usr/"))
        if wanted is None:
            return None
        try:
            with (self._root / path).open("rb") as file:
                return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == wanted
        except OSError:
            return None


def _lists(folder: Path, wanted: set[str]) -> Iterator[str]:
    """Yield dpkg's lists of files that hold a wanted path: to take in all of them costs a second."""
    names = {os.fsencode(name) for name in wanted}
    for path in sorted(folder.glob("*.list")):
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError:
            continue
        if not names.isdisjoint(lines):
            yield f"{_DPKG}/{path.name}"


@lru_cache(maxsize=64)
def _md5sums(folder: Path, name: str, arch: str | None) -> dict[str, str]:
    for file in (folder / f"{name}:{arch}.md5sums", folder / f"{name}.md5sums"):
        try:
            lines = file.read_text("utf-8", "backslashreplace").splitlines()
        except OSError:
            continue
        return {line[34:]: line[:32] for line in lines if len(line) > 34}
    return {}


def _telling(known: Clues, root: Path, path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the small files above an executable that tell a tool's version."""
    for name in _tellers(known, path):
        with suppress(OSError), (root / name).open("rb") as file:
            yield name, file.read(TEXT_READ)


def _tellers(known: Clues, path: str) -> Iterator[str]:
    """Yield where such files may stand."""
    for folder in _above(path):
        yield from (place for name in known.texts if known.is_text(place := f"{folder}/{name}"))


def _above(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)  # noqa: PTH120  # paths in the target, as text
    for _ in range(ABOVE):
        if not folder:
            return
        yield folder
        folder = os.path.dirname(folder)  # noqa: PTH120
