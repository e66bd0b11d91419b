"""Portable Executable: programs, libraries, drivers and firmware modules of Windows and UEFI.

Surfaces (see the helper modules for more of each):

- `pe.layout`: what linkers do each in their way, on one line:
  `linker=14.00 stub=0x78 rich=no debug=pdb text=This program cannot … sections=.text .rdata …`
- `pe.linker`: the optional header's linker version, `14.44`.
- `pe.rich` (pe_rich), `pe.debug*` (pe_debug), `pe.version_info`, `pe.manifest`, `pe.resource` (pe_resources),
  `pe.imports`, `pe.exports.name`, `pe.section`, `pe.tls` (number of callbacks), `pe.dwarf.producer` (dwarf_sections),
  `go.buildinfo*` (gobuildinfo), `dotnet.*` (dotnet), `upx.*` (upx).

Regions: `pe.data` (sections that hold data), `pe.symbols` (the COFF symbol table, and its strings).

Facts: `class`, `machine`, `type` (`executable`, `shared`, `dos-executable`), `os` (`windows`, `uefi`, …),
`subsystem`, `linker`, `rich`, `rich.unmarked`, `stripped`, `debug` (`dwarf`, `pdb`, `no`), `clr=yes`, `overlay`, and
those of golinked.
"""

from struct import unpack_from

from builtby.formats.base import Format, Reading, Region
from builtby.formats.dotnet import read_dotnet
from builtby.formats.dwarf_sections import read_dwarf
from builtby.formats.elf_regions import merge
from builtby.formats.gobuildinfo import read_buildinfo
from builtby.formats.golinked import add_linked
from builtby.formats.gopclntab import follow
from builtby.formats.pe_debug import read_debug
from builtby.formats.pe_image import CLR, EXPORT, IMPORT, MEM_EXECUTE, MEM_WRITE, TLS, Image, open_image
from builtby.formats.pe_resources import read_resources
from builtby.formats.pe_rich import read_rich
from builtby.formats.pe_wants import wants
from builtby.formats.upx import MAGIC as UPX_MAGIC
from builtby.formats.upx import read_upx
from builtby.sources.view import View

_SUBSYSTEMS = {1: "native", 2: "gui", 3: "console", 5: "os2", 7: "posix", 9: "windows-ce", 14: "xbox", 16: "boot"}
_FIRMWARE = {10: "efi-application", 11: "efi-boot-driver", 12: "efi-runtime-driver", 13: "efi-rom"}
_DLL = 0x2000
_MOST_IMPORTS = 256
_MOST_SYMBOLS = 4096
_MOST_CALLBACKS = 64
_BARREN = (".pdata", ".reloc", ".rsrc", ".xdata", ".idata", ".edata", ".tls", ".CRT", ".gfids", ".eh_fram", "_RDATA",
           ".debug", ".zdebug", ".symtab", ".voltbl", ".retplne", ".a64xrm", ".hexpthk", "UPX0", ".didat")
"""Sections whose names begin so hold no text that a tool left."""
_OVERLAY_END = 64 << 10
_UPX_WITHIN = 1024
"""UPX writes its header behind the section headers."""


def read(view: View, path: str) -> Reading:
    """Return what stands in a file that starts with MZ and holds a PE header."""
    reading = Reading("pe")
    image = open_image(view)
    if image is None:
        if _signature(view) in (b"", b"PE\0\0"):
            reading.problem = "the PE header is truncated or not valid"
        else:
            reading.facts["type"] = "dos-executable"
        return reading
    unmarked = read_rich(view, image.start - 4, image.linker, reading)
    if reading.facts.get("rich.unmarked") == "most" and unmarked in _import_objects(image):
        reading.facts["rich.unmarked"] = "imports"
    embedded = read_debug(image, reading)
    _read_names(image, reading)
    read_resources(image, reading)
    if image.directory(CLR)[1]:
        read_dotnet(image, embedded, reading)
    _read_go(image, reading)
    if UPX_MAGIC in view.read(image.start, _UPX_WITHIN):
        read_upx(view, reading)
    read_dwarf(view, image.bits, "<", dwarf_sections(image), reading)
    _tell_facts(image, reading)
    _add_layout(image, reading)
    _add_regions(image, reading)
    return reading


def _signature(view: View) -> bytes:
    return view.read(int.from_bytes(view.read(60, 4), "little"), 4)


def _read_names(image: Image, reading: Reading) -> None:
    for section in image.sections:
        reading.add("pe.section", section.name, section.offset)
    for name, place in imported(image):
        reading.add("pe.imports", name, place)
    offset, size = image.directory(EXPORT)
    raw = image.view.read(offset, 16) if size >= 40 else b""
    if len(raw) == 16:
        name = image.text_at(unpack_from("<I", raw, 12)[0])
        if name:
            reading.add("pe.exports.name", name, offset)
    callbacks = _callbacks(image)
    if callbacks:
        reading.add("pe.tls", str(callbacks))


def imported(image: Image) -> list[tuple[bytes, int]]:
    """Return the names of the libraries that are linked to, with the offsets of the entries that name them."""
    offset, size = image.directory(IMPORT)
    raw = image.view.read(offset, min(max(size, 20), _MOST_IMPORTS * 20))
    names = []
    for at in range(0, len(raw) - 19, 20):
        address = unpack_from("<I", raw, at + 12)[0]
        name = image.text_at(address, 256) if address else b""
        if not name:
            break
        names.append((name, offset + at))
    return names


