"""Progress of an update on standard error: a bar on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builtby.advisories.feeds import Feed
    from builtby.advisories.update import Watch


@contextmanager
def shown(*, quiet: bool) -> "Iterator[Watch | None]":
    """Give what an update tells its progress to, or None when nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from builtby.advisories.update import Watch

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    columns = (TextColumn("{task.description:<14}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def started(feed: "Feed") -> None:
            bar.reset(task, description=feed.name, total=None)

        def moved(have: int, size: int | None) -> None:
            bar.update(task, completed=have, total=size)

        yield Watch(started=started, moved=moved)
