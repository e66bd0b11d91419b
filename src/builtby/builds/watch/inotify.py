"""Tells of changes while they happen, whoever makes them. Linux only: import it when it is needed."""

import ctypes
import errno
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path

MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF = 0x400, 0x800
CONTENT = MODIFY | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE
"""Events after which a file may hold other bytes; ATTRIB alone is a change of mode, owner, times or links."""
_OVERFLOW, _IGNORED, _ONLYDIR, _DONT_FOLLOW = 0x4000, 0x8000, 0x01000000, 0x02000000
_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK
_HEAD = struct.Struct("iIII")
_BUFFER = 256 << 10
PAUSE = 0.05
"""Seconds between two looks: the kernel holds 16,384 events by default."""


class Inotify:
    """Watches folders. What it tells is by path: the events of that name, joined."""

    def __init__(self) -> None:
        """Raise OSError when the kernel gives none."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._add = libc.inotify_add_watch
        self._descriptor = libc.inotify_init1(_FLAGS)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self._folders: dict[int, str] = {}
        self._looked = 0.0
        self.seen: dict[str, int] = {}
        """Events by full path. Of a watched folder that was moved itself, too."""
        self.overflowed = False

    def watch(self, folders: Iterable[str], wanted: dict[str, object]) -> int:
        """Watch folders; events are kept for `wanted` paths and for folders. Return how many could not be watched."""
        self._wanted, missed = wanted, 0
        for folder in folders:
            mask = CONTENT | ATTRIB | DELETE_SELF | MOVE_SELF | _ONLYDIR | _DONT_FOLLOW
            number = self._add(self._descriptor, os.fsencode(folder), mask)
            if number >= 0:
                self._folders[number] = folder
            else:
                missed += 1
                if ctypes.get_errno() == errno.ENOSPC:
                    missed = len(set(folders)) - len(self._folders)
                    break
        return missed

    def tick(self) -> None:
        """Take what the kernel holds, if some time has passed: made to be called often."""
        now = time.monotonic()
        if now - self._looked > PAUSE:
            self.drain()
            self._looked = now

    def drain(self) -> None:
        """Take all that the kernel holds."""
        while True:
            try:
                data = os.read(self._descriptor, _BUFFER)
            except BlockingIOError:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        place, folders, wanted, seen = 0, self._folders, self._wanted, self.seen
        while place < len(data):
            number, mask, _, length = _HEAD.unpack_from(data, place)
            place += _HEAD.size
            name = data[place : place + length].rstrip(b"\0")
            place += length
            folder = folders.get(number)
            if mask & _OVERFLOW:
                self.overflowed = True
            elif folder is not None and not mask & _IGNORED:
                path = f"{folder}/{os.fsdecode(name)}" if name else folder
                if path in wanted or (mask & (MOVE_SELF | DELETE_SELF)):
                    seen[path] = seen.get(path, 0) | mask

    @property
    def folders(self) -> frozenset[str]:
        """The folders that are watched."""
        return frozenset(self._folders.values())

    def close(self) -> None:
        """Watch no more."""
        os.close(self._descriptor)


def most_watches() -> str:
    """Return how many folders one user may watch, for people."""
    try:
        return Path("/proc/sys/fs/inotify/max_user_watches").read_text("ascii").strip()
    except OSError:
        return "?"
