"""Streams of bytes that go by once: over chunks, over open files, over memory."""

import hashlib
from collections.abc import Callable, Iterator
from mmap import mmap
from typing import Protocol

from builtby.sources.base import Stream
from builtby.sources.view import View

CHUNK = 256 << 10


class Readable(Protocol):
    """What an open binary file offers."""

    def read(self, size: int, /) -> bytes: ...


class Piecewise:
    """A stream that can hand bytes out as they lie, uncopied."""

    __slots__ = ()

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield up to `size` bytes as they lie, in as many pieces as they lie in."""
        raise NotImplementedError


class ChunkStream(Piecewise):
    """A stream over pieces of any size. A piece is handed through uncopied where it can be."""

    __slots__ = ("_chunk", "_chunks", "_position", "meter", "total")

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._chunk, self._position = chunks, b"", 0
        self.total = 0
        """Bytes that have gone by."""
        self.meter: Callable[[int], None] | None = None
        """Told the size of every chunk; may raise, to stop what grows without end."""

    def read(self, size: int) -> bytes:
        position = self._position
        if position + size <= len(self._chunk):
            self._position = position + size
            self.total += size
            return self._chunk[position : position + size]
        return b"".join(self.pieces(size))

    def skip(self, size: int) -> int:
        position = self._position
        if position + size <= len(self._chunk):
            self._position = position + size
            self.total += size
            return size
        return sum(map(len, self.pieces(size)))

    def pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            rest = len(self._chunk) - self._position
            if rest == 0:
                self._chunk, self._position = next(self._chunks, b""), 0
                if not self._chunk:
                    return
                if self.meter is not None:
                    self.meter(len(self._chunk))
                continue
            count = min(rest, size)
            start = self._position
            self._position = start + count
            self.total += count
            size -= count
            yield memoryview(self._chunk)[start : start + count]


def pieces(stream: Stream, size: int) -> Iterator[memoryview]:
    """Yield up to `size` bytes of any stream, uncopied where the stream can."""
    if isinstance(stream, Piecewise):
        yield from stream.pieces(size)
        return
    while size > 0:
        data = stream.read(min(size, CHUNK))
        if not data:
            return
        size -= len(data)
        yield memoryview(data)


def fill(stream: Stream, buffer: bytearray | mmap, start: int, end: int) -> int:
    """Read into `buffer[start:end]`; return where the data ends, before `end` only at the stream's end."""
    into = memoryview(buffer)
    for piece in pieces(stream, end - start):
        into[start : start + len(piece)] = piece
        start += len(piece)
    return start


class Metered:
    """Any stream, with a meter as ChunkStream has one."""

    __slots__ = ("_inner", "_meter")

    def __init__(self, inner: Stream, meter: Callable[[int], None]) -> None:
        self._inner, self._meter = inner, meter

    def read(self, size: int) -> bytes:
        data = self._inner.read(size)
        self._meter(len(data))
        return data

    def skip(self, size: int) -> int:
        count = self._inner.skip(size)
        self._meter(count)
        return count


def metered(stream: Stream, meter: Callable[[int], None]) -> Stream:
    """Return the stream, with every byte that it makes told to `meter`."""
    if isinstance(stream, ChunkStream):
        stream.meter = meter
        return stream
    return Metered(stream, meter)


def file_chunks(file: Readable, size: int | None = None) -> Iterator[bytes]:
    """Yield an open file's bytes from where it stands, at most `size` of them."""
    left = size if size is not None else 1 << 62
    while left > 0:
        data = file.read(min(CHUNK, left))
        if not data:
            return
        left -= len(data)
        yield data


def stream_chunks(stream: Stream) -> Iterator[bytes]:
    """Yield a stream's bytes to its end."""
    while data := stream.read(CHUNK):
        yield data


class HashedChunks:
    """Chunks that are digested as they go by, so that an archive seen once can still be named."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._sha256, self.size = chunks, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            self.size += len(chunk)
            yield chunk

    def finish(self) -> tuple[str, int]:
        """Read what is left; return the digest of all of it, in hex, and its size."""
        for _ in self:
            pass
        return self._sha256.hexdigest(), self.size


class Prepended:
    """A stream whose first bytes were read already, to see what it is."""

    __slots__ = ("_at", "_head", "_rest")

    def __init__(self, head: bytes, rest: Stream) -> None:
        self._head, self._rest, self._at = head, rest, 0

    def read(self, size: int) -> bytes:
        if not self._head:
            return self._rest.read(size)
        head = self._head[self._at : self._at + size]
        self._pass(len(head))
        return head if len(head) == size else head + self._rest.read(size - len(head))

    def skip(self, size: int) -> int:
        count = min(len(self._head) - self._at, size)
        self._pass(count)
        return count + (self._rest.skip(size - count) if size > count else 0)

    def _pass(self, count: int) -> None:
        """Go on; the head may be large: it is not cut with every read, and let go at its end."""
        self._at += count
        if self._at == len(self._head):
            self._head, self._at = b"", 0


class ViewStream:
    """What a view shows, as a stream that passes over bytes without reading them."""

    __slots__ = ("_chunk", "_position", "_start", "_view")

    def __init__(self, view: View) -> None:
        self._view, self._position, self._start, self._chunk = view, 0, 0, b""

    def read(self, size: int) -> bytes:
        at = self._position - self._start
        if at + size > len(self._chunk):
            at, self._start = 0, self._position
            self._chunk = self._view.read(self._position, max(size, CHUNK))
        data = self._chunk[at : at + size]
        self._position += len(data)
        return data

    def skip(self, size: int) -> int:
        count = max(min(size, self._view.size - self._position), 0)
        self._position += count
        return count
