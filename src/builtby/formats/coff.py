"""COFF: the objects that Windows' compilers write, and the members of their libraries.

Surfaces:

- `coff.compid`: `KIND VERSION prod=0x104 build=35228 objects=this`, as pe_rich describes it: the symbol `@comp.id`.
- `coff.compile`: `c++ Microsoft (R) Optimizing Compiler frontend=19.44.35228.0 backend=19.44.35228.0`: CodeView's
  record of the compiler.
- `coff.directives` (`.drectve`: what the compiler tells the linker), `coff.import` (`LIBRARY SYMBOL`), `pe.section`,
  `coff.dwarf.producer` (dwarf_sections).

Regions: `pe.data`, `pe.symbols`.
Facts: `type` (`object`, `import`, `ltcg-object`: without machine code until it is linked), `class`, `machine`, `os`.
"""

from struct import unpack_from

from builtby.formats.base import Format, Reading, Region
from builtby.formats.dwarf_sections import read_dwarf
from builtby.formats.elf_regions import merge
from builtby.formats.pe_image import MACHINES, MEM_EXECUTE, Image, read_headers, read_sections
from builtby.formats.pe_rich import describe
from builtby.sources.view import View

_ANONYMOUS = b"\0\0\xff\xff"
_BIG = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
_COMPILED = {0x014C, 0x01C4, 0x8664, 0xA641, 0xAA64}
_WIDE = {0x8664, 0xA641, 0xAA64}
_MOST_SYMBOLS = 1024
_MOST_SECTIONS = 4096
_MOST_SHOWN = 96
_MOST_DEBUG = 64 << 10
_MOST_RECORDS = 64
_SYMBOLS, _COMPILE3 = 0xF1, 0x113C
_LANGUAGES = {0: "c", 1: "c++", 2: "fortran", 3: "assembly", 4: "pascal", 10: "c#", 16: "hlsl", 17: "objective-c",
              18: "objective-c++", 19: "swift", 21: "rust", 22: "go", 68: "d"}


def read(view: View, path: str) -> Reading:
    """Return what stands in an object file, or in an import that stands for one."""
    reading = Reading("coff")
    if view.read(0, 4) == _ANONYMOUS:
        image = _read_anonymous(view, reading)
    else:
        image = Image(view, 0)
        if not read_headers(image):
            reading.problem = "the COFF header is truncated"
        reading.facts["type"] = "object"
    reading.facts |= {"machine": image.machine_name, "class": "64" if image.machine in _WIDE else "32", "os": "windows"}
    if reading.facts["type"] == "object":
        _read_object(image, reading)
    return reading


def _read_anonymous(view: View, reading: Reading) -> Image:
    """Read the header of those objects whose machine stands behind a signature that no plain object has."""
    image = Image(view, 0)
    raw = view.read(0, 56)
    version, image.machine = unpack_from("<HH", raw, 4) if len(raw) >= 8 else (0, 0)
    reading.facts["type"] = "import" if version == 0 else "ltcg-object"
    if version == 0:
        names = view.read(20, 1024).split(b"\0")
        if len(names) > 1:
            reading.add("coff.import", names[1] + b" " + names[0], 20)
    elif raw[12:28] == _BIG and len(raw) == 56:
        reading.facts["type"] = "object"
        count, image.symbols, image.symbol_count = unpack_from("<III", raw, 44)
        image.symbol_size = 20
        read_sections(image, 56, min(count, _MOST_SECTIONS))
    return image


def _read_object(image: Image, reading: Reading) -> None:
    places: dict[str, int] = {}
    for section in image.sections:
        places.setdefault(section.name, section.offset)
    for name, offset in list(places.items())[:_MOST_SHOWN]:
        reading.add("pe.section", name, offset)
    _read_compid(image, reading)
    directives = image.section(".drectve")
    if directives is not None:
        text = image.view.read(directives.offset, min(directives.size, 4096)).strip(b" \0")
        reading.add("coff.directives", text, directives.offset)
    debug = image.section(".debug$S")
    if debug is not None:
        _read_codeview(image.view.read(debug.offset, min(debug.size, _MOST_DEBUG)), debug.offset, reading)
    sections = [(s.name, s.offset, s.size) for s in image.sections if s.name.startswith(".debug_")]
    read_dwarf(image.view, 64 if image.machine in _WIDE else 32, "<", sections, reading)
    _add_regions(image, reading)


def _read_compid(image: Image, reading: Reading) -> None:
    """The symbol `@comp.id` is one of the first; its value is what the linker copies to the Rich header."""
    size = image.symbol_size
    raw = image.view.read(image.symbols, min(image.symbol_count, _MOST_SYMBOLS) * size) if image.symbols else b""
    at = raw.find(b"@comp.id")
    if at >= 0 and at % size == 0 and at + 12 <= len(raw):
        value = unpack_from("<I", raw, at + 8)[0]
        text = describe(value >> 16, value & 0xFFFF, None, own=True).replace("objects=linker", "objects=this")
        reading.add("coff.compid", text, image.symbols + at)


def _read_codeview(raw: bytes, offset: int, reading: Reading) -> None:
    """Find the compiler's record in the subsection of symbols. Source: LLVM's page on the CodeView symbol format."""
    at = 4
    for _ in range(_MOST_RECORDS):
        if at + 8 > len(raw):
            return
        kind, length = unpack_from("<II", raw, at)
        if kind == _SYMBOLS:
            _read_symbols(raw[at + 8 : at + 8 + length], offset + at + 8, reading)
        at += 8 + (length + 3 & ~3)


def _read_symbols(raw: bytes, offset: int, reading: Reading) -> None:
    at = 0
    for _ in range(_MOST_RECORDS):
        if at + 4 > len(raw):
            return
        length, kind = unpack_from("<HH", raw, at)
        if kind == _COMPILE3 and at + 26 <= len(raw) and length > 24:
            numbers = unpack_from("<8H", raw, at + 10)
            name = raw[at + 26 : at + 2 + length].partition(b"\0")[0].decode("utf-8", "backslashreplace")
            front, back = (".".join(map(str, numbers[i : i + 4])) for i in (0, 4))
            language = _LANGUAGES.get(raw[at + 4], f"language-{raw[at + 4]}")
            reading.add("coff.compile", f"{language} {name} frontend={front} backend={back}", offset + at)
            return
        at += max(length, 2) + 2


def _add_regions(image: Image, reading: Reading) -> None:
    data = [(s.offset, s.size) for s in image.sections if s.offset and not s.flags & MEM_EXECUTE
            and not s.name.startswith((".debug", ".pdata", ".xdata", ".drectve"))]
    reading.regions += [Region("pe.data", start, end - start) for start, end in merge(data, image.view.size)]
    strings, length = image.strings()
    if length:
        reading.regions.append(Region("pe.symbols", strings, length))


def _is_object(path: str, head: bytes) -> bool:
    if len(head) < 20:
        return False
    if head[:4] == _ANONYMOUS:
        return int.from_bytes(head[6:8], "little") in MACHINES
    machine, count, _, _, _, optional, _ = unpack_from("<HHIIIHH", head)
    name = head[20:28].rstrip(b"\0")
    plain = name[:1] in (b".", b"/") and name.isascii() and name.decode("ascii").isprintable()
    return machine in _COMPILED and 0 < count < 0x8000 and not optional and plain


FORMAT = Format("coff", read, (*(number.to_bytes(2, "little") for number in sorted(_COMPILED)), _ANONYMOUS),
                accepts=_is_object)
