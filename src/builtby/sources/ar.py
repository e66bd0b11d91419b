"""The members of an `ar` archive, as Debian packages are made of. A library of objects is a format, not an archive."""

from builtby.model import text
from builtby.sources.base import Damaged, Member, Members, Note, Stream
from builtby.sources.parts import Part, exactly

MAGIC = b"!<arch>\n"
ENTRIES = 1_000_000
NAMES_LIMIT = 16 << 20
"""The longest table of long names that is read."""
_HEADER = 60


def read(stream: Stream, _note: Note) -> Members:
    """Yield the archive's members, GNU and BSD long names resolved."""
    exactly(stream, len(MAGIC), "its magic")
    names = b""
    for _ in range(ENTRIES):
        header = stream.read(_HEADER)
        if header.strip(b"\n\0") == b"":
            return
        size = _size(header)
        body = Part(stream, size)
        name = header[:16].rstrip(b" ")
        if name == b"//":
            names = body.read(min(size, NAMES_LIMIT))
        elif name not in (b"/", b"/SYM64/"):
            path, plain_size = _name(name, names, body)
            yield Member(text(path), "file", plain_size, "", _decimal(header[16:28])), body
        body.skip(body.left)
        if body.left:
            raise Damaged("the ar archive ends within a member (truncated?)")
        stream.skip(size & 1)
    raise Damaged(f"the ar archive has more than {ENTRIES} members")


def _size(header: bytes) -> int:
    size = _decimal(header[48:58])
    if len(header) < _HEADER or header[58:60] != b"`\n" or size is None:
        raise Damaged("an ar member's header is damaged (truncated?)")
    return size


def _decimal(field: bytes) -> int | None:
    digits = field.strip(b" ")
    return int(digits) if digits.isdigit() else None


def _name(name: bytes, names: bytes, body: Part) -> tuple[bytes, int]:
    """Return a member's name and size; a BSD long name stands at the beginning of its bytes."""
    if name.startswith(b"#1/"):
        length = min(_decimal(name[3:]) or 0, body.left)
        return body.read(min(length, 4096)).rstrip(b"\0"), body.left
    if name.startswith(b"/") and name[1:].isdigit():
        start = int(name[1:])
        return names[start:].partition(b"\n")[0][:4096].rstrip(b"/"), body.left
    return name.rstrip(b"/"), body.left
