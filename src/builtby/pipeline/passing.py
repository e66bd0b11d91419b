"""Files too large to be held, that go by once: searched on the way, their needed parts kept."""

import hashlib
from typing import NamedTuple

from builtby.formats.base import Format
from builtby.marks.engine import Search
from builtby.pipeline.identify import Identifier, Verdict
from builtby.sources.base import Stream
from builtby.sources.stream import fill
from builtby.sources.view import OVERLAP, WINDOW, SparseView

KEPT_HEAD = 4 << 20
KEPT_TAIL = WINDOW - OVERLAP
KEPT_WANTED = 8 << 20
"""Bytes kept of a passing file: its beginning, its end, and at most so many of what its format wants between them."""
QUESTIONS = 3
"""Times that a format is asked what it wants: again when it was given some of it, which may tell of more."""
KEPT_FOUND = 16 << 20
"""Bytes kept of what only the bytes that go by tell of."""


class Passed(NamedTuple):
    """A file that went by."""

    digest: str
    size: int
    verdict: Verdict


class _Kept:
    """The ranges that the format wants, filled as the file goes by."""

    def __init__(self, form: Format, head: bytes, size: int | None) -> None:
        self._form, self._head, self._size = form, head, size
        self._spans: list[tuple[int, bytearray]] = []
        self._ends: list[int] = []
        self._left_to_find, self._left = KEPT_FOUND, KEPT_WANTED
        self._questions = QUESTIONS if form.wants is not None and size is not None else 0
        self._ask(0)

    def spans(self) -> list[tuple[int, bytes]]:
        """Return what was kept: (offset, bytes)."""
        return [(0, self._head), *((offset, bytes(data)) for offset, data in self._spans)]

    def _ask(self, position: int) -> None:
        """Ask the format what else it wants, now that a range it wanted is there, of what begins at `position`."""
        if not self._questions or self._form.wants is None or self._size is None:
            return
        self._questions -= 1
        for offset, wanted in self._form.wants(SparseView(self._size, self.spans())):
            size = min(wanted, self._left)
            if size > 0 and offset >= position and all(offset != known for known, _ in self._spans):
                self._left -= size
                self._keep(offset, size)

    def _keep(self, offset: int, size: int) -> None:
        self._spans.append((offset, bytearray()))
        self._ends.append(offset + size)

    def follow(self, form: Format, base: int, data: memoryview) -> None:
        """Keep what the format finds in these bytes, and take them in. A range too large for it is not kept."""
        for offset, size in form.follow(base, data) if form.follow is not None else ():
            if 0 < size <= self._left_to_find and all(offset != known for known, _ in self._spans):
                self._left_to_find -= size
                self._keep(offset, size)
        if self._take(base, data):
            self._ask(base)
            self._take(base, data)

    def _take(self, base: int, data: memoryview) -> bool:
        """Keep what is wanted of these bytes; return whether a range is whole now."""
        whole = False
        for (offset, kept), end in zip(self._spans, self._ends, strict=True):
            low, high = offset + len(kept), min(end, base + len(data))
            if base <= low < high:
                kept.extend(data[low - base : high - base])
                whole |= high == end
        return whole


def pass_by(
    identifier: Identifier, form: Format, stream: Stream, begun: memoryview, size: int | None, path: str,
) -> Passed:
    """Look at a file of which `begun` was read already, and of which the rest stands in `stream`."""
    digest, search = hashlib.sha256(begun), Search(identifier.engine)
    head = bytes(begun[:KEPT_HEAD])
    kept = _Kept(form, head, size)
    kept.follow(form, 0, begun)
    search.feed(begun, 0, None, first=True, last=False)
    window = bytearray(WINDOW)
    window[:OVERLAP] = begun[len(begun) - OVERLAP :]
    position, before, newest, last = len(begun), b"", bytes(begun[-KEPT_TAIL:]), False
    while not last:
        end = fill(stream, window, OVERLAP, WINDOW)
        last = end < WINDOW
        fresh = memoryview(window)[OVERLAP:end]
        digest.update(fresh)
        kept.follow(form, position - OVERLAP, memoryview(window)[:end])
        search.feed(memoryview(window)[:end], position - OVERLAP, None, first=False, last=last)
        if fresh:
            before, newest = newest, bytes(fresh)  # joined at the end: what is kept is as long as a window
        position += len(fresh)
        fresh.release()
        window[:OVERLAP] = window[end - OVERLAP : end]
    tail = (before + newest)[-KEPT_TAIL:]
    view = SparseView(position, [*kept.spans(), (position - len(tail), tail)])
    return Passed(digest.hexdigest(), position, identifier.passed(form, view, path, search.evidence()))
