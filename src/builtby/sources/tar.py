"""Tar archives, read as they go by: V7, ustar, GNU and pax. Written for speed: an image holds a million members."""

from collections.abc import Iterator

from builtby.model import text
from builtby.sources.base import Container, Damaged, Member, MemberKind, Members, Note, Stream
from builtby.sources.stream import Piecewise, pieces

BLOCK = 512
HEADER_LIMIT = 1 << 20
"""Longest extended header (pax records, GNU long name) that is read; longer ones are passed over."""
EXTENDED = 16
"""Extended headers that may stand before one member; honest archives have three at most."""
PATH_LIMIT = 4096
"""Bytes of a path that are kept: longer ones no system has, and a million of them would fill the memory."""
_NUMBERS = 1 << 63
_KINDS: dict[bytes, MemberKind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "symlink", b"5": "directory",
    b"S": "sparse",
}
_EXTENDED = b"xgLKXVN"


class _Body(Piecewise):
    """A member's bytes: a stream that ends where the member does."""

    __slots__ = ("_stream", "left")

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream, self.left = stream, size

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self.left))
        self.left -= len(data)
        return data

    def skip(self, size: int) -> int:
        count = self._stream.skip(min(size, self.left))
        self.left -= count
        return count

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield up to `size` bytes as they lie."""
        for piece in pieces(self._stream, min(size, self.left)):
            self.left -= len(piece)
            yield piece


def number(field: bytes) -> int:
    """Decode a numeric field: octal text, or GNU's base 256. Raises Damaged for anything else."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise Damaged("a tar header holds a number that is none") from None


def _checked(header: bytes) -> bytes:
    """Return the header, or raise Damaged when its checksum is wrong."""
    if len(header) < BLOCK:
        raise Damaged("the tar archive ends in the middle of a header (truncated?)")
    wanted = number(header[148:156])
    found = sum(header) - sum(header[148:156]) + 8 * 32
    if wanted != found:
        raise Damaged("a tar header's checksum is wrong")
    return header


def _pax(records: bytes) -> dict[str, bytes]:
    fields: dict[str, bytes] = {}
    position = 0
    while position < len(records):
        length, space, _ = records[position : position + 20].partition(b" ")
        if not space or not length.isdigit() or int(length) <= len(length) + 1:
            break
        record = records[position + len(length) + 1 : position + int(length)]
        key, _, value = record.rstrip(b"\n").partition(b"=")
        fields[key.decode("utf-8", "backslashreplace")] = value
        position += int(length)
    return fields


class _Reader:
    """Walks the headers. `fields` holds what extended headers said of the next member."""

    def __init__(self, stream: Stream, note: Note) -> None:
        self._stream, self._note = stream, note
        self._mtimes: set[int] = set()
        self._files = 0

    def members(self) -> Members:
        stream, fields, extended = self._stream, dict[str, bytes](), 0
        while (header := stream.read(BLOCK)) and header.count(0) != BLOCK:
            if len(header) < BLOCK or header[257:262] != b"ustar":
                _checked(header)
            size = number(header[124:136])
            kind = header[156:157]
            if size < 0:
                raise Damaged("a tar header holds a negative size")
            if kind in _EXTENDED:
                extended += 1
                if extended > EXTENDED:
                    raise Damaged("a tar member has too many extended headers")
                fields.update(self._extended(kind, size))
                continue
            if "size" in fields:
                size = _decimal(fields["size"], size)
            yield from self._member(header, kind, size, fields)
            fields, extended = {}, 0
        if self._files > 1 and len(self._mtimes) == 1:
            self._note("tar.mtime", str(self._mtimes.pop()))

    def _extended(self, kind: bytes, size: int) -> dict[str, bytes]:
        data = self._stream.read(min(size, HEADER_LIMIT))
        _pass(self._stream, max(size - HEADER_LIMIT, 0) + -size % BLOCK)
        if kind in b"xX":
            return _pax(data)
        name = data.partition(b"\0")[0]
        return {b"L": {"path": name}, b"K": {"linkpath": name}}.get(kind, {})

    def _member(self, header: bytes, kind: bytes, size: int, fields: dict[str, bytes]) -> Members:
        mtime = number(header[136:148])
        member = Member(
            text(fields.get("path") or _name(header), PATH_LIMIT), _kind(kind, fields), size,
            text(fields.get("linkpath") or header[157:257].partition(b"\0")[0], PATH_LIMIT),
            mtime if -_NUMBERS <= mtime < _NUMBERS else None,
        )
        if member.kind == "file":
            self._files += 1
            if len(self._mtimes) < 2:
                self._mtimes.add(mtime)
        if kind in b"12":  # a link's size is its target's, not that of bytes which follow
            size = 0
        if kind == b"S":
            _pass_sparse_map(self._stream, header)
        body = _Body(self._stream, size)
        yield member, body
        _pass(self._stream, body.left + -size % BLOCK)


def _kind(kind: bytes, fields: dict[str, bytes]) -> MemberKind:
    if any(key.startswith("GNU.sparse") for key in fields):
        return "sparse"
    return _KINDS.get(kind, "other")


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    if header[257:263] == b"ustar\0" and header[345]:
        return header[345:500].partition(b"\0")[0] + b"/" + name
    return name


def _decimal(field: bytes, otherwise: int) -> int:
    return int(field) if field.isdigit() and len(field) < 20 else otherwise


def _pass(stream: Stream, size: int) -> None:
    if size and stream.skip(size) < size:
        raise Damaged("the tar archive ends in the middle of a member (truncated?)")


def _pass_sparse_map(stream: Stream, header: bytes) -> None:
    """Old GNU sparse members have their map between the header and the bytes."""
    more = header[482]
    while more:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise Damaged("the tar archive ends in the middle of a sparse map (truncated?)")
        more = block[504]


def read(stream: Stream, note: Note) -> Members:
    """Yield the members of a tar archive. Notes `tar.mtime` when all files carry one and the same time."""
    return _Reader(stream, note).members()


def is_tar(_path: str, head: bytes) -> bool:
    """Whether the first block is a tar header."""
    if len(head) < BLOCK:
        return False
    if head[257:262] == b"ustar":
        return True
    if not head[0] or not head[148:154].strip(b" \0").isdigit():  # cheap, for this is asked of every file there is
        return False
    try:
        return bool(_checked(head[:BLOCK]))
    except Damaged:
        return False


def names(stream: Stream) -> Iterator[str]:
    """Yield the members' paths, for a look at what kind of archive it is."""
    for member, _ in read(stream, lambda _kind, _text: None):
        yield member.path


CONTAINER = Container("tar", read, accepts=is_tar)
