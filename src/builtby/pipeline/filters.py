"""What the caller wants to be looked at."""

import re
from fnmatch import translate

from builtby.pipeline.found import Collector
from builtby.pipeline.options import Settings


class Filters:
    """--include, --exclude and --max-size."""

    def __init__(self, settings: Settings, collector: Collector) -> None:
        self._collector, self._limit = collector, settings.max_size
        self._include, self._exclude = _pattern(settings.include), _pattern(settings.exclude)
        self._beginnings = _beginnings(settings.include)
        self.all = self._exclude is None and self._beginnings is None
        """Whether a walk need ask for no path."""

    def excluded(self, path: str) -> bool:
        """Whether the caller excluded this path."""
        return self._exclude is not None and self._exclude.match(path) is not None

    def passes_over(self, path: str) -> bool:
        """Whether nothing at a path of a directory, or below it, can be wanted: it is excluded, or not included."""
        if self._beginnings is not None and not any(
            path.startswith(beginning) or beginning.startswith(path) for beginning in self._beginnings
        ):
            return True
        return self.excluded(path)

    def wanted(self, path: str, size: int | None) -> bool:
        """Whether a recognised file is wanted; one that is only too large is said to be skipped."""
        if self._include is not None and not self._include.match(path):
            return False
        if self._limit is not None and size is not None and size > self._limit:
            self._collector.skipped(path, f"larger than --max-size ({self._limit} bytes)", expected=True)
            return False
        return True


def _tidy(glob: str) -> str:
    return glob.removeprefix("./").strip("/")


def _beginnings(globs: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return how every path that matches a pattern begins; None where one may match at any depth, or there is none."""
    anchored = globs and all("/" in _tidy(glob) for glob in globs)
    return tuple(re.split(r"[*?\[]", _tidy(glob))[0] for glob in globs) if anchored else None


def _pattern(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    """Join shell patterns; one with no slash may match at any depth, and a folder's matches all that is in it."""
    if not globs:
        return None
    alternatives = []
    for glob in globs:
        stripped = _tidy(glob)
        body = translate(stripped).removesuffix(r"\Z").removesuffix(r"\z")
        alternatives.append((r"(?:.*/)?" if "/" not in stripped else "") + body + r"(?:/.*|!/.*)?")
    return re.compile("(?s:" + "|".join(alternatives) + r")\Z")
