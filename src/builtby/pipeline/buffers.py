"""The memory that files are held in: one buffer for each level of nesting, used again and again."""

import mmap
from contextlib import suppress

from builtby.pipeline.options import HOLD


class Buffers:
    """One buffer for each level of nesting; from the second on, half as large as the one around it."""

    def __init__(self) -> None:
        self._buffers: list[mmap.mmap] = []

    @staticmethod
    def hold(level: int) -> int:
        """Bytes that a file at this level of nesting may take of the memory."""
        return max(HOLD >> max(level - 1, 0), 1 << 20)

    def take(self, level: int) -> mmap.mmap:
        """Return this level's buffer, which has `hold` bytes; what it held before is gone."""
        while len(self._buffers) <= level:
            self._buffers.append(_memory(self.hold(len(self._buffers))))
        return self._buffers[level]


def _memory(size: int) -> mmap.mmap:
    if hasattr(mmap, "MAP_PRIVATE"):
        buffer = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # a kernel without them
                buffer.madvise(mmap.MADV_HUGEPAGE)
        return buffer
    return mmap.mmap(-1, size)
