"""What became of each source: compared with the baseline, with what inotify told and with what programs read."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from builtby.builds.model import Change, FileUse
from builtby.builds.watch.inotify import CLOSE_WRITE, CONTENT, MODIFY, MOVE_SELF, Inotify
from builtby.builds.watch.mark import Mark, digest, look, same_file
from builtby.builds.watch.places import data
from builtby.builds.watch.sources import Baseline, Source
from builtby.builds.watch.uses import Uses

PUT_BACK = "swapped-and-put-back"
ELSEWHERE = (CONTENT | MOVE_SELF) & ~(MODIFY | CLOSE_WRITE)
"""Events of names: a file can be moved away and back without a change of its own. To write it changes its ctime."""


def judged(sources: Baseline, inotify: Inotify | None, uses: Uses) -> Iterator[Change]:
    """Yield the sources' changes. A change of mode, owner, links or times alone is none."""
    events = inotify.seen if inotify else {}
    moved = tuple(f"{path}/" for path, mask in events.items() if mask & MOVE_SELF)
    deaf = _deaf(sources, inotify)
    for path, source in sources.files.items():
        now, told = look(path), events.get(path, 0)
        if moved and path.startswith(moved):
            told |= MOVE_SELF
        unchanged = now is not None and same_file(source.mark, now)
        if unchanged and not told & ELSEWHERE and path not in uses.read_as:
            continue
        signs = _Signs(told, unchanged, deaf(source.mark.device, path), tuple(uses.read_as.get(path, ())))
        change = _change(path, source, now, signs)
        if change is not None:
            yield uses.blamed(change)


class _Signs(NamedTuple):
    """What was seen of one file while the build ran."""

    told: int
    """inotify's events, joined."""
    unchanged: bool
    """Whether it is the same file as before to the last nanosecond."""
    deaf: bool
    """Whether inotify may not have told of a change."""
    readings: tuple[FileUse, ...]
    """Readings of other bytes than there were before."""


def _change(path: str, source: Source, now: Mark | None, signs: _Signs) -> Change | None:
    before = source.sha256.hex() if source.sha256 else None
    found = digest(path, now) if now else None
    after = found.hex() if found else None
    what = _what(source, now, after, signs)
    if what is None:
        return None
    written = signs.told & (CONTENT | MOVE_SELF) & ~CLOSE_WRITE  # to be opened for writing alone is weak evidence
    ways = (("ctime", not signs.unchanged), ("inotify", bool(written)), ("hash", bool(signs.readings)))
    return Change(path, "source", what, before, after, tuple(name for name, true in ways if true),
                  mtime_kept=now is not None and now.mtime == source.mark.mtime,
                  read_as=tuple(dict.fromkeys(use.sha256 for use in signs.readings if use.sha256)),
                  readers=tuple(dict.fromkeys(use.process for use in signs.readings)))


def _what(source: Source, now: Mark | None, after: str | None, signs: _Signs) -> str | None:
    if now is None:
        return "removed"
    before, was = source.sha256, source.mark
    same = after == before.hex() if before and after else (was.size, was.mtime) == (now.size, now.mtime)
    if not same:
        return "changed"
    if signs.readings:
        return PUT_BACK
    if not signs.told & (CONTENT | MOVE_SELF) and (not signs.deaf or _is_explained(was, now)):
        return None
    return PUT_BACK if now.mtime == was.mtime else "rewritten"


def _is_explained(was: Mark, now: Mark) -> bool:
    """Whether a new ctime has a harmless reason that can be seen: another mode, or another number of links."""
    return was.inode == now.inode and (stat.S_IMODE(was.mode) != stat.S_IMODE(now.mode) or was.links != now.links)


def _deaf(sources: Baseline, inotify: Inotify | None) -> Callable[[int, str], bool]:
    """Return what tells of a device and path whether inotify may have told nothing of a change there.

    A new ctime without a word of it is then no link or mode that came and went.
    """
    if inotify is None or inotify.overflowed:
        return lambda _device, _path: True
    far = _remote({source.mark.device for source in sources.files.values()})
    watched = inotify.folders
    return lambda device, path: device in far or path[: path.rindex("/")] not in watched


def _remote(devices: set[int]) -> set[int]:
    """Return the devices that other machines can change: nothing tells of that here."""
    kinds = tuple(data()["sources"]["remote"])
    found = set()
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines():
            before, _, after = line.partition(" - ")
            major, _, minor = before.split(" ")[2].partition(":")
            if after.startswith(kinds):
                found.add(os.makedev(int(major), int(minor)))
    return found & devices
