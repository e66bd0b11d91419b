"""DWARF: who produced each compilation unit, in which language, with which flags.

Surface `elf.dwarf.producer`: `PRODUCER | LANGUAGE`, such as `GNU C17 12.2.0 | C11`,
`clang version 18.1.8 | C_plus_plus_14`, `clang LLVM (rustc version 1.95.0 (59807616e 2026-04-14)) | Rust`; with no
` | LANGUAGE` where the unit tells none. LANGUAGE is the standard's name without DW_LANG_. `times` counts units, and
`extra` holds the flags that stood in the producer (-grecord-gcc-switches, -grecord-command-line) or in
DW_AT_APPLE_flags. Fact `dwarf.units`: the units that were read; `dwarf.partial=yes` when there are more.

Only the first entry of each unit is read. Source: DWARF 2 to 5, sections 7.5 and 7.5.6, and the GNU split extension.
"""

from struct import unpack_from
from typing import NamedTuple

from builtby.formats import elf_names
from builtby.formats.base import Reading
from builtby.formats.dwarf_abbrev import Abbreviations, Entry, Value
from builtby.formats.elf_image import ET_REL, SHF_COMPRESSED, SHT_NOBITS, Image, Section
from builtby.formats.elf_relocations import Relocations

DEBUG_INFO = frozenset((".debug_info", ".zdebug_info", ".debug_info.dwo"))
"""Sections without one of which there is nothing to read."""
MOST_UNITS = 20_000
_MOST_READ = 1000
"""Units whose first entry is read; of more, an even sample is taken."""
_MOST_INFO = 16 << 20
"""Bytes of a compressed .debug_info that are inflated."""
_MOST_STRINGS = 16 << 20
_MOST_ABBREVIATIONS = 8 << 20
_HEAD = 512
"""Bytes of a unit that hold its header and, in practice, the producer in its first entry."""
_LONGEST_PRODUCER = 4096
_MOST_FLAGS = 128
_MOST_WORDS = 512
_PRODUCER, _LANGUAGE, _OFFSETS_BASE, _LANGUAGE_NAME, _APPLE_FLAGS = 0x25, 0x13, 0x72, 0x90, 0x3FE2
_WANTED = frozenset((_PRODUCER, _LANGUAGE, _OFFSETS_BASE, _LANGUAGE_NAME, _APPLE_FLAGS))
_WITH_ARGUMENT = frozenset(("-D", "-U", "-I", "-arch", "-include", "-mllvm", "-target", "-Xclang", "--param"))
"""Flags whose argument may stand apart; other words are the names of files."""
_TYPE_UNITS = (2, 6)
_UNIT_WITH_ID = (4, 5)


class _Source:
    """A section's bytes by offset: of the file when they stand there plainly, else inflated once."""

    def __init__(self, image: Image, name: str, limit: int) -> None:
        section = image.section(f".debug_{name}") or image.section(f".zdebug_{name}")
        self.split = section is None and image.section(f".debug_{name}.dwo") is not None
        section = section or image.section(f".debug_{name}.dwo")
        self.section: Section | None = section if section and section.type != SHT_NOBITS else None
        self._image, self._limit, self._held = image, limit, b""
        self.size = 0
        self._start = -1
        if self.section is not None:
            packed = self.section.flags & SHF_COMPRESSED or self.section.name.startswith(".zdebug")
            self._start = -1 if packed else self.section.offset
            self.size = self.section.size if not packed else -1

    def read(self, offset: int, size: int) -> bytes:
        if self._start >= 0:
            return self._image.view.read(self._start + offset, min(size, self.size - offset))
        if self.size < 0:
            self._held = self._image.content(self.section, self._limit)
            self.size = len(self._held)
        return self._held[offset : offset + size]

    def text(self, offset: int, limit: int) -> bytes:
        """Return the string at `offset`, without its NUL. Most are short, and so are read first."""
        for size in (256, limit):
            raw, _, rest = self.read(offset, size).partition(b"\0")
            if rest or len(raw) < size:
                return raw
        return raw


class _Unit(NamedTuple):
    """The header of a unit. `wide` says that offsets have eight bytes."""

    start: int
    end: int
    entry: int
    version: int
    abbreviations: int
    address_size: int
    wide: bool
    plain: bool
    """Whether it holds code: a unit of types names its producer again, and would count twice."""


