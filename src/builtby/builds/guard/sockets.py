"""Local sockets that stood in the project before the build: behind them are daemons that the guard does not hold."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

MOST = 500_000
"""Names in a folder and those below it that are looked at."""


class Socket(NamedTuple):
    """A socket's name, and what it is known by whatever its name."""

    path: str
    device: int
    inode: int


def standing(folder: str, allowed: Iterable[str]) -> tuple[Socket, ...]:
    """Return the sockets in a folder and below it, but for `allowed` names."""
    free = set(allowed)
    return tuple(one for one in _below(folder) if one.path not in free)


def identity(path: str) -> tuple[int, int] | None:
    """Return what a socket is known by; None for what is none or is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116  # text
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISSOCK(found.st_mode) else None


def _below(folder: str) -> Iterator[Socket]:
    left, count = [folder], 0
    while left:
        with suppress(OSError), os.scandir(left.pop()) as entries:
            for entry in entries:
                count += 1
                if count > MOST:
                    return
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif not entry.is_file(follow_symlinks=False) and not entry.is_symlink():
                    found = identity(entry.path)
                    if found is not None:
                        yield Socket(entry.path, *found)
