"""The bones of an ELF file: header, segments, sections. Every machine, both classes, both byte orders.

Source: System V ABI, chapters 4 and 5, and the GNU and Linux extensions of it. Nothing here raises on bad bytes.
"""

from operator import itemgetter
from struct import Struct
from typing import NamedTuple, cast

from builtby.sources.view import View

try:
    from isal import isal_zlib as zlib  # twice as fast; on all systems but Windows for ARM
except ImportError:
    import zlib  # type: ignore[no-redef]

MAGIC = b"\x7fELF"
MOST_SECTIONS = 200_000
MOST_SEGMENTS = 4096
MOST_NAMES = 8 << 20
"""Bytes of a table of section names that are read."""
LARGEST_INFLATED = 32 << 20
"""Bytes that a compressed section may become; what stands behind them is not looked at."""

ET_REL, ET_EXEC, ET_DYN, ET_CORE = 1, 2, 3, 4
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE = 1, 2, 3, 4
PT_GNU_EH_FRAME = 0x6474E550
PF_X, PF_W = 1, 2
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 1, 2, 3, 4, 7, 8, 9
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_COMPRESSED = 1, 2, 4, 0x800
_EXTENDED, _MANY_SEGMENTS = 0xFFFF, 0xFFFF

_HEADERS = {(b, o): Struct(o + ("HHIQQQIHHHHHH" if b == 64 else "HHIIIIIHHHHHH")) for b in (32, 64) for o in "<>"}
_SECTIONS = {(b, o): Struct(o + ("IIQQQQIIQQ" if b == 64 else "IIIIIIIIII")) for b in (32, 64) for o in "<>"}
_SEGMENTS = {(b, o): Struct(o + ("IIQQQQQQ" if b == 64 else "IIIIIIII")) for b in (32, 64) for o in "<>"}
_WORDS = {(s, o): Struct(o + ("Q" if s == 8 else "I")) for s in (4, 8) for o in "<>"}
_INFLATED = {(b, o): Struct(o + ("IIQQ" if b == 64 else "III")) for b in (32, 64) for o in "<>"}
_ZLIB_ERROR = cast("type[Exception]", zlib.error)


