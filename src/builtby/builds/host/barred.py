"""Folders among the places that this user may not look into: nothing is known of what is in them."""

import os
from collections.abc import Iterator

from builtby.builds.watch.places import Roots, matches, places

_MOST = 20_000
"""Folders that are tried below one place."""


def barred(where: Roots) -> set[str]:
    """Return the folders that would have to be read and cannot be."""
    wanted = {filled for place in places() for pattern in place.paths for filled in where.filled(pattern)}
    return {path for folder in sorted({part for one in wanted for part in _parents(one)}) if folder
            for path in _unreadable(folder)}


def _parents(pattern: str) -> Iterator[str]:
    """Yield the patterns of the folders above one; `**` at the end stands for all that are below."""
    parts = pattern.split("/")
    for number in range(1, len(parts)):
        yield "/".join(parts[:number])
        if parts[number] == "**":
            yield "/".join(parts[:number + 1])


def _unreadable(folder: str) -> Iterator[str]:
    """Yield the folders that a pattern fits and that cannot be read."""
    above, _, last = folder.rpartition("/")
    found = matches(folder) if last != "**" else (path for start in matches(above) for path in _below(start))
    for path in found:
        if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):  # noqa: PTH112  # hot
            yield path


def _below(folder: str) -> Iterator[str]:
    for (path, names, _), _count in zip(os.walk(folder), range(_MOST), strict=False):
        yield from (f"{path}/{name}" for name in names)
