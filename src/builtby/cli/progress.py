"""Progress of a scan on standard error: a moving line on a terminal, nothing elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from builtby.reports.terminal_style import clean, human_size

if TYPE_CHECKING:
    from rich.status import Status

    from builtby.scanning import Progress

_EVERY = 0.1
"""Seconds between two updates; more often is only flicker."""


@contextmanager
def shown(*, quiet: bool) -> "Iterator[Callable[[Progress], None] | None]":
    """Give what is to be called with the scan's progress, or None when nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with console.status("starting", spinner="dots", spinner_style="cyan") as status:
        yield _Line(status, console.width)


class _Line:
    """One line: files, bytes, artifacts so far, and where the scan is."""

    def __init__(self, status: "Status", width: int) -> None:
        self._status, self._width, self._last = status, width, 0.0

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if now - self._last < _EVERY:
            return
        self._last = now
        self._status.update(self._text(progress))

    def _text(self, progress: "Progress") -> str:
        size = human_size(progress.bytes)
        if progress.total_bytes:
            size += f" of {human_size(progress.total_bytes)}"
        counts = f"{progress.files:,} files · {size} · {progress.artifacts:,} artifacts  "
        room = max(self._width - len(counts) - 4, 0)
        return counts + shortened(clean(progress.current), room)


def shortened(path: str, room: int) -> str:
    """Return the end of a path that does not fit: its name says more than where it begins."""
    if len(path) <= room:
        return path
    return f"…{path[len(path) - room + 1 :]}" if room > 1 else ""
