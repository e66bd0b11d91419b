"""Who owns a file: a map from a million paths to packages in a few megabytes, and one hash for a look-up."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from posixpath import normpath
from typing import NamedTuple

from builtby.packages.base import OF_DISTRO, Distro, Package
from builtby.packages.distro import PLACES, os_release
from builtby.packages.language import nix_store
from builtby.packages.readers import Database

INDEX_BITS = 20
MOST_OWNED = 8 << 20
"""Paths that are kept; a target whose databases list more has files whose owner is unknown."""
RUN = 1 << 18
"""Words that are sorted together."""
_INDEX_MASK = (1 << INDEX_BITS) - 1
_HASH_MASK = (1 << 64) - 1 - _INDEX_MASK
_MERGED = ("bin/", "sbin/", "lib/", "lib64/", "lib32/", "libx32/")
_SELF_OWNED = {"npm": "", "gem": "gems/"}


class Owned(NamedTuple):
    """A package as it is installed: where its database stands, and the root of that database's paths."""

    package: Package
    database: str
    root: str


class Owners:
    """The packages of one target and their files.

    A path's 44-bit hash and its package's number share one word of sorted arrays: 8 bytes a file. That two paths of
    a million get one hash, and so a wrong owner, has a chance below one in ten million a look-up.
    """

    def __init__(self) -> None:
        self._owned: list[Owned | None] = []
        self._by_key: dict[tuple[str, str, str, str], int] = {}
        self._by_name: dict[tuple[str, str, str], int] = {}
        self._by_database: dict[str, list[int]] = {}
        self._folders: dict[str, int] = {}
        self._distros: dict[str, tuple[int, Distro]] = {}
        self._runs: list[array[int]] = []
        self._words = array("Q")
        self._count = 0
        self._purls: dict[int, str] = {}
        self._nix: dict[str, int] = {}

    def fork(self) -> "Owners":
        """Return a copy that may learn more by itself. The sorted runs, which hold nearly all, are shared."""
        self._settle()
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | list):
                setattr(other, name, value.copy())
        other._words = array("Q")
        return other

    def load(self, database: Database, data: bytes, path: str) -> list[Package]:
        """Take in a database that stood at `path`; return the packages that it names, without their files.

        The same database met again, in an upper layer, takes the place of the one before.
        """
        for before in self._by_database.pop(path, ()):
            self._owned[before] = None
        named: list[Package] = []
        indexes: list[int] = []
        for package in database.read(data, path):
            added = self._add(package, path, database.root)
            if added is None:
                break
            indexes.append(added)
            if package.version:
                named.append(package._replace(files=()))
        self._by_database[path] = indexes
        return named

    def release(self, path: str, data: bytes) -> None:
        """Take in an os-release file, if `path` is where one stands."""
        for rank, place in enumerate(PLACES):
            if path == place or path.endswith(f"/{place}"):
                distro = os_release(data)
                root = path[: -len(place)]
                if distro and self._distros.get(root, (len(PLACES),))[0] >= rank:
                    self._distros[root] = (rank, distro)
                    self._purls.clear()

    def distro(self, root: str = "") -> Distro | None:
        """Return the release of the distribution that stands at `root`."""
        return self._distros.get(root, (0, None))[1]

    def find(self, path: str) -> Owned | None:
        """Return the package that owns the file at `path`, None when no database lists it."""
        index = self._index(path)
        return None if index is None else self._resolved(index)

    def owner(self, path: str) -> str | None:
        """Return the purl of the package that owns the file at `path`, None when no database lists it."""
        index = self._index(path)
        return None if index is None else self._purl(index)

    def purl(self, owned: Owned) -> str:
        """Return the purl of an installed package."""
        return _purl_of(owned.package, self.distro(owned.root))

    def __len__(self) -> int:
        return self._count

    def _add(self, package: Package, path: str, root: str) -> int | None:
        index = len(self._owned)
        if index >= _INDEX_MASK:
            return None
        self._owned.append(Owned(package._replace(files=()), path, root))
        self._by_key[root, *package.key] = index
        if package.version:
            self._by_name[root, package.type, package.name] = index
        if package.type in _SELF_OWNED and package.version:
            self._folders[self._own_folder(package, root)] = index
        if self._count + len(package.files) <= MOST_OWNED:
            prefix = "" if package.relative else root
            places = (normpath(root + name) for name in package.files) if package.relative else package.files
            self._words.extend(_word(prefix, place) | index for place in places)
            self._count += len(package.files)
            if len(self._words) >= RUN:
                self._settle()
        return index

    @staticmethod
    def _own_folder(package: Package, root: str) -> str:
        if package.type == "gem":
            return f"{root.removesuffix('specifications/')}gems/{package.name}-{package.version}/"
        return root

    def _index(self, path: str) -> int | None:
        self._settle()
        for root in self._roots(path):
            word = _word(root, path[len(root):])
            found = [index for run in self._runs for index in self._in_run(run, word)]
            if found:
                return max(found, key=lambda index: (self._of_system(index), index))
        return self._by_folder(path)

    def _of_system(self, index: int) -> bool:
        """Whether a package is a distribution's: a Python distribution in it lists the same files once more."""
        owned = self._owned[index]
        return owned is not None and owned.package.type in OF_DISTRO

    def _in_run(self, run: "array[int]", word: int) -> Iterator[int]:
        """Yield the packages that a run has for a path's hash and that are still installed."""
        place = bisect_left(run, word)
        while place < len(run) and run[place] & _HASH_MASK == word:
            index = run[place] & _INDEX_MASK
            if self._resolved(index) is not None:
                yield index
            place += 1

    def _settle(self) -> None:
        """Sort what came, together with a last run that is small: sorting all at once would need much memory."""
        if not self._words:
            return
        if self._runs and len(self._runs[-1]) + len(self._words) <= RUN:
            self._words += self._runs.pop()
        self._runs.append(array("Q", sorted(self._words)))
        self._words = array("Q")

    def _roots(self, path: str) -> list[str]:
        """Where a path may be rooted: at the target's root, or at another root that has an os-release of its own."""
        nested = [root for root in self._distros if root and path.startswith(root)]
        return [*nested, ""]

    def _by_folder(self, path: str) -> int | None:
        if self._folders and ("node_modules/" in path or "/gems/" in path or "share/nodejs/" in path):
            folder = path
            while "/" in folder:
                folder = folder[: folder.rindex("/")]
                index = self._folders.get(f"{folder}/")
                if index is not None:
                    return index
        return self._from_store(path) if "nix/store/" in path else None

    def _from_store(self, path: str) -> int | None:
        package = nix_store(path)
        if package is None:
            return None
        name = f"{package.name}@{package.version}"
        if name not in self._nix:
            index = self._add(package, "nix/store", "")
            if index is None:
                return None
            self._nix[name] = index
        return self._nix[name]

    def _resolved(self, index: int) -> Owned | None:
        """Join a list of files with its package, which another file of the database names."""
        owned = self._owned[index]
        if owned is None or owned.package.version:
            return owned
        kind, name, arch = owned.package.key
        other = self._by_key.get((owned.root, kind, name, arch)) if arch else None
        if other is None or not self._named(other):
            other = self._by_name.get((owned.root, kind, name))
        return self._owned[other] if other is not None else None

    def _named(self, index: int) -> bool:
        owned = self._owned[index]
        return owned is not None and bool(owned.package.version)

    def _purl(self, index: int) -> str | None:
        if index not in self._purls:
            owned = self._resolved(index)
            if owned is None:
                return None
            self._purls[index] = self.purl(owned)
        return self._purls[index]


@lru_cache(maxsize=16_384)
def _purl_of(package: Package, distro: Distro | None) -> str:
    """Return a package's purl. A scan of many targets of one system asks for each as often."""
    return package.purl(distro)


def _word(root: str, path: str) -> int:
    """Return a path's hash in the upper bits; `/bin` and `/usr/bin` are one folder on merged systems."""
    merged = f"usr/{path}" if path.startswith(_MERGED) else path
    return hash(root + merged) & _HASH_MASK
