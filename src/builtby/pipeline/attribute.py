"""Joins what was found in a target with what is installed there: which package a file is of, which tools are there."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from builtby.model import Artifact, BuiltBy, Claim, Present, Role
from builtby.packages.buildinfo_store import Lookup
from builtby.packages.clues import clues
from builtby.packages.declared import declared
from builtby.packages.distro import PLACES
from builtby.packages.facts import Packaged
from builtby.packages.inferred import inferred
from builtby.packages.owners import Owned, Owners
from builtby.packages.present import PresentFinder
from builtby.packages.readers import interesting
from builtby.pipeline.found import Found

DATABASES = (
    "var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/Packages",
)
"""Where the databases of whole systems stand."""
PACKAGED = frozenset({"bin", "boot", "etc", "lib", "lib32", "lib64", "libx32", "opt", "sbin", "usr", "var"})
"""Folders at the top of a system into which packages are installed. A target in another one is of no package."""


class System:
    """What the databases of a file system tell. It is read once, however many targets are a part of it."""

    def __init__(self, owners: Owners | None = None, finder: PresentFinder | None = None) -> None:
        self.owners = Owners() if owners is None else owners
        self.finder = PresentFinder(clues()) if finder is None else finder

    @classmethod
    def at(cls, root: Path) -> "System":
        """Read the databases of the file system at `root`."""
        system = cls()
        lists = sorted(f"var/lib/dpkg/info/{path.name}" for path in (root / "var/lib/dpkg/info").glob("*.list"))
        for path in (*PLACES, *DATABASES, *lists):
            try:
                data = (root / path).read_bytes()
            except OSError:
                continue
            system.load(path, data, None)
        return system

    def fork(self) -> "System":
        """Return a copy that may learn more by itself."""
        return System(self.owners.fork(), self.finder.fork())

    def load(self, path: str, data: bytes, layer: str | None) -> None:
        """Take in a database, or what names the distribution, that stands at `path`."""
        self.owners.release(path, data)
        database = interesting(path)
        if database is not None and len(data) <= database.limit:
            packages = self.owners.load(database, data, path)
            self.finder.packages(packages, path, database.root, layer)


class Attribution:
    """What is installed in one target. `prefix`: the target's path in the file system that the databases tell of."""

    def __init__(self, number: int, lookup: Lookup | None, prefix: str = "", system: "System | None" = None) -> None:
        self._number, self._lookup, self.prefix = number, lookup, prefix
        known = System() if system is None else system.fork()
        self._load, self._owners, self._finder = known.load, known.owners, known.finder

    def take(self, found: Found, layer: str | None = None) -> None:
        """Take in package databases, and what may be tools."""
        for path, data in found.metadata:
            self._load(f"{self.prefix}{path}", data, layer)
            self._finder.text(f"{self.prefix}{path}", data, layer)
        for path in found.installed:
            self._finder.file(f"{self.prefix}{path}", layer)

    def artifact(self, artifact: Artifact, modified: dict[str, int]) -> Artifact:
        """Return the artifact with its target, its package, and the claims that follow from that."""
        outer, inside, _ = artifact.path.partition("!/")
        owned = self._owners.find(f"{self.prefix}{outer}")
        if owned is None:
            return msgspec.structs.replace(artifact, target=self._number)
        package = self._owners.purl(owned)
        more = () if inside else self._claims(artifact, owned, modified.get(artifact.path))
        built_by = joined(artifact.built_by, more)
        return msgspec.structs.replace(artifact, target=self._number, package=package, built_by=built_by)

    def _claims(self, artifact: Artifact, owned: Owned, modified: int | None) -> tuple[BuiltBy, ...]:
        """What the package says, or lets suppose, of a file that does not tell itself."""
        needed = tuple(artifact.facts.get("needed", "").split())
        packaged = Packaged(artifact.format, artifact.facts, needed, artifact.built_by)
        package = owned.package
        if self._lookup is not None and package.type == "deb":
            source, version = package.source or package.name, package.source_version or package.version
            document = self._lookup(source, version, package.arch or "")
            if document is not None:
                return declared(packaged, document)
        return inferred(self._owners.distro(owned.root), package, packaged, modified)

    def present(self) -> Iterator[Present]:
        """Yield the tools that are installed in the target, not those elsewhere in the system that it is a part of."""
        if not self._finder.tells_of(self.prefix):
            return
        for tool in self._finder.results(self._number, self._owners):
            if tool.path.startswith(self.prefix):
                yield msgspec.structs.replace(tool, path=tool.path.removeprefix(self.prefix))


def joined(read: tuple[BuiltBy, ...], more: tuple[BuiltBy, ...]) -> tuple[BuiltBy, ...]:
    """Add claims to those read from a file; one that tells the version of a tool named without it takes its place."""
    def told(tool: BuiltBy) -> BuiltBy | None:
        return next((m for m in more if (m.tool, m.role, m.claim) == (tool.tool, tool.role, tool.claim)), None)

    kept = [tool for tool in read if tool.version or told(tool) is None]
    marks = {(m.tool, m.role): tool.marks for tool in read if not tool.version and (m := told(tool)) is not None}
    added = (msgspec.structs.replace(m, marks=m.marks + marks.get((m.tool, m.role), ())) for m in more)
    return tuple(sorted((*kept, *added), key=lambda tool: (list(Role).index(tool.role), list(Claim).index(tool.claim))))


def root_of(folder: Path) -> Path | None:
    """Return the file system that a folder is a part of: the nearest one around it with a package database."""
    for place in (folder, *folder.parents):
        if any(_is_file(place / database) for database in DATABASES):
            return place
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder on the way may not be entered
        return False
