"""What workers find, in a shape that travels cheaply and can be put aside on disk."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from builtby.model import Artifact, Skipped

FLUSH = 1000


class Found(msgspec.Struct):
    """Findings of one piece of work.

    metadata: files that tell what is installed, such as a package database, as (path, bytes).
    installed: paths that may be an installed tool. modified: when artifacts of which no compiler is known were last
    changed, by path. files, bytes: how much was looked at.
    """

    artifacts: list[Artifact] = []
    skipped: list[Skipped] = []
    metadata: list[tuple[str, bytes]] = []
    installed: list[str] = []
    modified: dict[str, int] = {}
    files: int = 0
    bytes: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Found).decode


def pack(found: Found) -> bytes:
    """Return findings as bytes."""
    return _encode(found)


def unpack(raw: bytes) -> Found:
    """Return what `pack` packed."""
    return _decode(raw)


class Spool:
    """Findings put aside: in memory while they are few, on disk when they are many.

    `written`: a file with findings of another process, which is gone with the spool.
    """

    def __init__(self, written: Path | None = None) -> None:
        self._file: IO[bytes]
        if written is None:
            self._file = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115  # lives as long as self
        else:
            self._file = written.open("rb")
            weakref.finalize(self, _discard, self._file, written)

    def add(self, found: Found) -> None:
        """Append."""
        raw = pack(found)
        self._file.write(len(raw).to_bytes(4, "big") + raw)

    def copy_to(self, file: IO[bytes]) -> None:
        """Write all of it to a file, for another process's spool."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, file)

    def __iter__(self) -> Iterator[Found]:
        self._file.seek(0)
        while size := self._file.read(4):
            yield unpack(self._file.read(int.from_bytes(size, "big")))


def _discard(file: IO[bytes], path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


class Collector:
    """Where an inspector puts what it finds. `flush`, where set, is given a part whenever enough has come together."""

    def __init__(self) -> None:
        self.found = Found()
        self.flush: Callable[[Found], None] | None = None

    def artifact(self, artifact: Artifact) -> None:
        """Take an artifact."""
        self.found.artifacts.append(artifact)
        self._perhaps_flush(len(self.found.artifacts))

    def skipped(self, path: str, reason: str, *, expected: bool = False) -> None:
        """Take note of something that was not looked at, and why."""
        self.found.skipped.append(Skipped(0, path, reason, expected))
        self._perhaps_flush(len(self.found.skipped))

    def _perhaps_flush(self, count: int) -> None:
        if self.flush is not None and count >= FLUSH:
            self.flush(self.take())

    def take(self) -> Found:
        """Return what was found since the last time."""
        found, self.found = self.found, Found()
        return found
