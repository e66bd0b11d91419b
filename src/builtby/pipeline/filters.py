"""What the caller wants to be looked at."""

import re
from fnmatch import translate

from builtby.pipeline.found import Collector
from builtby.pipeline.options import Settings


class Filters:
    """--include, --exclude and --max-size."""

    def __init__(self, settings: Settings, collector: Collector) -> None:
        self._collector, self._limit = collector, settings.max_size
        self._include, self.exclude = _pattern(settings.include), _pattern(settings.exclude)

    def excluded(self, path: str) -> bool:
        """Whether the caller excluded this path."""
        return self.exclude is not None and self.exclude.match(path) is not None

    def wanted(self, path: str, size: int | None) -> bool:
        """Whether a recognised file is wanted; one that is only too large is said to be skipped."""
        if self._include is not None and not self._include.match(path):
            return False
        if self._limit is not None and size is not None and size > self._limit:
            self._collector.skipped(path, f"larger than --max-size ({self._limit} bytes)", expected=True)
            return False
        return True


def _pattern(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    """Join shell patterns; one with no slash may match at any depth, and a folder's matches all that is in it."""
    if not globs:
        return None
    alternatives = []
    for glob in globs:
        stripped = glob.removeprefix("./").strip("/")
        body = translate(stripped).removesuffix(r"\Z").removesuffix(r"\z")
        alternatives.append((r"(?:.*/)?" if "/" not in stripped else "") + body + r"(?:/.*|!/.*)?")
    return re.compile("(?s:" + "|".join(alternatives) + r")\Z")
