"""The files that git tracks, read from its index: to ask git itself could run a hook of the repository."""

import os
import re
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

MOST_ENTRIES = 2_000_000
MOST_BYTES = 512 << 20
MOST_DEPTH = 8
"""Submodules inside submodules that are followed."""
_HEAD, _ENTRY = struct.Struct(">4sII"), struct.Struct(">10I20sH")
_EXTENDED, _NAME = 0x4000, 0x0FFF
_GITLINK = 0o160000
_LISTS_ELSEWHERE = (b"link", b"sdir")
"""Extensions that keep entries out of the index itself: split and sparse indexes."""


class NoIndexError(ValueError):
    """The index cannot be read; the message says why."""


def top(folder: Path) -> Path | None:
    """Return the checkout that a folder is in, None when it is in none."""
    return next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), None)


def git_folder(checkout: Path) -> Path:
    """Return the folder with the index: `.git`, or where the file of that name points to. Raises NoIndexError."""
    place = checkout / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise NoIndexError(f"{place}: {error.strerror}") from error
    if not text.startswith("gitdir:"):
        raise NoIndexError(f"{place} names no folder")
    return checkout / text.removeprefix("gitdir:").strip()


def is_empty(checkout: Path) -> bool:
    """Whether nothing was ever added to a repository: then it has no index. Raises NoIndexError."""
    return not os.path.lexists(git_folder(checkout) / "index")


def tracked(checkout: Path, depth: int = 0) -> Iterator[str]:
    """Yield the full paths of the files that are tracked, those of submodules too. Raises NoIndexError."""
    file = git_folder(checkout) / "index"
    if _long_names(file.with_name("config")):
        raise NoIndexError("its objects are named by SHA-256")
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NoIndexError(f"{file} is larger than {MOST_BYTES >> 20} MiB")
        data = file.read_bytes()
    except OSError as error:
        raise NoIndexError(f"{file}: {error.strerror}") from error
    for name, mode in entries(data):
        path = f"{checkout}/{os.fsdecode(name)}"
        if stat.S_IFMT(mode) != _GITLINK:
            yield path
        elif depth < MOST_DEPTH and os.path.lexists(f"{path}/.git"):
            yield from tracked(Path(path), depth + 1)


def _long_names(config: Path) -> bool:
    try:
        return re.search(rb"(?im)^\s*objectformat\s*=\s*sha256", config.read_bytes()) is not None
    except OSError:
        return False


def entries(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield names and modes of an index's entries. Raises NoIndexError for what is no whole index."""
    try:
        magic, version, count = _HEAD.unpack_from(data)
        if magic != b"DIRC" or version not in (2, 3, 4) or count > MOST_ENTRIES:
            raise NoIndexError(f"an index of version {version} is not known")
        yield from _entries(data, version, count)
    except (struct.error, IndexError, ValueError) as error:
        raise NoIndexError(f"the index is damaged: {error}") from error


def _entries(data: bytes, version: int, count: int) -> Iterator[tuple[bytes, int]]:
    place, name = _HEAD.size, b""
    for _ in range(count):
        fields = _ENTRY.unpack_from(data, place)
        start = place + _ENTRY.size + (2 if fields[-1] & _EXTENDED else 0)
        if version == 4:
            cut, start = _varint(data, start)
            end = data.index(b"\0", start)
            name = name[: len(name) - cut] + data[start:end]
            place = end + 1
        else:
            length = fields[-1] & _NAME
            end = start + length if length < _NAME else data.index(b"\0", start)
            name = data[start:end]
            place += (end - place + 8) & ~7
        yield name, fields[6]
    while place + 8 < len(data) - 20:  # the checksum
        if data[place : place + 4] in _LISTS_ELSEWHERE:
            raise NoIndexError("the index is split or sparse")
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "big")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Read git's offset encoding: every byte but the last adds one before it shifts."""
    value = data[place] & 0x7F
    while data[place] & 0x80:
        place += 1
        value = ((value + 1) << 7) | (data[place] & 0x7F)
    return value, place + 1
