"""The records of a zip archive: names, times and sizes as they stand in local headers and the central directory.

Layout: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5.
"""

import stat
import struct
from calendar import timegm
from functools import lru_cache
from typing import NamedTuple

from builtby.model import text
from builtby.sources.base import MemberKind

LOCAL = struct.Struct("<4s5HIIIHH")
CENTRAL = struct.Struct("<4s6H3I5H2I")
BRIEF = struct.Struct("<4s24x3H4xI4x")
"""Of CENTRAL's fields, those that tell its length, and what the member is."""
LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ENCRYPTED_FLAG, DESCRIPTOR_FLAG, UTF8_FLAG = 1, 8, 0x800
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
UNIX, MACOS = 3, 19
FOLDERS = (b"/", b"\\")
FILES = (0, stat.S_IFREG >> 12)
"""A member's external attributes, by their highest four bits, and its name's end say that it is a file, or a folder."""


class Entry(NamedTuple):
    """A member as one of its headers has it."""

    path: str
    kind: MemberKind
    flags: int
    method: int
    packed: int
    size: int
    offset: int
    mtime: int | None


def whole(data: bytes, at: int) -> tuple[tuple[int, ...], bytes]:
    """Return the fields of the central directory record at a place, CENTRAL's, unpacked; and its extra data."""
    fields = CENTRAL.unpack_from(data, at)
    start = at + CENTRAL.size + fields[10]
    return fields, data[start : start + fields[11]]


def kind_of(fields: tuple[int, ...], name: bytes) -> MemberKind:
    """Return what the member of a central directory record is; `fields` are CENTRAL's, unpacked."""
    if fields[15] >> 28 in FILES and not name.endswith(FOLDERS):
        return "file"
    return _kind(name, fields[15] >> 16 if fields[1] >> 8 in (UNIX, MACOS) else 0)


def central(fields: tuple[int, ...], path: str, kind: MemberKind, extra: bytes) -> Entry:
    """Return the member of a central directory record; `fields` are CENTRAL's, unpacked."""
    packed, size, offset = fields[8], fields[9], fields[16]
    if _FULL32 in (packed, size, offset):
        size, packed, offset = zip64(extra, size, packed, offset)
    return Entry(path, kind, fields[3], fields[4], packed, size, offset, moment(fields[6], fields[5]))


def local(fields: tuple[int, ...], name: bytes, extra: bytes) -> Entry:
    """Return the member of a local header; `fields` are LOCAL's, unpacked."""
    packed, size = fields[7], fields[8]
    if _FULL32 in (packed, size):
        size, packed, _ = zip64(extra, size, packed, 0)
    return Entry(path_of(name, fields[2]), _kind(name, 0), fields[2], fields[3], packed, size, 0,
                 moment(fields[5], fields[4]))


def zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Return size, packed size and offset, those that do not fit in 32 bits taken from the zip64 field."""
    wide = extra_field(extra, 1)
    values = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    size, packed, offset = (
        next(values, number) if number == _FULL32 else number for number in (size, packed, offset)
    )
    return size, packed, offset


def extra_field(extra: bytes, wanted: int) -> bytes:
    """Return the data of an extra field, empty when it is not there."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == wanted:
            return extra[position + 4 : position + 4 + length]
        position += 4 + length
    return b""


def path_of(name: bytes, flags: int) -> str:
    """Return a member's name as text. Many tools write UTF-8 without saying so; what is none is code page 437."""
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        path = text(name) if flags & UTF8_FLAG else name.decode("cp437")
    return path.replace("\\", "/") if "\\" in path else path


def _kind(name: bytes, mode: int) -> MemberKind:
    if name.endswith(FOLDERS):
        return "directory"
    form = mode & 0o170000
    if form in (0, stat.S_IFREG):
        return "file"
    return "symlink" if form == stat.S_IFLNK else "other"


@lru_cache(maxsize=4096)
def moment(date: int, time: int) -> int | None:
    """Return a DOS date and time as seconds since 1970, taken for UTC since no zone is said; None for none."""
    year, month, day = 1980 + (date >> 9), date >> 5 & 15, date & 31
    if not (1 <= month <= 12 and day):
        return None
    return timegm((year, month, day, time >> 11, time >> 5 & 63, (time & 31) * 2))


def creator(fields: tuple[int, ...], extra: bytes) -> str:
    """Return what the first central record tells of the program that wrote the archive, as one line."""
    kinds: list[str] = []
    position = 0
    while position + 4 <= len(extra) and len(kinds) < 8:
        kind, length = struct.unpack_from("<HH", extra, position)
        kinds.append(f"{kind:04x}")
        position += 4 + length
    return (
        f"host={fields[1] >> 8} version={fields[1] & 255} needed={fields[2] & 255} flags={fields[3]:04x} "
        f"method={fields[4]} date={1980 + (fields[6] >> 9)}-{fields[6] >> 5 & 15:02}-{fields[6] & 31:02} "
        f"time={fields[5]:04x} attributes={fields[15]:08x} extra={','.join(kinds)}"
    )
