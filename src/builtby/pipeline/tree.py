"""Walks a directory: sorted, links looked at once, and nothing that is no file is opened."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from builtby.model import Skipped, text
from builtby.pipeline.filters import Filters

BATCH_FILES = 256
BATCH_BYTES = 64 << 20
PSEUDO = frozenset({"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs",
                    "bpf", "configfs", "pstore", "mqueue", "fusectl", "efivarfs", "binfmt_misc", "nsfs", "hugetlbfs"})
"""File systems that hold no files but the kernel's answers; reading some of them never ends."""
_KINDS = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a character device",
          stat.S_IFBLK: "a block device"}


class Batch(NamedTuple):
    """Files for one piece of work, as file-system paths, and how many bytes they hold."""

    paths: list[str]
    size: int


class Walk:
    """One directory's walk."""

    def __init__(self, root: str, filters: Filters) -> None:
        self._root, self._filters = root, filters
        self._links: set[tuple[int, int]] = set()
        self._pseudo = pseudo_mounts()
        self._skipped: list[Skipped] = []

    def batches(self) -> Iterator[Batch]:
        """Yield the files in batches of like cost."""
        paths: list[str] = []
        total = 0
        for path, size in self._files():
            paths.append(path)
            total += size
            if len(paths) >= BATCH_FILES or total >= BATCH_BYTES:
                yield Batch(paths, total)
                paths, total = [], 0
        if paths:
            yield Batch(paths, total)

    def _files(self) -> Iterator[tuple[str, int]]:
        pending = [self._root]
        while pending:
            folder = pending.pop()
            try:
                folders, others = listing(folder)
            except OSError as error:
                self._skip(folder, f"the folder cannot be read: {error.strerror}")
                continue
            stem = folder if folder.endswith(os.sep) else folder + os.sep
            for path in map(stem.__add__, others):
                if self._filters.all or not self._filters.passes_over(relative(path, self._root)):
                    size = self._size(path)
                    if size is not None:
                        yield path, size
            pending += [path for path in map(stem.__add__, reversed(folders)) if self._enters(path)]

    def _enters(self, folder: str) -> bool:
        return not self._filters.passes_over(relative(folder, self._root)) and not self._is_pseudo(folder)

    def take(self) -> list[Skipped]:
        """Return what was skipped since the last time."""
        skipped, self._skipped = self._skipped, []
        return skipped

    def _size(self, path: str) -> int | None:
        """Return the size of a file to be looked at; None for what is none, and for another link to one that was."""
        try:
            status = os.lstat(path)
        except OSError as error:
            self._skip(path, f"cannot be read: {error.strerror}")
            return None
        if not stat.S_ISREG(status.st_mode):
            self._irregular(path, status.st_mode)
            return None
        if status.st_nlink > 1 and status.st_ino:
            if (status.st_dev, status.st_ino) in self._links:
                return None
            self._links.add((status.st_dev, status.st_ino))
        return status.st_size

    def _irregular(self, path: str, mode: int) -> None:
        if stat.S_ISLNK(mode):
            self._link(path)
        else:
            self._skip(path, f"{_KINDS.get(stat.S_IFMT(mode), 'no regular file')}; not opened")

    def _link(self, path: str) -> None:
        """Links are not followed: what they lead to is looked at where it stands. One that leads nowhere is said."""
        try:
            os.stat(path)  # noqa: PTH116  # a million times
        except FileNotFoundError:
            return
        except OSError as error:
            self._skip(path, f"a symbolic link that cannot be followed: {error.strerror}")

    def _is_pseudo(self, path: str) -> bool:
        if path not in self._pseudo:
            return False
        self._skipped.append(Skipped(0, relative(path, self._root), "the kernel's own file system", expected=True))
        return True

    def _skip(self, path: str, reason: str) -> None:
        self._skipped.append(Skipped(0, relative(path, self._root), reason))


def listing(folder: str) -> tuple[list[str], list[str]]:
    """Return the names of the folders in a folder, and of all else, sorted: names only, for there may be a million."""
    folders: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
    return sorted(folders), sorted(others)


def relative(path: str, root: str) -> str:
    """Return a path within the target, with `/`, its undecodable bytes escaped."""
    short = path[len(root) :].lstrip(os.sep) if path.startswith(root) else path
    if short.isascii() and os.sep == "/":  # nearly all, and a directory may have a million
        return short
    return text(os.fsencode(short.replace(os.sep, "/")))


def pseudo_mounts() -> frozenset[str]:
    """Return where the kernel's own file systems are mounted; none where there is no such list."""
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    fields = (line.split(" ") for line in lines)
    return frozenset(f[1] for f in fields if len(f) > 2 and f[2] in PSEUDO)
