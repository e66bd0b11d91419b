"""What programs of the build did with the files that changed: who wrote them, and who read other bytes."""

from collections.abc import Iterable, Mapping

import msgspec

from builtby.builds.model import Change, FileUse
from builtby.builds.watch.sources import Source


class Uses:
    """The record's files, by path."""

    def __init__(self, uses: Iterable[FileUse], sources: Mapping[str, Source]) -> None:
        self._writers: dict[str, list[int]] = {}
        self.read_as: dict[str, list[FileUse]] = {}
        """Readings of sources whose bytes were not those of the baseline."""
        self.reads: set[str] = set()
        """Sources of which a reading with its digest was seen."""
        for use in uses:
            if use.access == "read":
                self._read(use, sources.get(use.path))
            else:
                for path in {use.path, use.to} - {None}:
                    assert path is not None
                    self._writers.setdefault(path, []).append(use.process)

    def _read(self, use: FileUse, source: Source | None) -> None:
        if source is None or use.sha256 is None or source.mark.is_link:
            return
        self.reads.add(use.path)
        if source.sha256 is not None and use.sha256 != source.sha256.hex():
            self.read_as.setdefault(use.path, []).append(use)

    def writer(self, path: str) -> int | None:
        """Return the last program that changed a file or a folder above it; None when none of the build did."""
        while path:
            if path in self._writers:
                return self._writers[path][-1]
            path = path.rpartition("/")[0]
        return None

    def blamed(self, change: Change) -> Change:
        """Return a change with the program that made it."""
        return msgspec.structs.replace(change, process=self.writer(change.path))
