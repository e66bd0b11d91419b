"""From the paths that strace prints to files, looked at a moment after the call."""

import os
import stat

from builtby.builds.seccomp.paths import PSEUDO, Place
from builtby.builds.seccomp.peer import AT_FDCWD, Peer
from builtby.builds.strace.lines import named, number, text_of
from builtby.builds.strace.people import Entry

_DELETED = " (deleted)"


class Past(Peer):
    """A process that has gone on, or is gone: its working directory is the one that it had."""

    __slots__ = ("_cwd",)

    def __init__(self, tid: int, cwd: str | None) -> None:
        super().__init__(tid)
        self._cwd = cwd

    def folder(self, descriptor: int) -> str:
        """Return the place that leads to what relative paths are relative to."""
        if descriptor == AT_FDCWD and self._cwd is not None:
            return self._cwd
        return super().folder(descriptor)

    def shown(self, descriptor: int) -> str | None:
        """Return the path of the working directory, or of what a descriptor is open on."""
        return self._cwd if descriptor == AT_FDCWD and self._cwd is not None else super().shown(descriptor)


def base(entry: Entry, folder: bytes | None) -> str:
    """Return what paths are relative to: a descriptor as printed, or the working directory."""
    if folder is None or folder.startswith(b"AT_FDCWD"):
        shown = named(folder) if folder else None
        if shown is not None:
            entry.cwd = os.fsdecode(shown)
        return entry.cwd or f"/proc/{entry.pid}/cwd"
    shown = named(folder)
    return os.fsdecode(shown).removesuffix(_DELETED) if shown else f"/proc/{entry.pid}/fd/{number(folder)}"


def full(entry: Entry, folder: bytes | None, name: bytes, *, follow: bool) -> str | None:
    """Return the full path that a name means; `follow`: whether a link at its end stands for what it leads to."""
    text = text_of(name)
    if text is None or not text.whole:
        return None
    path = os.path.join(base(entry, folder), os.fsdecode(text.value))  # noqa: PTH118  # bytes of any encoding
    for own in ("/proc/self/", "/proc/thread-self/"):
        if path.startswith(own):
            path = f"/proc/{entry.pid}/{path.removeprefix(own)}"
    if follow:
        return os.path.realpath(path)
    above, last = os.path.split(path.rstrip("/") or "/")
    return os.path.join(os.path.realpath(above), last)  # noqa: PTH118


def opened(result: bytes) -> str | None:
    """Return the path of the file that a call has opened; None when it is no file."""
    path = named(result)
    return None if path is None else os.fsdecode(path).removesuffix(_DELETED)


def look(path: str) -> Place:
    """Return a file as it is now."""
    try:
        return Place(path, path, os.stat(path))  # noqa: PTH116  # paths of any encoding
    except (OSError, ValueError):
        return Place(path, path, None)


def is_other(place: Place) -> bool:
    """Whether something is there that is no regular file."""
    return (place.path.startswith(PSEUDO) and place.info is None) or (
        place.info is not None and not stat.S_ISREG(place.info.st_mode))
