"""Reads zips and compressed files that nobody vouches for: nothing is unpacked to disk, and everything is bounded."""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

MOST_MEMBER = 16 << 20
"""Bytes of one member. The largest record of the public feeds is below 4 MB."""
MOST_PLAIN = 4 << 30
"""Bytes of all members of a zip. The largest public feed has 1 GB."""
MOST_DIRECTORY = 64 << 20
"""Bytes of a zip's list of members, which stands in memory."""
MOST_JSON = 256 << 20
"""Bytes of a feed that is one JSON document."""
_END, _END_SIZE, _MOST_COMMENT = b"PK\x05\x06", 22, 1 << 16
_LOCATOR, _END_64, _MARK = b"PK\x06\x07", b"PK\x06\x06", 0xFFFFFFFF
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError,
           struct.error, UnicodeError)


class Refused(ValueError):  # noqa: N818  # a statement about the file
    """A file that is not taken; the message says why."""


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    """Yield names and contents of a zip's wanted members; None for one that is too large, or packed in another way.

    Raises Refused for what is no zip, for a damaged one, and for one that is made to do harm.
    """
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as file:
            infos = [info for info in file.infolist() if not info.is_dir()]
            _check_members(infos)
            for info in infos:
                if wanted(info.filename):
                    yield info.filename, _content(file, info)
    except zipfile.BadZipFile as error:
        raise Refused(f"it is a damaged zip: {error}") from error
    except (struct.error, UnicodeError, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"it is a damaged zip: {type(error).__name__}") from error


def whole(path: Path, *, gzipped: bool, most: int = MOST_JSON) -> bytes:
    """Return the content of a file. Raises Refused for one that is too large, or damaged."""
    try:
        with gzip.open(path) if gzipped else path.open("rb") as file:
            raw: bytes = file.read(most + 1)
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise Refused(f"it is damaged or cut off: {error}") from error
    if len(raw) > most:
        raise Refused(f"it is larger than {most >> 20} MiB")
    return raw


def looks_like_page(raw: bytes) -> bool:
    """Whether bytes are a web page: the answer of a proxy or a portal in the place of the file."""
    return raw.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml"))


def _check_directory(path: Path) -> None:
    """Raise Refused for what is no zip, before anything of it is read into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(max(0, size - _END_SIZE - _MOST_COMMENT))
        end = file.read()
    if not size:
        raise Refused("it is empty")
    if looks_like_page(start):
        raise Refused("it is a web page, not a zip")
    at = end.rfind(_END)
    if not start.startswith(b"PK") or at < 0 or len(end) - at < _END_SIZE:
        raise Refused("it is not a zip, or was cut off")
    (directory,) = struct.unpack_from("<I", end, at + 12)
    if (_large(path, end[:at]) if directory == _MARK else directory) > MOST_DIRECTORY:
        raise Refused("its list of members is too large")


def _large(path: Path, before: bytes) -> int:
    """Return the bytes of a Zip64's list of members. Raises Refused when it is not said where it must be."""
    locator = before[-20:]
    if len(locator) == 20 and locator.startswith(_LOCATOR):
        with path.open("rb") as file:
            file.seek(min(struct.unpack_from("<Q", locator, 8)[0], path.stat().st_size))
            record = file.read(56)
        if len(record) == 56 and record.startswith(_END_64):
            return int(struct.unpack_from("<Q", record, 40)[0])
    raise Refused("it is a damaged zip: its list of members is not found")


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    for info in infos:
        name = info.filename
        if name.startswith("/") or "\\" in name or ":" in name[:2] or ".." in PurePosixPath(name).parts:
            raise Refused(f"a member's name leads out of the folder: {name[:100]!r}")
    if sum(info.file_size for info in infos) > MOST_PLAIN:
        raise Refused(f"it expands to more than {MOST_PLAIN >> 30} GiB")


def _content(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
    if info.file_size > MOST_MEMBER or info.flag_bits & 1 or info.compress_type not in _METHODS:
        return None
    try:
        with file.open(info) as member:
            raw = member.read(MOST_MEMBER + 1)
    except _DAMAGE as error:
        raise Refused(f"it is damaged at {info.filename[:100]!r}: {str(error) or type(error).__name__}") from error
    return raw if len(raw) <= MOST_MEMBER else None
