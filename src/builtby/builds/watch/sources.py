"""The baseline of a build's sources: inode, ctime, size and digest of each file before anything runs."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from builtby.builds.watch.gitindex import NoIndexError, is_empty, top, tracked
from builtby.builds.watch.kept import KeptSources
from builtby.builds.watch.mark import Mark, digest, look, read
from builtby.builds.watch.places import data, home

MOST_FILES = 500_000
MOST_HASHED = 4 << 30
"""Bytes that are hashed in all; of files beyond, only inode, ctime and size are known."""
HEAD = 4096
"""Bytes in which a zero tells that a file without version control is an output and no source."""


class Source(NamedTuple):
    """A file as it was before the build; `sha256` is None when it was not hashed."""

    mark: Mark
    sha256: bytes | None


class Baseline(NamedTuple):
    """The sources of a build."""

    root: str
    files: dict[str, Source]
    by_git: bool
    told: tuple[str, ...]
    """What is not covered, in words."""


def baseline(folder: Path, kept: KeptSources | None, leave_out: Iterable[str] = ()) -> Baseline:
    """Take the baseline of the checkout that a folder is in, else of the folder; `leave_out` are full paths."""
    checkout, told, empty = top(folder), [], False
    paths: list[str] = []
    if checkout is not None:
        try:
            empty = is_empty(checkout)
            paths = [] if empty else list(tracked(checkout))
        except NoIndexError as error:
            told.append(f"which files git tracks ({error}): all text files of the folder were taken for sources")
    by_git = checkout is not None and not told and not empty
    if not by_git:
        if _is_broad(folder):
            return Baseline(str(folder), {}, False, (f"changes of sources: {folder} is no checkout or project",))
        paths = list(_walk(checkout or folder, frozenset(leave_out)))
    if len(paths) > MOST_FILES:
        told.append(f"changes of {len(paths) - MOST_FILES:,} source files: more than {MOST_FILES:,} are there")
    root = str(checkout or folder)
    files = _taken(paths[:MOST_FILES], kept.load(root) if kept else {}, by_git=by_git, told=told)
    if kept:
        kept.save(root, files)
    return Baseline(root, files, by_git, tuple(told))


def _taken(paths: list[str], known: dict[str, tuple[int, int, int, bytes]], *, by_git: bool,
           told: list[str]) -> dict[str, Source]:
    files: dict[str, Source] = {}
    hashed = unhashed = 0
    for path in paths:
        mark = look(path)
        if mark is None:
            continue
        before = known.get(path)
        if before is not None and before[:3] == (mark.inode, mark.ctime, mark.size):
            files[path] = Source(mark, before[3])
            continue
        if not by_git and not _is_text(path, mark):
            continue
        hashed += mark.size
        found = digest(path, mark) if hashed <= MOST_HASHED else None
        unhashed += found is None
        files[path] = Source(mark, found)
    if unhashed:
        told.append(f"what {unhashed:,} source files held before the build (not hashed: unreadable, or too much)")
    return files


def _is_text(path: str, mark: Mark) -> bool:
    if mark.is_link:
        return True
    head = read(path, mark, HEAD)
    return head is not None and b"\0" not in head


def _is_broad(folder: Path) -> bool:
    """Whether a folder is one in which people start commands, and not the one with their sources."""
    named = {os.path.realpath(name.replace("~", home())) for name in data()["sources"]["broad"]}
    return str(folder) in named


def _walk(root: Path, leave_out: frozenset[str]) -> Iterator[str]:
    """Yield the files below a folder, up to one more than the most, nothing of folders that hold outputs."""
    outputs = frozenset(data()["sources"]["outputs"])
    stack, count = [str(root)], 0
    while stack and count <= MOST_FILES:
        try:
            entries = sorted(os.scandir(stack.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.path in leave_out:
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in outputs:
                    stack.append(entry.path)
            elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode) or entry.is_symlink():
                count += 1
                yield entry.path
