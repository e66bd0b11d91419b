"""cpio archives: newc, crc, odc and the old binary form; several in a row, as in an initramfs.

Layout: cpio(5), and rpm's own form for members too listed for it (`07070X`, sizes in the package's header).
"""

import stat
import struct
from collections.abc import Sequence
from typing import NamedTuple

from builtby.model import text
from builtby.sources.base import Container, Damaged, Member, MemberKind, Members, Note, Stream
from builtby.sources.parts import Part, Pushback, exactly

ENTRIES = 10_000_000
NAME_LIMIT = 4096
PADDING = 1 << 20
"""Zeros between one archive and the next that are passed over."""
TRAILER = "TRAILER!!!"
_KINDS: dict[int, MemberKind] = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}


class _Header(NamedTuple):
    """A member's header, whatever its form; `align` is what its name and its data are padded to."""

    size: int
    name_size: int
    mode: int
    mtime: int
    align: int
    length: int


class File(NamedTuple):
    """A member. An rpm whose payload tells no more than numbers has a list of them in its header."""

    path: str
    mode: int
    size: int
    mtime: int


def read(stream: Stream, _note: Note) -> Members:
    """Yield the members of every archive in the stream; what follows them comes as a member of its own."""
    source = Pushback(stream)
    while True:
        yield from members(source)
        rest = _after_padding(source)
        if not rest:
            return
        source.unread(rest)
        if not _accepts("", rest):
            yield Member("", "file", None), source
            return


def members(source: Pushback, listed: Sequence[File] = ()) -> Members:
    """Yield the members of one archive, up to its trailer."""
    for _ in range(ENTRIES):
        magic = exactly(source, 6, "a cpio header")
        if magic == b"07070X":
            yield from _stripped(source, listed)
            continue
        header = _header(magic, source)
        raw = exactly(source, min(header.name_size, NAME_LIMIT), "a cpio name")
        source.skip(header.name_size - len(raw) + -(header.length + header.name_size) % header.align)
        path = text(raw.rstrip(b"\0"))
        if path == TRAILER:
            return
        yield from _body(source, File(path, header.mode, header.size, header.mtime), header.align)
    raise Damaged(f"the cpio archive has more than {ENTRIES} members")


def _body(source: Pushback, file: File, align: int) -> Members:
    part = Part(source, file.size)
    kind = _KINDS.get(stat.S_IFMT(file.mode & 0xFFFF), "other")
    link = text(part.read(NAME_LIMIT)) if kind == "symlink" else ""
    yield Member(file.path, kind, file.size, link, file.mtime), part
    part.skip(part.left)
    if part.left:
        raise Damaged("the cpio archive ends within a member (truncated?)")
    source.skip(-file.size % align)


def _stripped(source: Pushback, listed: Sequence[File]) -> Members:
    """Yield a member of which the payload only has the number."""
    index = _number(exactly(source, 10, "a cpio header")[:8], 16)
    if index >= len(listed):
        raise Damaged("a cpio member is not in the package's list of files")
    yield from _body(source, listed[index], 4)


def _header(magic: bytes, source: Pushback) -> _Header:
    if magic in (b"070701", b"070702"):
        raw = exactly(source, 104, "a cpio header")
        fields = [_number(raw[at : at + 8], 16) for at in range(0, 104, 8)]
        return _Header(fields[6], fields[11], fields[1], fields[5], 4, 110)
    if magic == b"070707":
        raw = exactly(source, 70, "a cpio header")
        mode, mtime, name_size, size = (
            _number(raw[a:b], 8) for a, b in ((12, 18), (42, 53), (53, 59), (59, 70))
        )
        return _Header(size, name_size, mode, mtime, 1, 76)
    order = {b"\xc7\x71": "<", b"\x71\xc7": ">"}.get(magic[:2])
    if order is None:
        raise Damaged("a cpio header is damaged")
    words = struct.unpack(f"{order}13H", magic + exactly(source, 20, "a cpio header"))
    return _Header(words[11] << 16 | words[12], words[10], words[3], words[8] << 16 | words[9], 2, 26)


def _number(digits: bytes, base: int) -> int:
    try:
        if digits.isalnum():  # int() takes signs and spaces as well
            return int(digits, base)
    except ValueError:
        pass
    raise Damaged("a cpio header holds a number that is none")


def _after_padding(source: Pushback) -> bytes:
    """Pass over zeros; return the first bytes that are something else, none at the end."""
    for _ in range(PADDING // 512):
        data = source.read(512)
        if not data or data.strip(b"\0"):
            return data.lstrip(b"\0")
    return b""


def _accepts(_path: str, head: bytes) -> bool:
    """Whether this is a cpio archive; the old form's two bytes of magic prove little without a sound header."""
    if head[:2] not in (b"\xc7\x71", b"\x71\xc7"):
        return head.startswith((b"070701", b"070702", b"070707"))
    order = "<" if head[0] == 0xC7 else ">"
    if len(head) < 26:
        return False
    words = struct.unpack_from(f"{order}13H", head)
    ends = head[25 + words[10] : 26 + words[10]] == b"\0"
    return ends and stat.S_IFMT(words[3]) in _KINDS and 1 < words[10] <= NAME_LIMIT


CONTAINER = Container(
    "cpio", read, magics=(b"070701", b"070702", b"070707", b"\xc7\x71", b"\x71\xc7"), accepts=_accepts,
)
