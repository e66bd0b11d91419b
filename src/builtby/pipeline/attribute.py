"""Joins what was found in a target with what is installed there: which package a file is of, which tools are there."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from builtby.model import Artifact, Present
from builtby.packages.distro import PLACES
from builtby.packages.owners import Owners
from builtby.packages.readers import interesting
from builtby.pipeline.found import Found
from builtby.pipeline.options import METADATA, Options

DATABASES = (
    "var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/pacman/local/ALPM_DB_VERSION",
)


class Attribution:
    """What is installed in one target. `prefix`: the target's path in the file system that the databases tell of."""

    def __init__(self, number: int, options: Options, prefix: str = "") -> None:
        self._number, self._options, self._prefix = number, options, prefix
        self._owners = Owners()

    def take(self, found: Found) -> None:
        """Take in package databases, and paths of what may be tools."""
        for path, data in found.metadata:
            self._metadata(path, data)

    def _metadata(self, path: str, data: bytes) -> None:
        if path.endswith(PLACES):
            self._owners.release(path, data)
        database = interesting(path)
        if database is not None and len(data) <= database.limit:
            self._owners.load(database, data, path)

    def artifact(self, artifact: Artifact) -> Artifact:
        """Return the artifact with its target and its package."""
        outer = artifact.path.partition("!/")[0]
        package = self._owners.owner(f"{self._prefix}{outer}")
        return msgspec.structs.replace(artifact, target=self._number, package=package)

    def present(self) -> Iterator[Present]:
        """Yield the tools that are installed in the target."""
        yield from ()

    def root(self, root: Path) -> None:
        """Read the databases of the file system at `root`, of which the target is a part."""
        for path in _host_databases(root):
            try:
                data = (root / path).read_bytes()
            except OSError:
                continue
            if len(data) <= METADATA:
                self._metadata(path, data)


def root_of(folder: Path) -> Path | None:
    """Return the file system that a folder is a part of: the nearest one around it with a package database."""
    for place in (folder, *folder.parents):
        if any((place / database).is_file() for database in DATABASES):
            return place
    return None


def _host_databases(root: Path) -> list[str]:
    lists = sorted(f"var/lib/dpkg/info/{path.name}" for path in (root / "var/lib/dpkg/info").glob("*.list"))
    return [*PLACES, *DATABASES, *lists]
