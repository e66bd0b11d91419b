"""Sorts more records than memory holds: full buffers are sorted and written out, and merged when they are read."""

import heapq
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

BUFFER = 32 << 20
"""Bytes of encoded records that are held before a run is written out."""
PIECE = 256 << 10
"""Bytes of a run that are read at a time; runs are few, so that their pieces together stay small."""
_LENGTH = 4


class Spool(Generic[T]):
    """Records of one type, in the order of their key, to be read as often as needed.

    A small scan never touches the disk: the first run is written only when BUFFER is full.
    Records that are equal byte for byte are kept once.
    """

    def __init__(self, kind: type[T], key: Callable[[T], Any], buffer: int = BUFFER) -> None:
        self._key, self._limit = key, buffer
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._held: list[tuple[Any, bytes]] = []
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
        for _, record in self._distinct():
            yield record

    def encoded(self) -> Iterator[bytes]:
        """Yield the records as they are stored, in order: what a digest is made of."""
        for raw, _ in self._distinct():
            yield raw

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
        for _, raw in self._held:
            self._file.write(len(raw).to_bytes(_LENGTH, "little") + raw)
        self._runs.append((start, self._file.tell()))
        self._held, self._bytes = [], 0

    def _distinct(self) -> Iterator[tuple[bytes, T]]:
        self._sort()
        last = b""
        for raw, record in self._merged():
            if raw != last:
                last = raw
                yield raw, record

    def _merged(self) -> Iterator[tuple[bytes, T]]:
        held = ((key, raw, -1, self._decode(raw)) for key, raw in self._held)
        runs = [self._keyed(number, start, end) for number, (start, end) in enumerate(self._runs)]
        return ((raw, record) for _, raw, _, record in (heapq.merge(*runs, held) if runs else held))

    def _keyed(self, number: int, start: int, end: int) -> Iterator[tuple[Any, bytes, int, T]]:
        """Yield a run's records behind what they are merged by; its number comes before records are compared."""
        for raw in self._run(start, end):
            record = self._decode(raw)
            yield self._key(record), raw, number, record

    def _run(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the records of a run; the file is shared by all runs, so each keeps its own place."""
        assert self._file is not None
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
                yield piece[position + _LENGTH : stop]
                position = stop
            piece = piece[position:]
