"""Persistence places and the toolchain before a build, compared with what is there after it."""

import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from builtby.builds.hashing import Digest
from builtby.builds.learnt import Learnt
from builtby.builds.model import Change
from builtby.builds.watch.mark import Mark, digest, look, place_of, read, same_file
from builtby.builds.watch.places import Place, Roots, matches, places, toolchain_paths

LARGEST = 4 << 20
"""Bytes of the largest file of a persistence place whose lines are looked at; a larger one is hashed whole."""
_Kept = Mapping[tuple[int, int, int, int], Digest]


class Seen(NamedTuple):
    """A file in one of the places. `sha256`: of what counts of it."""

    mark: Mark
    sha256: str | None
    kind: str


def persistence(where: Roots, *, host: bool = False, leave_out: str | None = None) -> dict[str, Seen]:
    """Return what is in the places of persistence; `host`: those too that only a host's check looks at."""
    found: dict[str, Seen] = {}
    for place in places():
        if place.only and not host:
            continue
        for path in _paths(place, where):
            if path in found or (leave_out and path.startswith(leave_out)):
                continue
            mark = look(path)
            if mark is not None and (not place.setuid or _is_setuid(mark)):
                found[path] = Seen(mark, what_counts(place, path, mark), place.id)
    return found


def _paths(place: Place, where: Roots) -> Iterable[str]:
    for pattern in place.paths:
        for filled in where.filled(pattern):
            for path in matches(filled):
                if not any(fnmatch.fnmatchcase(path, ignored) for ignored in place.ignore):
                    yield path


def _is_setuid(mark: Mark) -> bool:
    return mark.is_file and bool(mark.mode & (stat.S_ISUID | stat.S_ISGID))


def what_counts(place: Place, path: str, mark: Mark) -> str | None:
    """Return the sha256 of the part of a file that counts; None when it cannot be read."""
    if mark.size > LARGEST or not place.lines_of:
        found = digest(path, mark)
        return found.hex() if found else None
    data = read(path, mark, LARGEST)
    return None if data is None else hashlib.sha256(place.told(path, data)).hexdigest()


def toolchain(where: Roots, search: str, kept: _Kept, *, hashed: bool = False,
              learnt: Learnt | None = None) -> dict[str, Seen]:
    """Return the toolchain's files: programs in `search` (a PATH) that marks know, and what belongs to them.

    Digests are those that are kept from earlier; `hashed` takes the missing ones too. `learnt` remembers from one
    snapshot to the next which programs are tools.
    """
    found: dict[str, Seen] = {}
    for path in (*_programs(search, learnt or Learnt()), *_support(where)):
        mark = look(path) if path not in found else None
        if mark is not None:
            found[path] = Seen(mark, _known(path, mark, kept, hashed=hashed), "")
            real = place_of(path) if mark.is_link else path
            target = look(real) if real not in found else None
            if target is not None:
                found[real] = Seen(target, _known(real, target, kept, hashed=hashed), "")
    return found


def _known(path: str, mark: Mark, kept: _Kept, *, hashed: bool) -> str | None:
    known = kept.get(mark.key)
    return known.sha256 if known else (_hex(path, mark) if hashed or mark.is_link else None)


def _programs(search: str, learnt: Learnt) -> Iterator[str]:
    """Yield the programs in PATH that are tools by their names, or links to such."""
    for folder in dict.fromkeys(search.split(os.pathsep)):
        if folder.startswith("/"):
            yield from learnt.in_folder(folder, _tools_in)


def _tools_in(folder: str) -> list[str]:
    from builtby.packages.clues import clues  # to read the marks takes longer than most builds' snapshots

    texts: dict[str, list[str]] = {}
    for path, target in _names(folder):
        for text in (path, target):
            if text:
                texts.setdefault(text.lstrip("/"), []).append(path)
    return [path for text in clues().tools(list(texts)) for path in texts[text]]


def _names(folder: str) -> list[tuple[str, str | None]]:
    """Return the paths in a folder, and where those that are links say that they lead."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.path, os.path.join(folder, os.readlink(entry.path)) if entry.is_symlink() else None)  # noqa: PTH115, PTH118
                    for entry in entries]
    except OSError:
        return []


def _support(where: Roots) -> Iterable[str]:
    for pattern in toolchain_paths():
        for filled in where.filled(pattern):
            yield from matches(filled)


def _hex(path: str, mark: Mark) -> str | None:
    found = digest(path, mark)
    return found.hex() if found else None


def changes(before: Mapping[str, Seen], after: Mapping[str, Seen], place: str) -> list[Change]:
    """Return what changed from one snapshot to the next; changes of times alone are none."""
    found = []
    for path in sorted({*before, *after}):
        was, now = before.get(path), after.get(path)
        if was is None or now is None:
            one = was or now
            assert one is not None
            left = (now.sha256 or _hex(path, now.mark)) if now else None
            found.append(Change(path, place, "created" if now else "removed", was.sha256 if was else None, left,
                                ("ctime",), kind=one.kind or None))
        elif not same_file(was.mark, now.mark):
            found += _changed(path, place, was, now)
    return found


def _changed(path: str, place: str, was: Seen, now: Seen) -> list[Change]:
    after = now.sha256 or _hex(path, now.mark)
    mode = stat.S_IMODE(was.mark.mode) != stat.S_IMODE(now.mark.mode)
    detail = f"mode {stat.S_IMODE(was.mark.mode):04o}, now {stat.S_IMODE(now.mark.mode):04o}" if mode else None
    same = was.sha256 == after if was.sha256 else _content_kept(was.mark, now.mark)
    if same and not mode:
        return []
    kept = was.mark.mtime == now.mark.mtime
    return [Change(path, place, "changed", was.sha256, after, ("ctime",), kind=was.kind or None,
                   mtime_kept=kept and not same, detail=detail)]


def _content_kept(was: Mark, now: Mark) -> bool:
    """Whether only mode, owner or links can have changed, where no digest of before tells."""
    return (was.inode, was.size, was.mtime) == (now.inode, now.size, now.mtime) and (
        was.links != now.links or was.mode != now.mode)
