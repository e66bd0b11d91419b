"""Sorts more records than memory holds: full buffers are sorted and written out, and merged when they are read."""

import heapq
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import IO, Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
Keyed = tuple[tuple[Any, ...], bytes]
"""A record as it is stored, behind what it is sorted by."""

BUFFER = 16 << 20
"""Bytes of encoded records that are held before a run is written out."""
PIECE = 256 << 10
"""Bytes of a run that are read at a time; runs are few, so that their pieces together stay small."""
_LENGTH = 4


class Spool(Generic[T]):
    """Records of one type, in the order of their key, to be read as often as needed.

    A small scan never touches the disk: the first run is written only when BUFFER is full.
    Records that are equal byte for byte are kept once. They are stored as JSON, so that a JSON report need only copy.
    """

    def __init__(self, kind: type[T], key: Callable[[T], tuple[Any, ...]], buffer: int = BUFFER) -> None:
        self._key, self._limit = key, buffer
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(kind).decode
        self._held: list[Keyed] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._runs: list[tuple[int, int]] = []
        self._sorted = True

    def add(self, record: T) -> None:
        """Take a record in."""
        raw = self._encode(record)
        self._held.append((self._key(record), raw))
        self._bytes += len(raw) + 200  # the key, the tuple and the list's slot cost about that much
        self._sorted = False
        if self._bytes >= self._limit:
            self._write_out()

    def __iter__(self) -> Iterator[T]:
        return map(self._decode, self.encoded())

    def encoded(self) -> Iterator[bytes]:
        """Yield the records as they are stored, in order."""
        self._sort()
        runs = [self._run(start, end) for start, end in self._runs]
        return (raw for raw, _ in groupby(map(itemgetter(1), heapq.merge(*runs, self._held) if runs else self._held)))

    def close(self) -> None:
        """Give the disk space back."""
        if self._file is not None:
            self._file.close()

    def _sort(self) -> None:
        if not self._sorted:
            self._held.sort()
            self._sorted = True

    def _write_out(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="builtby-")  # noqa: SIM115  # lives as long as the spool
        self._sort()
        start = self._file.seek(0, 2)
        for keyed in self._held:
            raw = msgspec.msgpack.encode(keyed)
            self._file.write(len(raw).to_bytes(_LENGTH, "little") + raw)
        self._runs.append((start, self._file.tell()))
        self._held, self._bytes = [], 0

    def _run(self, start: int, end: int) -> Iterator[Keyed]:
        """Yield the records of a run; the file is shared by all runs, so each keeps its own place."""
        assert self._file is not None
        decode = msgspec.msgpack.Decoder(Keyed).decode
        piece = b""
        while start < end or piece:
            if len(piece) < _LENGTH or len(piece) < _LENGTH + int.from_bytes(piece[:_LENGTH], "little"):
                self._file.seek(start)
                more = self._file.read(min(PIECE, end - start))
                start, piece = start + len(more), piece + more
                continue
            position = 0
            while position + _LENGTH <= len(piece):
                stop = position + _LENGTH + int.from_bytes(piece[position : position + _LENGTH], "little")
                if stop > len(piece):
                    break
                yield decode(piece[position + _LENGTH : stop])
                position = stop
            piece = piece[position:]
