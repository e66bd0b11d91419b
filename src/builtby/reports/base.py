"""The contract of an output."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from builtby.reports.results import Results


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What outputs are asked for; each uses what concerns it.

    `timestamp`: seconds since 1970 to be written where a standard wants a time (SOURCE_DATE_EPOCH), or None.
    `explain`: show every mark with its bytes and offset. `by_artifact`: list artifacts, not only tools.
    `colour` and `width` (columns) are the terminal's; a width of None means 100.
    """

    timestamp: int | None = None
    explain: bool = False
    by_artifact: bool = False
    colour: bool = False
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """An output: its name on the command line, what it is, and how it is written.

    A module of this package announces its own in REPORT or REPORTS, and nothing else needs to be told.
    """

    name: str
    summary: str
    write: Callable[[Results, IO[bytes], ReportOptions], None]
    aliases: tuple[str, ...] = field(default=())
