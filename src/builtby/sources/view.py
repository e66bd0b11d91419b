"""A view: the bytes of one file, wherever they are, read by offset and never whole.

A format reads through a view, so that it works the same on a file of the disk, on an archive's member held in
memory, and on a member too large to hold, of which only the beginning and the end are there.
"""

import os
import threading
from collections.abc import Iterator
from mmap import mmap

WINDOW = 4 << 20
OVERLAP = 512


class View:
    """Bytes by offset. `read` returns fewer bytes at the end, at a hole, and when the file has shrunk."""

    __slots__ = ("size",)
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes at `offset`; never raises for offsets that are not there."""
        raise NotImplementedError

    def windows(self, offset: int, size: int) -> Iterator[tuple[int, memoryview]]:
        """Yield (offset, bytes) pieces that cover the range, each overlapping the one before by OVERLAP.

        A piece is only valid until the next one is asked for.
        """
        raise NotImplementedError


class BytesView(View):
    """A view of bytes in memory."""

    __slots__ = ("data",)

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self.data = memoryview(data)
        self.size = len(self.data)

    def read(self, offset: int, size: int) -> bytes:
        if offset < 0 or size <= 0:
            return b""
        return bytes(self.data[offset : offset + size])

    def windows(self, offset: int, size: int) -> Iterator[tuple[int, memoryview]]:
        start, end = max(offset, 0), min(offset + size, self.size)
        if start < end:
            yield start, self.data[start:end]


class FileView(View):
    """A view of an open, seekable file. The descriptor belongs to the caller."""

    __slots__ = ("_fd", "_head")
    _own = threading.local()  # one buffer for a thread: a fresh one for each file costs more than the search in it

    def __init__(self, fd: int, size: int, head: bytes) -> None:
        self._fd, self.size, self._head = fd, size, head

    def read(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self.size)
        if offset < 0 or end <= offset:
            return b""
        if end <= len(self._head):
            return self._head[offset:end]
        return pread(self._fd, end - offset, offset)

    def load(self, buffer: bytearray | mmap) -> int:
        """Read the file into a buffer that is large enough; return how much of it there was."""
        position = min(len(self._head), self.size)
        buffer[:position] = self._head[:position]
        into = memoryview(buffer)[: self.size]
        while position < self.size and (count := pread_into(self._fd, into[position:], position)):
            position += count
        return position

    def windows(self, offset: int, size: int) -> Iterator[tuple[int, memoryview]]:
        if not hasattr(FileView._own, "buffer"):
            FileView._own.buffer = bytearray(WINDOW)
        buffer = memoryview(FileView._own.buffer)
        position, end = max(offset, 0), min(offset + size, self.size)
        while position < end:
            wanted = min(WINDOW, end - position)
            count = pread_into(self._fd, buffer[:wanted], position)
            if count:
                yield position, buffer[:count]
            if count < wanted or position + count >= end:  # fewer: the file has shrunk
                return
            position += count - OVERLAP


class SparseView(View):
    """A view of a member too large to hold: only some spans of it were kept."""

    __slots__ = ("_spans", "missed")

    def __init__(self, size: int, spans: list[tuple[int, bytes]]) -> None:
        self.size, self._spans, self.missed = size, spans, False

    def read(self, offset: int, size: int) -> bytes:
        if offset < 0 or size <= 0:
            return b""
        for start, data in self._spans:
            if start <= offset < start + len(data):
                piece = data[offset - start : offset - start + size]
                self.missed |= len(piece) < min(size, self.size - offset)
                return piece
        self.missed |= offset < self.size
        return b""

    def holds(self, offset: int, size: int) -> bool:
        """Whether all of a range was kept; asking is no miss."""
        return any(start <= offset and offset + size <= start + len(data) for start, data in self._spans)

    def windows(self, offset: int, size: int) -> Iterator[tuple[int, memoryview]]:
        for start, data in self._spans:
            low, high = max(start, offset), min(start + len(data), offset + size)
            if low < high:
                yield low, memoryview(data)[low - start : high - start]


def holds(view: View, offset: int, size: int) -> bool:
    """Whether a range can be read: of a file that went by, what was not kept is no fault of what was."""
    return not isinstance(view, SparseView) or view.holds(offset, size)


if hasattr(os, "preadv"):

    def pread(fd: int, size: int, offset: int) -> bytes:
        return os.pread(fd, size, offset)

    def pread_into(fd: int, buffer: memoryview, offset: int) -> int:
        return os.preadv(fd, [buffer], offset)
else:  # Windows

    def pread(fd: int, size: int, offset: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, size)

    def pread_into(fd: int, buffer: memoryview, offset: int) -> int:
        data = pread(fd, len(buffer), offset)
        buffer[: len(data)] = data
        return len(data)
