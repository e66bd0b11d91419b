"""What the file system says of a file: a process can set the mtime, but not the ctime."""

import hashlib
import os
import stat
import sys
from typing import NamedTuple

CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_PATH_ONLY = os.O_PATH | os.O_CLOEXEC if sys.platform == "linux" else None


class Mark(NamedTuple):
    """A file as lstat shows it. Times in nanoseconds."""

    device: int
    inode: int
    ctime: int
    mtime: int
    size: int
    mode: int
    links: int
    owner: int = 0

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What a kept digest is found by."""
        return self.device, self.inode, self.ctime, self.size


def marked(info: os.stat_result) -> Mark:
    """Return the mark of a file of which `info` was taken."""
    return Mark(info.st_dev, info.st_ino, info.st_ctime_ns, info.st_mtime_ns, info.st_size, info.st_mode, info.st_nlink,
                info.st_uid)


def look(path: str) -> Mark | None:
    """Return the mark of a file or symbolic link; None when it is neither, or is not there."""
    try:
        found = marked(os.lstat(path))
    except (OSError, ValueError):
        return None
    return found if found.is_file or found.is_link else None


def place_of(path: str) -> str:
    """Return the path of what a link leads to; of one that leads to nothing, as far as it leads."""
    if _PATH_ONLY is None:
        return os.path.realpath(path)
    try:
        held = os.open(path, _PATH_ONLY)
    except OSError:
        return os.path.realpath(path)
    try:
        return os.readlink(f"/proc/self/fd/{held}")  # noqa: PTH115  # a tenth of what looking at each folder takes
    finally:
        os.close(held)


def read(path: str, mark: Mark, most: int) -> bytes | None:
    """Return up to `most` bytes of a file that has this mark, or a link's text; None when it has not, or is unread."""
    try:
        if mark.is_link:
            return os.fsencode(os.readlink(path))  # noqa: PTH115  # hot
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return None
    try:
        if not same_file(marked(os.fstat(descriptor)), mark):
            return None
        data = os.read(descriptor, min(most, mark.size + 1))
        return data if same_file(marked(os.fstat(descriptor)), mark) else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def same_file(one: Mark, other: Mark) -> bool:
    """Whether nothing of a file changed between two looks."""
    return one[:6] == other[:6]


def digest(path: str, mark: Mark) -> bytes | None:
    """Return the sha256 of the file that has this mark; None when it has it no more, or cannot be read."""
    if mark.is_link or mark.size <= CHUNK:
        data = read(path, mark, CHUNK)
        return None if data is None else hashlib.sha256(data).digest()
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # hot
            if not same_file(marked(os.fstat(file.fileno())), mark):
                return None
            found = hashlib.file_digest(file, "sha256").digest()
            return found if same_file(marked(os.fstat(file.fileno())), mark) else None
    except (OSError, ValueError):
        return None
