"""Digests of files, each read once as long as it does not change."""

import hashlib
import os
import stat
import time
from typing import NamedTuple

CHUNK = 1 << 20
SETTLED = 0.1
"""Seconds after which a change would give a new ctime; kernels count it in steps of up to 10 ms."""


class Digest(NamedTuple):
    """What a file holds."""

    sha256: str
    size: int


class Hasher:
    """A cache by device, inode, ctime and size: a process cannot set the ctime, as it can the mtime."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int, int], Digest] = {}
        self.hashed = 0
        """Bytes read so far."""

    def of(self, path: str, info: os.stat_result) -> Digest | None:
        """Return the digest of a regular file of which `info` was just taken; None when it cannot be read."""
        key = (info.st_dev, info.st_ino, info.st_ctime_ns, info.st_size)
        found = self._known.get(key)
        if found is not None:
            return found
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            return None
        try:
            return self._read(descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> Digest | None:
        """Hash an open file; remember it only if it stayed the same, and had not changed a moment ago."""
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return None
        digest, size = hashlib.sha256(), 0
        while data := os.read(descriptor, CHUNK):
            digest.update(data)
            size += len(data)
        self.hashed += size
        after = os.fstat(descriptor)
        found = Digest(digest.hexdigest(), size)
        if after.st_ctime_ns == before.st_ctime_ns and time.time() - after.st_ctime > SETTLED:
            self._known[after.st_dev, after.st_ino, after.st_ctime_ns, after.st_size] = found
        return found
