"""What earlier builds taught and need not be found out again: which tools executables are, which programs in PATH are.

All of it holds as long as the files that it was read from are the same, to the inode and the nanosecond. Whoever can
write the file can have tools called what they are not, as with kept digests.
"""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby._version import __version__
from builtby.builds.hashing import SETTLED
from builtby.builds.model import ToolUsed
from builtby.builds.watch.private import read_private, write_private

FILE = "learnt.msgpack"
"""Its name, beside the kept digests."""
MOST = 20_000
"""Executables, and folders of PATH, that are remembered."""
_OURS = ("builds", "builds/detect", "builds/detect/detectors", "builds/detect/rules", "marks", "marks/tables",
         "packages")
Stamp = tuple[int, int, int, int, int]


class Known(NamedTuple):
    """What is known of an executable."""

    tool: ToolUsed | None
    package: str | None
    as_packaged: bool | None


class Learnt(msgspec.Struct):
    """What is remembered. `of`: the state of builtby's own files with which it was found out."""

    of: str = ""
    databases: dict[str, Stamp | None] = {}
    """The package databases that were asked, as they were."""
    tools: dict[str, tuple[dict[str, Stamp | None], Known]] = {}
    """Executables, with the state of all files and folders that tell what they are."""
    folders: dict[str, tuple[Stamp, list[str]]] = {}
    """The paths of tools in a folder of PATH."""

    def in_folder(self, folder: str, found: Callable[[str], list[str]]) -> list[str]:
        """Return the tools in a folder; `found` looks for them when it is not the same as before."""
        now, before = stamp(folder), self.folders.get(folder)
        if now is None:
            return []
        if before is not None and before[0] == now:
            return before[1]
        tools = found(folder)
        if is_settled(now) and len(self.folders) < MOST:
            self.folders[folder] = now, tools
        return tools

    def tool(self, path: str) -> Known | None:
        """Return what is known of an executable, None when that must be found out."""
        before = self.tools.get(path)
        return before[1] if before is not None and _is_as(before[0]) else None

    def learn(self, path: str, state: dict[str, Stamp | None], known: Known) -> None:
        """Remember what an executable is. `state`: of it, and of what else tells of it, before that was looked at."""
        if all(one is None or is_settled(one) for one in state.values()) and len(self.tools) < MOST:
            self.tools[path] = state, known

    def asked(self, databases: Iterable[str]) -> None:
        """Remember which databases tell of packages."""
        self.databases = state_of(databases)

    def forget_old(self) -> None:
        """Forget all tools when a package database is another than it was."""
        if not _is_as(self.databases):
            self.tools.clear()


def stamp(path: str) -> Stamp | None:
    """Return what changes when a file or folder does, links followed; None for what is not there."""
    try:
        info = os.stat(path)  # noqa: PTH116  # hot
    except (OSError, ValueError):
        return None
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


def state_of(paths: Iterable[str]) -> dict[str, Stamp | None]:
    """Return the stamps of files and folders."""
    return {path: stamp(path) for path in paths}


def _is_as(state: dict[str, Stamp | None]) -> bool:
    return all(stamp(path) == before for path, before in state.items())


def is_settled(one: Stamp) -> bool:
    """Whether a later change would give another stamp."""
    return time.time_ns() - one[-1] > int(SETTLED * 1e9)


@cache
def own_state() -> str:
    """Return what changes when rules, marks or the code that applies them do."""
    home, state = Path(__file__).parent.parent, sha256(__version__.encode())
    for folder in _OURS:
        with os.scandir(home / folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_file():
                    info = entry.stat()
                    state.update(f"{folder}/{entry.name} {info.st_size} {info.st_mtime_ns}\n".encode())
    return state.hexdigest()


def load(file: Path | None) -> Learnt:
    """Return what is remembered: nothing when the file is missing, damaged, not the user's alone, or of other rules."""
    raw = read_private(file) if file is not None else None
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        found = msgspec.msgpack.decode(raw or b"", type=Learnt)
        if found.of == own_state():
            found.forget_old()
            return found
    return Learnt(own_state())


def save(learnt: Learnt, file: Path) -> None:
    """Remember it for later builds. That it cannot be done costs time only."""
    with suppress(OSError, UnicodeEncodeError):
        write_private(file, msgspec.msgpack.encode(learnt))
