"""Digests of files, each read once as long as it does not change."""

import hashlib
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

CHUNK = 1 << 20
SETTLED = 0.1
"""Seconds after which a change would give a new ctime; kernels count it in steps of up to 10 ms."""


KEPT_SIZE = 256 << 10
"""Bytes of the smallest file whose digest is kept for later builds: small ones are hashed faster than looked up."""
KEPT = 20_000
"""Digests that are kept."""
_Key = tuple[int, int, int, int]


class Digest(NamedTuple):
    """What a file holds."""

    sha256: str
    size: int


class Hasher:
    """A cache by device, inode, ctime and size: a process cannot set the ctime, as it can the mtime."""

    def __init__(self, kept: dict[_Key, Digest] | None = None) -> None:
        self._known: dict[_Key, Digest] = dict(kept or {})
        self.hashed = 0
        """Bytes read so far."""

    def worth_keeping(self) -> dict[_Key, Digest]:
        """Return the digests of large files, which a later build may be spared to hash."""
        return {key: digest for key, digest in self._known.items() if digest.size >= KEPT_SIZE}

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
        digest, size = _hashed(descriptor, before.st_size)
        self.hashed += size
        after = os.fstat(descriptor)
        found = Digest(digest.hexdigest(), size)
        if after.st_ctime_ns == before.st_ctime_ns and time.time() - after.st_ctime > SETTLED:
            self._known[after.st_dev, after.st_ino, after.st_ctime_ns, after.st_size] = found
        return found


def _hashed(descriptor: int, size: int) -> tuple["hashlib._Hash", int]:
    """Return the hash of an open file and its length; what is as long as was said is read at once, with its end."""
    data = os.read(descriptor, min(size, CHUNK) + 1)
    digest, read = hashlib.sha256(data), len(data)
    while data and (read != size or size > CHUNK):
        data = os.read(descriptor, CHUNK)
        digest.update(data)
        read += len(data)
    return digest, read


class Kept:
    """Digests that outlive a build, in a file of the user's own. Whoever can write it can forge digests."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def load(self) -> dict[_Key, Digest]:
        """Return what is kept: nothing if the file is missing, damaged, or not the user's alone."""
        try:
            with self.file.open("rb") as stream:
                info = os.fstat(stream.fileno())
                if info.st_uid != os.geteuid() or info.st_mode & 0o022:
                    return {}
                return dict(msgspec.json.decode(stream.read(), type=list[tuple[_Key, Digest]])[:KEPT])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def save(self, digests: dict[_Key, Digest]) -> None:
        """Keep digests, the newest if there are too many. That it cannot be done costs time only."""
        draft = self.file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            draft.touch(0o600)
            draft.write_bytes(msgspec.json.encode(list(digests.items())[-KEPT:]))
            draft.replace(self.file)
