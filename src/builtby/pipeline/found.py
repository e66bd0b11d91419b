"""What workers find, in a shape that travels cheaply and can be put aside on disk."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from builtby.model import Artifact, Skipped

FLUSH = 4 << 20
"""About how many bytes of findings come together before they are put aside."""
_RECORD = 1 << 10


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

    def __init__(self, written: Path | None = None, held: int = 16 << 20) -> None:
        self._file: IO[bytes]
        if written is None:
            self._file = tempfile.SpooledTemporaryFile(max_size=held)  # noqa: SIM115  # lives as long as self
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


def _discard(file: IO[bytes], path: Path | None) -> None:
    file.close()
    if path is not None:
        path.unlink(missing_ok=True)


class Collector:
    """Where an inspector puts what it finds. `flush`, where set, is given a part whenever enough has come together."""

    def __init__(self) -> None:
        self.found, self._weight = Found(), 0
        self.flush: Callable[[Found], None] | None = None

    def artifact(self, artifact: Artifact, weight: int) -> None:
        """Take an artifact, whose evidence has about so many characters."""
        self.found.artifacts.append(artifact)
        self._grown(_RECORD + len(artifact.path) + weight)

    def skipped(self, path: str, reason: str, *, expected: bool = False) -> None:
        """Take note of something that was not looked at, and why."""
        self.found.skipped.append(Skipped(0, path, reason, expected))
        self._grown(_RECORD + len(path))

    def installed(self, path: str) -> None:
        """Take note of what may be an installed tool."""
        self.found.installed.append(path)
        self._grown(len(path))

    def metadata(self, path: str, data: bytes) -> None:
        """Take a file that tells what is installed."""
        self.found.metadata.append((path, data))
        self._grown(len(path) + len(data))

    def _grown(self, weight: int) -> None:
        self._weight += weight
        if self.flush is not None and self._weight >= FLUSH:
            self.flush(self.take())

    def take(self) -> Found:
        """Return what was found since the last time."""
        found, self.found, self._weight = self.found, Found(), 0
        return found


class Parcel:
    """What was found in a piece of work, to be gone through as often as needed.

    It is packed only if it travels to another process, pickled: little as bytes, much as a file.
    """

    def __init__(self, parts: tuple[Found] | Spool) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[Found]:
        return iter(self._parts)

    def __reduce__(self) -> tuple[Callable[[bytes], "Parcel"], tuple[bytes]]:
        if not isinstance(self._parts, Spool):
            return _unpacked, (b"\0" + pack(self._parts[0]),)
        with tempfile.NamedTemporaryFile(prefix="builtby-", delete=False) as out:
            self._parts.copy_to(out)
        return _unpacked, (b"\1" + os.fsencode(out.name),)


def _unpacked(raw: bytes) -> Parcel:
    return Parcel((unpack(raw[1:]),) if raw[0] == 0 else Spool(Path(os.fsdecode(raw[1:]))))


class Sack:
    """Gathers the findings of one piece of work from a collector; what is too much to be held goes into a spool."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._spool: Spool | None = None
        collector.flush = self._flush

    def _flush(self, found: Found) -> None:
        self._spool = self._spool or Spool()
        self._spool.add(found)

    def close(self) -> Parcel:
        """Return all of it."""
        self._collector.flush = None
        rest = self._collector.take()
        if self._spool is None:
            return Parcel((rest,))
        self._spool.add(rest)
        return Parcel(self._spool)
