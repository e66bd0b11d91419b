"""What the caller asks for, and the bounds that hold whatever a target claims."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HOLD = 16 << 20
"""Largest archive member that is held in memory whole; of larger ones only the needed ranges are."""
DEPTH = 16
"""How deep archives may be nested."""
FOLDERS = 128
"""How deep in folders a layer's file may stand: for each, all of them are looked up in all layers."""
ENTRIES = 4_000_000
"""Members that one file of the target may hold, in all its archives."""
EXPANDED = 64 << 30
"""Bytes that one file of the target may expand to, in all its archives."""
METADATA = 96 << 20
"""Largest binary package database that is read: rpm's, of a whole system in one file."""
METADATA_TEXT = 16 << 20
"""Largest package database of text that is read; read, it takes several times its size."""
METADATA_ALL = 512 << 20
"""Bytes of package databases that are read of one file of the target."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to scan.

    include, exclude: shell patterns over the path within the target (`*` crosses `/`).
    max_size: files and archive members above this many bytes are skipped, and said to be.
    jobs: worker processes; 1 works in this process. executor: any concurrent.futures executor to use instead.
    rules: folders with mark files that are added to the built-in ones. nursery: apply unproven marks too.
    buildinfo: a folder of Debian .buildinfo documents, or a URL pattern. offline: send not one packet.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_size: int | None = None
    jobs: int = 1
    executor: Executor | None = None
    rules: tuple[Path, ...] = ()
    nursery: bool = False
    buildinfo: str | None = None
    offline: bool = False


class Settings(NamedTuple):
    """The part of the options that a worker needs; it travels to other processes, and is a cache key there."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_size: int | None = None
    rules: tuple[Path, ...] = ()
    nursery: bool = False

    @classmethod
    def of(cls, options: Options) -> "Settings":
        """Return the settings for the workers."""
        return cls(options.include, options.exclude, options.max_size, options.rules, options.nursery)


class Progress(NamedTuple):
    """How far a scan is."""

    files: int
    bytes: int
    artifacts: int
    current: str
    total_bytes: int | None = None
