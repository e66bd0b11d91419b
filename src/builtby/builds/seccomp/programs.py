"""What the kernel itself opens to run a program: interpreters of scripts, and loaders of dynamic programs."""

import struct
from typing import NamedTuple

from builtby.builds.seccomp.paths import Place, place
from builtby.builds.seccomp.peer import AT_FDCWD, Peer

_DEEPEST = 5
"""Scripts whose interpreter is a script: the kernel follows as many."""
_HEAD = 256
_LOADER = 3
_EXECUTABLE = 0o111


class Program(NamedTuple):
    """What a call of exec runs."""

    executable: Place
    script: Place | None
    loader: Place | None


def program(peer: Peer, first: Place) -> Program | None:
    """Return what runs when a file is executed; None when the kernel will refuse it."""
    found, script = first, None
    for _ in range(_DEEPEST):
        if not found.is_file or found.info is None or not found.info.st_mode & _EXECUTABLE:
            return None
        head = _head(found.reach)
        if head[:4] == b"\x7fELF":
            return Program(found, script, _loader(peer, found.reach, head))
        if head[:2] != b"#!":
            return Program(found, script, None) if not head else None
        words = head[2:].split(b"\n", 1)[0].split(None, 1)
        following = place(peer, AT_FDCWD, words[0]) if words else None
        if following is None:
            return None
        script, found = script or found, following
    return None


def _head(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # on the hot path
            return file.read(_HEAD)
    except OSError:  # executable and not readable: the kernel runs it all the same
        return b""


def _loader(peer: Peer, path: str, head: bytes) -> Place | None:
    """Return the loader that a 64-bit little-endian ELF file asks for."""
    if len(head) < 64 or head[4:6] != b"\x02\x01":
        return None
    (start,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            file.seek(start)
            table = file.read(min(size * count, 4096))
            for offset in range(0, len(table) - 55, max(size, 56)):
                kind, _, where = struct.unpack_from("<IIQ", table, offset)
                if kind == _LOADER:
                    file.seek(where)
                    return place(peer, AT_FDCWD, file.read(_HEAD).split(b"\0", 1)[0])
    except (OSError, ValueError, struct.error):
        return None
    return None
