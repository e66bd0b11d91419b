"""RPM packages: a lead, a signature, a header of tags, and a compressed cpio archive.

Layout: the RPM manual's "Package format V4" and "V6".
"""

import stat
import struct
from collections.abc import Iterator

from builtby.model import text
from builtby.sources.base import Container, Damaged, Members, Note, Stream
from builtby.sources.compressed import plain_chunks
from builtby.sources.cpio import File, members
from builtby.sources.parts import Pushback, exactly
from builtby.sources.stream import CHUNK, ChunkStream, stream_chunks

MAGIC = b"\xed\xab\xee\xdb"
_LEAD = 96
_SECTION = b"\x8e\xad\xe8\x01"
TAGS = 65_536
STORE = 64 << 20
"""The largest header that is read: kernel sources' is 20 MB."""
FILES = 5_000_000
_KEPT = {
    1000: "NAME", 1001: "VERSION", 1002: "RELEASE", 1003: "EPOCH", 1006: "BUILDTIME", 1007: "BUILDHOST",
    1010: "DISTRIBUTION", 1011: "VENDOR", 1021: "OS", 1022: "ARCH", 1044: "SOURCERPM", 1064: "RPMVERSION",
    1094: "COOKIE", 1122: "OPTFLAGS", 1123: "DISTURL", 1124: "PAYLOADFORMAT", 1125: "PAYLOADCOMPRESSOR",
    1126: "PAYLOADFLAGS", 1132: "PLATFORM", 1155: "DISTTAG", 5034: "VCS", 5096: "MODULARITYLABEL", 5114: "RPMFORMAT",
}
"""The tags that say how the package was made. PACKAGER is not among them: it names a person."""
_MODES, _MTIMES, _DEVICES, _INODES = 1030, 1034, 1095, 1096
_DIRINDEXES, _BASENAMES, _DIRNAMES, _LONGSIZES = 1116, 1117, 1118, 5008
_INTEGERS = {3: "H", 4: "I", 5: "Q"}
_STRING, _STRINGS, _I18N = 6, 8, 9

Index = dict[int, tuple[int, int, int]]
"""By tag: type, offset in the store, count."""


def read(stream: Stream, note: Note) -> Members:
    """Note the header's tags, then yield the files of the payload."""
    exactly(stream, _LEAD, "the lead")
    _, signature = _section(stream, "the signature")
    stream.skip(-len(signature) % 8)
    index, store = _section(stream, "the header")
    for tag, value in _notes(index, store):
        note("rpm.header", f"{tag}: {value}")
    head = stream.read(CHUNK)
    if head:
        yield from members(Pushback(ChunkStream(plain_payload(head, stream))), _listed(index, store))


def plain_payload(head: bytes, stream: Stream) -> Iterator[bytes]:
    """Return the payload's chunks, decompressed by whatever its first bytes say."""
    def chunks() -> Iterator[bytes]:
        yield head
        yield from stream_chunks(stream)

    return plain_chunks(head[:8], chunks())


def _section(stream: Stream, what: str) -> tuple[Index, bytes]:
    """Return a header's index and its store."""
    intro = exactly(stream, 16, what)
    count, size = struct.unpack(">II", intro[8:])
    if not intro.startswith(_SECTION) or count > TAGS or size > STORE:
        raise Damaged(f"{what} of the rpm package is damaged or too large")
    raw = exactly(stream, 16 * count, what)
    index = {tag: (kind, at, number) for tag, kind, at, number in struct.iter_unpack(">IIII", raw)}
    return index, exactly(stream, size, what)


def _notes(index: Index, store: bytes) -> Iterator[tuple[str, str]]:
    for tag, name in _KEPT.items():
        kind = index.get(tag, (0, 0, 0))[0]
        if kind in (_STRING, _STRINGS, _I18N):
            yield name, text(_strings(index, store, tag, 1)[0])
        elif kind in _INTEGERS:
            yield from ((name, str(number)) for number in _integers(index, store, tag)[:1])


def _integers(index: Index, store: bytes, tag: int) -> tuple[int, ...]:
    """Return a tag's numbers; none when it is not there or its place is beyond the store."""
    kind, at, count = index.get(tag, (0, 0, 0))
    code = _INTEGERS.get(kind)
    if code is None or count > FILES or at + count * struct.calcsize(code) > len(store):
        return ()
    return struct.unpack_from(f">{count}{code}", store, at)


def _strings(index: Index, store: bytes, tag: int, most: int = FILES) -> list[bytes]:
    """Return a tag's strings; always as many as are asked for, or as the tag has, empty where the store ends."""
    _, at, count = index.get(tag, (0, 0, 0))
    return store[at:].split(b"\0", min(count, most))[: min(count, most)] if count else [b""][:most]


def _listed(index: Index, store: bytes) -> list[File]:
    """Return the files of a package whose payload leaves out what the header has; none for any other."""
    sizes = _integers(index, store, _LONGSIZES)
    if not sizes:
        return []
    folders, bases = _strings(index, store, _DIRNAMES), _strings(index, store, _BASENAMES)
    places, modes, times, inodes, devices = (
        _integers(index, store, tag) for tag in (_DIRINDEXES, _MODES, _MTIMES, _INODES, _DEVICES)
    )
    last = {key: number for number, key in enumerate(zip(inodes, devices, strict=False))}
    bearers = set(last.values())  # of several hard links, only the last has its bytes in the payload
    files = []
    for number, (place, base, mode, size, time) in enumerate(
        zip(places, bases, modes, sizes, times, strict=False)
    ):
        path = text((folders[place] if place < len(folders) else b"") + base)
        kind = stat.S_IFMT(mode & 0xFFFF)
        bears = kind == stat.S_IFLNK or (kind == stat.S_IFREG and (number in bearers or not last))
        files.append(File(path, mode, size if bears else 0, time))
    return files


CONTAINER = Container("rpm", read, magics=(MAGIC,), artifact=True, payload=True)
