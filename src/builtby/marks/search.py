"""Finds the rules' needles in bytes: one pass of Hyperscan over all of them, at gigabytes a second."""

from collections.abc import Iterable
from typing import NamedTuple

import hyperscan

from builtby.sources.view import OVERLAP

BEFORE, AFTER = 96, 256
"""How much text around a needle a pattern gets to see. Their sum is below OVERLAP, that of two windows."""
MOST = 512
"""Hits of one needle in one file that are looked at; a file full of them proves no more."""


class Hit(NamedTuple):
    """A needle's place: its number, its absolute offset, and the text around it with that text's offset."""

    needle: int
    offset: int
    context: str
    context_offset: int


def escaped(needle: bytes) -> bytes:
    """Return a regular expression for these very bytes: as a literal, a needle would end at its first NUL."""
    return b"".join(b"\\x%02x" % byte for byte in needle)


class Searcher:
    """Searches for a fixed set of literals. Not to be shared between threads."""

    def __init__(self, needles: Iterable[bytes], once: Iterable[bool]) -> None:
        self.needles = list(needles)
        self._once = list(once)
        self._database: hyperscan.Database | None = None
        if self.needles:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[escaped(needle) for needle in self.needles],
                ids=list(range(len(self.needles))),
                elements=len(self.needles),
                flags=[hyperscan.HS_FLAG_SINGLEMATCH if once else 0 for once in self._once],
            )
            self._scratch = hyperscan.Scratch(self._database)

    def search(self, data: memoryview, base: int, seen: dict[int, int], *, first: bool, last: bool) -> list[Hit]:
        """Return the hits in `data`, which stands at offset `base`; `seen` counts hits by needle over a file.

        Of several windows that overlap, each hit is returned once, by the window that shows all its context:
        a version that is cut off at a window's end would be a wrong version.
        """
        if self._database is None:
            return []
        ends: list[tuple[int, int]] = []
        needles, length = self.needles, len(data)
        lowest, highest = (0 if first else OVERLAP - AFTER + 1), (length if last else length - AFTER)

        def found(needle: int, _start: int, end: int, _flags: int, _context: object) -> None:
            if lowest <= end - len(needles[needle]) <= highest:
                count = seen.get(needle, 0)
                if count < MOST:
                    seen[needle] = count + 1
                    ends.append((needle, end))

        self._database.scan(data, match_event_handler=found, scratch=self._scratch)  # type: ignore[type-var]  # stubs know str and bytes only
        return [self._hit(data, base, needle, end) for needle, end in ends]

    def _hit(self, data: memoryview, base: int, needle: int, end: int) -> Hit:
        start = end - len(self.needles[needle])
        low = max(start - BEFORE, 0)
        context = bytes(data[low : start + AFTER]).decode("latin-1")
        return Hit(needle, base + start, context, base + low)
