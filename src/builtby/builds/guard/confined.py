"""Levels 2 and 3: the command is started on this machine's own file systems, under Landlock, or under looking only."""

import ctypes
import os
import struct
from collections.abc import Callable
from typing import NamedTuple

from builtby.builds.guard import denied, landlock
from builtby.builds.guard.room import Room
from builtby.builds.seccomp.child import Started, start
from builtby.builds.seccomp.syscalls import Machine

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
            "/dev/shm")  # noqa: S108  # as bubblewrap's /dev has them
_KEPT_BY_ROOT = (0, 1, 3, 4, 5, 6, 7)
"""CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID: what package managers need that are run by root."""
_LAST_CAPABILITY = 63
_libc = ctypes.CDLL(None, use_errno=True)


class Confined(NamedTuple):
    """Starts a command. `port`: of the proxy; `walls`: whether Landlock stands behind the looking;
    `then` is called when the process is split off.
    """

    room: Room
    environment: dict[str, str]
    port: int
    walls: bool
    then: Callable[[], None]

    def __call__(self, command: list[str], known: Machine) -> Started:
        """Start it under the filter. Raises UnavailableError before anything of it has run."""
        started = start(command, known, self._prepared(known))
        self.then()
        return started

    def _prepared(self, known: Machine) -> Callable[[], None]:
        readable, writable = places_of(self.room) if self.walls else ([], [])

        def prepare() -> None:
            os.environ.clear()
            os.environ.update(self.environment)
            os.chdir(self.room.folder)
            if os.geteuid() == 0:
                _drop_capabilities()
            if self.walls:
                landlock.restrict(readable, writable, self.port)
            denied.enter(known)

        return prepare


def places_of(room: Room) -> tuple[list[str], list[str]]:
    """Return what may be read, and what may be written too."""
    readable = [*landlock.around({*room.masks, "/dev"}), *(bind.outside for bind in room.binds if not bind.writable)]
    return readable, [*(bind.outside for bind in room.binds if bind.writable), *_DEVICES]


def _drop_capabilities() -> None:
    """Keep of root's powers those over files, which Landlock bounds."""
    for number in range(_LAST_CAPABILITY):
        if number not in _KEPT_BY_ROOT:
            _libc.prctl(24, ctypes.c_ulong(number), 0, 0, 0)  # out of the bounding set
    kept = sum(1 << number for number in _KEPT_BY_ROOT)
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0), 8)
    data = ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0), 24)
    if _libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "root's powers could not be given up")