def _import_objects(image: Image) -> set[int]:
    """Return how many objects GNU's import library of each library counts as: one a symbol, a head and a tail."""
    offset, size = image.directory(IMPORT)
    raw = image.view.read(offset, min(size, _MOST_IMPORTS * 20))
    width, counts = image.bits // 8, set()
    for at in range(0, len(raw) - 19, 20):
        names = image.at(unpack_from("<I", raw, at)[0], _MOST_SYMBOLS * width)
        places = range(0, len(names) - width + 1, width)
        end = next((place for place in places if not any(names[place : place + width])), len(names))
        counts.add(end // width + 2)
    return counts - {2}


def _callbacks(image: Image) -> int:
    offset, size = image.directory(TLS)
    width = image.bits // 8
    raw = image.view.read(offset, 4 * width) if size else b""
    base = _image_base(image)
    if len(raw) < 4 * width or base is None:
        return 0
    table = int.from_bytes(raw[3 * width :], "little") - base
    entries = image.at(table, _MOST_CALLBACKS * width) if table > 0 else b""
    values = [entries[at : at + width] for at in range(0, len(entries) - width + 1, width)]
    return next((index for index, value in enumerate(values) if not any(value)), len(values))


def _image_base(image: Image) -> int | None:
    raw = image.view.read(image.start + 20 + (24 if image.bits == 64 else 28), image.bits // 8)
    return int.from_bytes(raw, "little") if len(raw) == image.bits // 8 else None


def _read_go(image: Image, reading: Reading) -> None:
    """Go's blob begins the first section that is written to; other programs mostly have none there."""
    writable = [s for s in image.sections if s.flags & MEM_WRITE and s.size and not s.flags & MEM_EXECUTE][:1]
    base = _image_base(image) or 0
    ranges = [(section.offset, min(section.size, 64 << 10)) for section in writable]
    if read_buildinfo(image.view, ranges, lambda address, size: image.at(address - base, size), reading):
        data = [(section.offset, section.size) for section in image.sections if not section.flags & MEM_EXECUTE]
        add_linked(reading, image.view, [data], "windows")


def dwarf_sections(image: Image) -> list[tuple[str, int, int]]:
    """Return (name, offset, size) of the sections that hold debug information, without the padding behind it."""
    return [(s.name, s.offset, min(s.size, s.virtual_size or s.size)) for s in image.sections
            if s.name.startswith(".debug_")]


def _tell_facts(image: Image, reading: Reading) -> None:
    facts = reading.facts
    facts["class"], facts["machine"] = str(image.bits), image.machine_name
    facts["type"] = "shared" if image.flags & _DLL else "executable"
    facts["subsystem"] = (_SUBSYSTEMS | _FIRMWARE).get(image.subsystem, f"subsystem-{image.subsystem}")
    facts["os"] = "uefi" if image.subsystem in _FIRMWARE else image.system or "windows"
    if image.linker is not None:
        facts["linker"] = image.linker_version
    facts["stripped"] = "no" if image.strings()[1] else "yes"
    dwarf = any(section.name in (".debug_info", ".zdebug_info") for section in image.sections)
    pdb = any(surface.kind == "pe.debug.pdb" for surface in reading.surfaces)
    facts["debug"] = "dwarf" if dwarf else "pdb" if pdb else "no"
    if image.directory(CLR)[1]:
        facts["clr"] = "yes"
    size = _overlay(image)[1]
    if size:
        facts["overlay"] = str(size)


def _overlay(image: Image) -> tuple[int, int]:
    end = max((section.offset + section.size for section in image.sections), default=0)
    strings, size = image.strings()
    end = max(end, strings + size)
    if len(image.directories) > 4 and image.directories[4][0] == end:  # the signature: its "address" is an offset
        end += image.directories[4][1]
    return end, max(image.view.size - end, 0) if end else 0


def _add_layout(image: Image, reading: Reading) -> None:
    linker = image.linker_version
    if image.linker is not None:
        reading.add("pe.linker", linker, image.start + 22)
    stub = image.view.read(64, min(image.start - 4, 512) - 64)
    begin = stub.find(b"This")
    text = stub[begin:].partition(b"$")[0] if begin >= 0 else b""
    names = " ".join(dict.fromkeys(section.name for section in image.sections))
    rich = "no" if reading.facts["rich"] == "none" else "yes"
    shown = text.decode("latin-1").encode("unicode_escape").decode()
    reading.add("pe.layout", f"linker={linker} stub={image.start - 4:#x} rich={rich} debug={reading.facts['debug']}"
                             f" text={shown} sections={names}", 0)


def _add_regions(image: Image, reading: Reading) -> None:
    data = [(s.offset, s.size) for s in image.sections if not s.flags & MEM_EXECUTE and not s.name.startswith(_BARREN)]
    end, size = _overlay(image)
    if size > 2 * _OVERLAY_END:
        data += [(end, _OVERLAY_END), (end + size - _OVERLAY_END, _OVERLAY_END)]
    elif size:
        data.append((end, size))
    reading.regions += [Region("pe.data", start, stop - start) for start, stop in merge(data, image.view.size)]
    strings, length = image.strings()
    if length:  # short names stand in the table itself
        reading.regions.append(Region("pe.symbols", image.symbols, strings + length - image.symbols))


def _is_pe(path: str, head: bytes) -> bool:
    place = int.from_bytes(head[60:64], "little") if len(head) >= 64 else 0
    return head[place : place + 4] == b"PE\0\0" or place + 4 > len(head) > 64


FORMAT = Format("pe", read, magics=(b"MZ",), accepts=_is_pe, wants=wants, follow=follow)
