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
KEPT_TAIL = 4 << 20
KEPT_WANTED = 8 << 20
"""Bytes kept of a passing file: its beginning, its end, and at most so many of what its format wants between them."""
KEPT_FOUND = 16 << 20
"""Bytes kept of what only the bytes that go by tell of."""


class Passed(NamedTuple):
    """A file that went by."""

    digest: str
    size: int
    verdict: Verdict


class _Kept:
    """The ranges that the format wants, filled as the file goes by."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        self.spans: list[tuple[int, bytearray]] = []
        self._ends: list[int] = []
        self._left_to_find = KEPT_FOUND
        left = KEPT_WANTED
        for offset, wanted in ranges:
            size = min(wanted, left)
            if size > 0 and offset >= 0:
                left -= size
                self._keep(offset, size)

    def _keep(self, offset: int, size: int) -> None:
        self.spans.append((offset, bytearray()))
        self._ends.append(offset + size)

    def follow(self, form: Format, base: int, data: memoryview) -> None:
        """Keep what the format finds in these bytes, and take them in. A range too large for it is not kept."""
        for offset, size in form.follow(base, data) if form.follow is not None else ():
            if 0 < size <= self._left_to_find and all(offset != known for known, _ in self.spans):
                self._left_to_find -= size
                self._keep(offset, size)
        self.take(base, data)

    def take(self, base: int, data: memoryview) -> None:
        for (offset, kept), end in zip(self.spans, self._ends, strict=True):
            low, high = offset + len(kept), min(end, base + len(data))
            if base <= low < high:
                kept.extend(data[low - base : high - base])


def pass_by(
    identifier: Identifier, form: Format, stream: Stream, begun: memoryview, size: int | None, path: str,
) -> Passed:
    """Look at a file of which `begun` was read already, and of which the rest stands in `stream`."""
    digest, search = hashlib.sha256(begun), Search(identifier.engine)
    head = bytes(begun[:KEPT_HEAD])
    kept = _Kept(form.wants(head, size) if form.wants is not None and size is not None else [])
    kept.follow(form, 0, begun)
    search.feed(begun, 0, None, first=True, last=False)
    window = bytearray(WINDOW)
    window[:OVERLAP] = begun[len(begun) - OVERLAP :]
    position, tail, last = len(begun), bytes(begun[-KEPT_TAIL:]), False
    while not last:
        end = fill(stream, window, OVERLAP, WINDOW)
        last = end < WINDOW
        fresh = memoryview(window)[OVERLAP:end]
        digest.update(fresh)
        kept.follow(form, position - OVERLAP, memoryview(window)[:end])
        search.feed(memoryview(window)[:end], position - OVERLAP, None, first=False, last=last)
        tail = (tail + bytes(fresh))[-KEPT_TAIL:]
        position += len(fresh)
        fresh.release()
        window[:OVERLAP] = window[end - OVERLAP : end]
    spans = [(0, head), *((offset, bytes(data)) for offset, data in kept.spans), (position - len(tail), tail)]
    view = SparseView(position, spans)
    return Passed(digest.hexdigest(), position, identifier.passed(form, view, path, search.evidence()))
