"""What is told of a build's surroundings."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from builtby.builds.model import Change, FileUse


class Watched(NamedTuple):
    """What was seen. `unobserved`: what was not, in words."""

    changes: tuple[Change, ...]
    unobserved: tuple[str, ...]


class Watch(Protocol):
    """Something that looked at a build's surroundings."""

    def finish(self, uses: Iterable[FileUse]) -> Watched:
        """Look again when the build has ended; `uses`: what programs did with files."""
