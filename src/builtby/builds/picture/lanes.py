"""Where each program stands in the picture of time: its start and end, and a lane that it has to itself."""

import heapq
from typing import NamedTuple

from builtby.builds.model import Process, Record

MOST_BARS = 3000
"""Programs that are drawn; of more, those that took longest, what they come from, and what was found something of."""
MOST_LANES = 400


class Bar(NamedTuple):
    """A program in time. `start` and `end` are seconds since the build began."""

    process: Process
    start: float
    end: float
    lane: int


def bars(record: Record) -> tuple[list[Bar], int]:
    """Return what is drawn, in order of start, and how many programs are not."""
    ends = {one.id: _end(one, record.seconds) for one in record.processes}
    shown = _chosen(record, ends)
    lanes: dict[int, int] = {}
    busy: list[float] = []  # by lane, until when
    drawn = []
    for one in sorted(shown, key=lambda process: (process.started, process.id)):
        origin = one.replaces if one.replaces is not None else one.parent
        above = lanes.get(origin, -1)
        lowest = above if one.replaces is not None and above >= 0 else above + 1
        lane = _free(busy, max(lowest, 0), one.started)
        lanes[one.id] = lane
        busy[lane] = max(busy[lane], ends[one.id])
        drawn.append(Bar(one, one.started, ends[one.id], lane))
    return drawn, len(record.processes) - len(drawn)


def _end(process: Process, last: float) -> float:
    return max(process.ended if process.ended is not None else last, process.started)


def _free(busy: list[float], lowest: int, start: float) -> int:
    """Return the first lane from `lowest` on in which nothing runs any more."""
    for lane in range(lowest, len(busy)):
        if busy[lane] <= start + 1e-9:
            return lane
    while len(busy) <= lowest:
        busy.append(0.0)
    if len(busy) < MOST_LANES and busy[-1] > start:
        busy.append(0.0)
    return len(busy) - 1


def _chosen(record: Record, ends: dict[int, float]) -> list[Process]:
    """Return what is drawn: everything, or what matters most with all that it comes from."""
    if len(record.processes) <= MOST_BARS:
        return list(record.processes)
    by_id = {one.id: one for one in record.processes}
    found = {finding.process for finding in record.findings}
    longest = heapq.nlargest(
        MOST_BARS, record.processes, key=lambda one: (one.id in found, ends[one.id] - one.started, -one.id))
    kept: dict[int, Process] = {}
    for one in longest:
        line: list[Process] = []
        at: Process | None = one
        while at is not None and at.id not in kept and len(line) < MOST_LANES:
            line.append(at)
            at = by_id.get(at.replaces if at.replaces is not None else at.parent)
        if len(kept) + len(line) > MOST_BARS:
            break
        kept |= {process.id: process for process in line}
    return list(kept.values())