class Section(NamedTuple):
    """A section header; `size` is what the header claims."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


class Segment(NamedTuple):
    """A program header; `size` counts bytes of the file, `memory` bytes once loaded."""

    type: int
    flags: int
    offset: int
    address: int
    size: int
    memory: int
    align: int


class Image:
    """An ELF file's header and tables. `problem` says what of them could not be read."""

    __slots__ = ("_index", "_rows", "bits", "entry", "flags", "machine", "names", "order", "osabi", "phoff",
                 "problem", "segments", "shoff", "table", "type", "types", "view")

    def __init__(self, view: View, ident: bytes) -> None:
        self.view = view
        self.bits = 64 if ident[4] == 2 else 32
        self.order = ">" if ident[5] == 2 else "<"
        self.osabi = ident[7]
        self.problem: str | None = None
        self.segments: list[Segment] = []
        self.names: list[str] = []
        self.types: list[int] = []
        """Of each section: an object may have thousands, and what is asked of all is asked of this."""
        self.table = ""
        """The names of all sections, as they stand in the file: what is not in here, none is called."""
        self._rows: list[tuple[int, ...]] = []
        self._index: dict[str, int] = {}
        self.type = self.machine = self.flags = self.entry = self.phoff = self.shoff = 0

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        index = self._index.get(name)
        return None if index is None else self.section_at(index)

    def section_at(self, index: int) -> Section | None:
        """Return the section of that number; None when there is no such number."""
        if not 0 < index < len(self._rows):
            return None
        return Section(self.names[index], *self._rows[index][1:])

    @property
    def by_name(self) -> dict[str, int]:
        """The number of the first section of each name."""
        return self._index

    @property
    def rows(self) -> list[tuple[int, ...]]:
        """The raw section headers, in the order of `Section` but with the name's offset first."""
        return self._rows

    @property
    def only_debug(self) -> bool:
        """Whether this is what `objcopy --only-keep-debug` leaves: headers of a program whose code is elsewhere."""
        index = self._index.get(".text")
        return index is not None and self._rows[index][1] == SHT_NOBITS and self.type != ET_REL

    def content(self, section: Section | None, limit: int) -> bytes:
        """Return at most `limit` bytes of a section, inflated when it is compressed."""
        if section is None or section.type == SHT_NOBITS:
            return b""
        if section.flags & SHF_COMPRESSED:
            return self._inflate(section, limit)
        if section.name.startswith(".zdebug"):
            return inflate(self.view.read(section.offset + 12, min(section.size, _packed(limit))), limit)
        return self.view.read(section.offset, min(section.size, limit))

    def _inflate(self, section: Section, limit: int) -> bytes:
        header = _INFLATED[self.bits, self.order]
        raw = self.view.read(section.offset, min(section.size, _packed(limit)))
        if len(raw) < header.size:
            return b""
        kind = header.unpack_from(raw)[0]
        return inflate(memoryview(raw)[header.size :], limit, zstd=kind == 2)

    def offset_of(self, address: int) -> int | None:
        """Return the file offset of a virtual address; None when no byte of the file is loaded there."""
        for segment in self.segments:
            if segment.type == PT_LOAD and segment.address <= address < segment.address + segment.size:
                return address - segment.address + segment.offset
        return None

    def word(self, raw: bytes, offset: int = 0) -> int:
        """Return the address-sized number at `offset` of `raw`, 0 when it is not there."""
        form = _WORDS[self.bits // 8, self.order]
        return int(form.unpack_from(raw, offset)[0]) if 0 <= offset <= len(raw) - form.size else 0


def _packed(limit: int) -> int:
    """Return how many bytes surely inflate to `limit`: what cannot be packed grows a little."""
    return min(2 * limit + 4096, LARGEST_INFLATED)


def inflate(raw: bytes | memoryview, limit: int, *, zstd: bool = False) -> bytes:
    """Return at most `limit` bytes of a zlib or Zstandard stream; what could be read of a broken one."""
    limit = min(limit, LARGEST_INFLATED)
    try:
        return _unzstd(raw, limit) if zstd else zlib.decompressobj().decompress(raw, limit)
    except (_ZLIB_ERROR, EOFError, ValueError):
        return b""


def _unzstd(raw: bytes | memoryview, limit: int) -> bytes:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    try:
        return zstd.ZstdDecompressor().decompress(raw, limit)
    except zstd.ZstdError:
        return b""


_TYPE = itemgetter(1)


def open_image(view: View) -> Image | None:
    """Return the image of an ELF file, or None when even its header is not there."""
    head = view.read(0, 64)
    if len(head) < 52 or head[:4] != MAGIC or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    image = Image(view, head)
    form = _HEADERS[image.bits, image.order]
    if len(head) < 16 + form.size:
        return None
    fields = form.unpack_from(head, 16)
    image.type, image.machine, _, image.entry, image.phoff, image.shoff, image.flags = fields[:7]
    _, segment_size, segments, section_size, sections, names = fields[7:]
    if image.shoff:
        zero = _read_sections(image, section_size, sections, names)
        segments = zero[7] if segments == _MANY_SEGMENTS and zero else segments
    if image.phoff and segments:
        _read_segments(image, segment_size, segments)
    return image


def _read_sections(image: Image, entry: int, count: int, names: int) -> tuple[int, ...] | None:
    """Fill in the sections; return the first header, in which large counts are kept."""
    form = _SECTIONS[image.bits, image.order]
    zero = None
    if entry != form.size:
        image.problem = "section headers of an unknown size"
        return None
    if count == 0 or names == _EXTENDED:
        raw = image.view.read(image.shoff, form.size)
        zero = form.unpack(raw) if len(raw) == form.size else None
        count = count or (zero[5] if zero else 0)
        names = zero[6] if zero and names == _EXTENDED else names
    raw = image.view.read(image.shoff, min(count, MOST_SECTIONS) * form.size)
    rows = list(form.iter_unpack(raw[: len(raw) - len(raw) % form.size]))
    if len(rows) < count:
        image.problem = "section headers lie beyond the end of the file"
    image._rows = rows
    image.types = list(map(_TYPE, rows))
    _name_sections(image, names)
    return zero or (rows[0] if rows else None)


def _name_sections(image: Image, names: int) -> None:
    rows = image._rows
    table = ""
    if 0 < names < len(rows) and rows[names][1] != SHT_NOBITS:
        table = image.view.read(rows[names][4], min(rows[names][5], MOST_NAMES)).decode("latin-1")
    image.table = table = table + "\0"
    find = table.find
    image.names = [table[row[0] : find("\0", row[0])] for row in rows]
    # The first of a name wins: the reversed order lets later assignments be the earlier sections.
    image._index = dict(zip(reversed(image.names), range(len(rows) - 1, -1, -1), strict=True))


def _read_segments(image: Image, entry: int, count: int) -> None:
    form = _SEGMENTS[image.bits, image.order]
    if entry != form.size:
        image.problem = image.problem or "program headers of an unknown size"
        return
    raw = image.view.read(image.phoff, min(count, MOST_SEGMENTS) * form.size)
    found = form.iter_unpack(raw[: len(raw) - len(raw) % form.size])
    if image.bits == 64:
        image.segments = [Segment(t, f, o, v, s, m, a) for t, f, o, v, _, s, m, a in found]
    else:
        image.segments = [Segment(t, f, o, v, s, m, a) for t, o, v, _, s, m, f, a in found]
    if len(image.segments) < min(count, MOST_SEGMENTS):
        image.problem = image.problem or "program headers lie beyond the end of the file"