class Producers:
    """Reads the producers of one file."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._info = _Source(image, "info", _MOST_INFO)
        self._abbreviations = Abbreviations(_Source(image, "abbrev", _MOST_ABBREVIATIONS).read)
        self._strings = {name: _Source(image, name, _MOST_STRINGS) for name in ("str", "line_str", "str_offsets")}
        self._texts: dict[tuple[str, int], bytes] = {}
        object_file = image.type == ET_REL
        self._moved = Relocations(image, self._info.section) if object_file else None
        self._moved_offsets = Relocations(image, self._strings["str_offsets"].section) if object_file else None

    def add(self, reading: Reading) -> None:
        """Add the surfaces. A file whose debug information is broken gives what could be read before."""
        if self._info.section is None:
            return
        units, more = self._units()
        step = max(-(-len(units) // _MOST_READ), 1)
        found: dict[str, tuple[int, dict[str, None]]] = {}
        for unit in units[::step]:
            producer, flags = self._read(unit)
            if producer:
                times, known = found.get(producer, (0, {}))
                if len(known) < _MOST_FLAGS:
                    known |= dict.fromkeys(flags)
                found[producer] = (times + step, known)
        for producer, (times, known) in found.items():
            reading.add("elf.dwarf.producer", producer, self._info.section.offset, times, tuple(known)[:_MOST_FLAGS])
        reading.facts["dwarf.units"] = str(len(units))
        if more:
            reading.facts["dwarf.partial"] = "yes"

    def _units(self) -> tuple[list[_Unit], bool]:
        units: list[_Unit] = []
        at = 0
        for _ in range(MOST_UNITS):
            unit = self._header(at)
            if unit is None:
                return units, 0 <= at < self._info.size
            if unit.plain:
                units.append(unit)
            at = unit.end
        return units, at < self._info.size

    def _header(self, at: int) -> _Unit | None:
        raw = self._info.read(at, 48)
        if len(raw) < 12:
            return None
        order, wide, base = self._image.order, False, 4
        length = unpack_from(order + "I", raw)[0]
        if length == 0xFFFFFFFF:
            wide, base, length = True, 12, unpack_from(order + "Q", raw, 4)[0]
        end = at + base + length
        width = 8 if wide else 4
        if length < 7 or len(raw) < base + 4 + width + 9:
            return None
        version, kind, size = unpack_from(order + "H", raw, base)[0], raw[base + 2], raw[base + 3]
        if not 2 <= version <= 6:
            return None
        if version >= 5:
            entry = base + 4 + width + (8 if kind in _UNIT_WITH_ID else 0)
            where = base + 4
        else:
            where, entry, size, kind = base + 2, base + 3 + width, raw[base + 2 + width], 1
        abbreviations = unpack_from(order + ("Q" if wide else "I"), raw, where)[0]
        if self._moved is not None:
            abbreviations = self._moved.value(at + where, abbreviations)
        return _Unit(at, end, at + entry, version, abbreviations, size, wide, kind not in _TYPE_UNITS)

    def _read(self, unit: _Unit) -> tuple[str, tuple[str, ...]]:
        raw = self._info.read(unit.entry, min(_HEAD, unit.end - unit.entry))
        values = self._abbreviations.first(
            Entry(raw, unit.entry, self._image.order, unit.version, unit.address_size, unit.wide), unit.abbreviations,
            _WANTED,
        )
        base = values.get(_OFFSETS_BASE)
        default = 0 if unit.version < 5 else 16 if unit.wide else 8
        start = default
        if base is not None:
            start = self._moved.value(base.place, base.number) if self._moved is not None else base.number
        producer = self._text(values.get(_PRODUCER), unit, start)
        apple = self._text(values.get(_APPLE_FLAGS), unit, start)
        name, flags = split_producer(producer.decode("utf-8", "backslashreplace"))
        language = _language(values)
        shown = f"{name} | {language}" if name and language else name
        return shown, flags + split_flags(apple.decode("utf-8", "backslashreplace"))

    def _text(self, value: Value | None, unit: _Unit, base: int) -> bytes:
        if value is None or value.where is None:
            return b"" if value is None else value.raw
        table, offset = value.where, value.number
        if table == "str_offsets":
            width = 8 if unit.wide else 4
            place = base + offset * width
            raw = self._strings[table].read(place, width)
            if len(raw) < width:
                return b""
            table, offset = "str", unpack_from(self._image.order + ("Q" if unit.wide else "I"), raw)[0]
            if self._moved_offsets is not None:
                offset = self._moved_offsets.value(place, offset)
        elif self._moved is not None:
            offset = self._moved.value(value.place, offset)
        key = (table, offset)
        if key not in self._texts:
            self._texts[key] = self._strings[table].text(offset, _LONGEST_PRODUCER)
        return self._texts[key]


def _language(values: dict[int, Value]) -> str | None:
    if _LANGUAGE_NAME in values:
        return elf_names.LANGUAGE_NAMES.get(values[_LANGUAGE_NAME].number)
    return elf_names.LANGUAGES.get(values[_LANGUAGE].number) if _LANGUAGE in values else None


def split_producer(text: str) -> tuple[str, tuple[str, ...]]:
    """Part a producer from the command line that follows it: ` -flag …`, or ` /path/of/clang -flag …`."""
    cut = text.find(" -")
    path = text.find(" /")
    cut = min((at for at in (cut, path) if at >= 0), default=-1)
    if cut < 0:
        return text, ()
    return text[:cut], split_flags(text[cut + 1 :])


def split_flags(text: str) -> tuple[str, ...]:
    """Return the flags of a command line; an argument that stands apart (`-D X`) joins the flag before it."""
    flags: list[str] = []
    for word in text.split(" ")[:_MOST_WORDS]:
        if flags and flags[-1] in _WITH_ARGUMENT:
            flags[-1] += f" {word}"
        elif word.startswith("-"):
            flags.append(word)
    return tuple(flags)


def read_producers(image: Image, reading: Reading) -> None:
    """Add `elf.dwarf.producer`."""
    Producers(image).add(reading)
