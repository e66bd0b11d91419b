"""The memory that files are held in: one buffer for each level of nesting, used again and again.

Pages that a large file has touched are given back when the next one is small: several workers that keep the room of
their largest file each would hold far more than they need.
"""

import mmap
from contextlib import suppress

from builtby.pipeline.options import HOLD

KEPT = 16 << 20
"""Bytes of a buffer that stay in memory between files."""


class Buffers:
    """One buffer for each level of nesting, half as large as the one around it."""

    def __init__(self) -> None:
        self._buffers: list[mmap.mmap] = []
        self._used: list[int] = []

    @staticmethod
    def hold(level: int) -> int:
        """Bytes that a file at this level of nesting may take of the memory."""
        return max(HOLD >> level, 1 << 20)

    def take(self, level: int, size: int) -> mmap.mmap:
        """Return this level's buffer for a file of `size` bytes, at most `hold`; what it held before is gone."""
        while len(self._buffers) <= level:
            self._buffers.append(_memory(self.hold(len(self._buffers))))
            self._used.append(0)
        buffer = self._buffers[level]
        if self._used[level] > KEPT >= size:
            _release(buffer)
            self._used[level] = 0
        self._used[level] = max(self._used[level], size)
        return buffer


def _memory(size: int) -> mmap.mmap:
    if hasattr(mmap, "MAP_PRIVATE"):  # shared pages cannot be given back
        buffer = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a kernel without them
                buffer.madvise(mmap.MADV_HUGEPAGE)
        return buffer
    return mmap.mmap(-1, size)


def _release(buffer: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):
        buffer.madvise(mmap.MADV_DONTNEED, KEPT, len(buffer) - KEPT)
