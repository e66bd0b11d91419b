"""Zip archives read as they go by, from one local header to the next: for standard input and members of archives."""

from builtby.sources import ziprecords as records
from builtby.sources.base import Damaged, Member, Members, Note, Stream
from builtby.sources.parts import Part, Pushback, Unreadable, exactly
from builtby.sources.zipcodec import STORED, Inflated, known

PREFIX = 1 << 20
"""How far into the stream the first member may stand, behind a launcher or a module header."""
ENTRIES = 2_000_000
_DESCRIPTOR = 24
_LARGEST = 8 << 32
"""In 64 bits, a larger size is no size but the next header's magic and version."""
_NEXT = (records.LOCAL_MAGIC, records.CENTRAL_MAGIC)
_SIGNED = b"PK\7\x08"


def read(stream: Stream, _note: Note) -> Members:
    """Yield the archive's members as they stand; the central directory that ends them is not looked at."""
    source = Pushback(stream)
    _seek_first(source)
    for _ in range(ENTRIES):
        magic = source.read(4)
        if magic != records.LOCAL_MAGIC:
            if len(magic) < 4:
                raise Damaged("the zip archive ends before its central directory (truncated?)")
            return
        yield from _member(source)
    raise Damaged(f"the zip archive has more than {ENTRIES} members")


def _seek_first(source: Pushback) -> None:
    """Go to the first local header, or to the end record of an empty archive."""
    head = source.read(4)
    if head not in (records.LOCAL_MAGIC, records.END_MAGIC):
        head += source.read(PREFIX)
        found = head.find(records.LOCAL_MAGIC)
        if found < 0:
            raise Damaged("no zip member was found")
        head = head[found:]
    source.unread(head)


def _member(source: Pushback) -> Members:
    """Yield the member whose header's magic has gone by, then pass over what was not read of it."""
    header = records.LOCAL_MAGIC + exactly(source, records.LOCAL.size - 4, "a member's header")
    fields = records.LOCAL.unpack(header)
    name = exactly(source, fields[9], "a member's name")
    entry = records.local(fields[:9], name, exactly(source, fields[10], "a member's header"))
    open_ended = bool(entry.flags & records.DESCRIPTOR_FLAG)
    member = Member(entry.path, entry.kind, None if open_ended else entry.size, "", entry.mtime)
    if open_ended and not entry.packed:
        yield from _open_ended(source, member, entry)
        return
    part = Part(source, entry.packed)
    yield member, _plain(part, entry)
    part.skip(part.left)
    if part.left:
        raise Damaged("the zip archive ends within a member (truncated?)")
    if open_ended:
        _pass_descriptor(source, entry.packed)


def _plain(part: Part, entry: records.Entry) -> Stream:
    if entry.flags & records.ENCRYPTED_FLAG:
        return Unreadable("the member is encrypted")
    if entry.method == STORED:
        return part
    if not known(entry.method):
        return Unreadable(f"compression method {entry.method} is not supported")
    return Inflated(entry.method, part.read)


def _open_ended(source: Pushback, member: Member, entry: records.Entry) -> Members:
    """Yield a member whose length is only told after it: its compressed data must end itself."""
    if entry.flags & records.ENCRYPTED_FLAG or entry.method == STORED or not known(entry.method):
        yield member, Unreadable("the member's length is not told before its bytes")
        raise Damaged("the zip archive can only be read as a file: a member's length is not told before its bytes")
    start = source.position
    plain = Inflated(entry.method, source.read)
    yield member, plain
    while not plain.ended:
        plain.skip(1 << 20)
    source.unread(plain.unused)
    _pass_descriptor(source, source.position - start)


def _pass_descriptor(source: Pushback, packed: int) -> None:
    """Pass over the data descriptor: checksum, packed size, size; in 64 or 32 bits, signed or, by old tools, not."""
    data = source.read(_DESCRIPTOR)
    at = 8 if data.startswith(_SIGNED) else 4
    for width in (8, 4):
        packed_end, end = at + width, at + 2 * width
        size = int.from_bytes(data[packed_end:end], "little")
        if int.from_bytes(data[at:packed_end], "little") == packed and end <= len(data) and size < _LARGEST:
            source.unread(data[end:])
            return
    if data.startswith(_NEXT):  # announced, but not there
        source.unread(data)
        return
    raise Damaged("a zip member's length is not the one told after it")
