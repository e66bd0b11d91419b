"""The bounds of one file of the target, with all the archives in it."""

from builtby.pipeline.options import ENTRIES, EXPANDED, METADATA_ALL
from builtby.sources.base import Damaged


class Exhausted(Damaged):
    """A bound was reached; nothing more of this file of the target is looked at."""


class Budget:
    """Counts what archives make of themselves, and stops what grows without end."""

    __slots__ = ("_bytes", "_entries", "_metadata")

    def __init__(self, entries: int = ENTRIES, expanded: int = EXPANDED) -> None:
        self._entries, self._bytes, self._metadata = entries, expanded, METADATA_ALL

    @property
    def left(self) -> tuple[int, int]:
        """Members and bytes that may still come."""
        return max(self._entries, 0), max(self._bytes, 0)

    def entry(self, count: int = 1) -> None:
        """Count members. Raises Exhausted beyond the bound."""
        self._entries -= count
        if self._entries < 0:
            raise Exhausted(f"holds more than {ENTRIES:,} members; the rest was not looked at")

    def metadata(self, size: int) -> bool:
        """Count bytes of package databases; return whether so many may still be read."""
        self._metadata -= size
        return self._metadata >= 0

    def spend(self, size: int) -> None:
        """Count expanded bytes. Raises Exhausted beyond the bound."""
        self._bytes -= size
        if self._bytes < 0:
            raise Exhausted(f"expands to more than {EXPANDED >> 30} GiB; the rest was not looked at (a bomb?)")
