"""The library's front door: `scan(...)` yields records as they are found."""

from collections.abc import Callable, Iterator
from pathlib import Path

from builtby.model import AdvisoryData, Record, Target
from builtby.pipeline.options import Options, Progress
from builtby.pipeline.run import Run

__all__ = ["Options", "Progress", "Scan", "scan"]


class Scan:
    """A scan, run by iterating over it. Once iterated, `targets` says what the records' `target` numbers mean."""

    def __init__(self, refs: tuple[str, ...], options: Options, progress: Callable[[Progress], None] | None) -> None:
        self._run = Run(refs, options, progress)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets met so far. An image index may add some while it is read."""
        return tuple(self._run.targets)

    @property
    def advisories(self) -> AdvisoryData | None:
        """The advisory data that the records were judged by."""
        return self._run.advisories

    def __iter__(self) -> Iterator[Record]:
        return self._run.records()


def scan(
    *targets: str | Path, options: Options | None = None, progress: Callable[[Progress], None] | None = None,
) -> Scan:
    """Say what built the artifacts in files, directories, archives, images (`-` is standard input).

    Records come in the order in which they are found; nothing is raised for what is wrong with a target: that is a
    `Skipped` record. `progress` is called now and then, in the calling thread.
    Raises MarksError for bad mark files in `options.rules`, and BuildInfoError for an `options.buildinfo` that is
    neither a folder nor an address, or an address while offline: before anything is looked at.
    """
    return Scan(tuple(map(str, targets)), options or Options(), progress)
