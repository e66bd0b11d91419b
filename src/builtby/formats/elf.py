r"""ELF: programs, libraries, objects, kernel modules, of every machine; with section headers or without.

Surfaces (see the helper modules for more of each):

- `elf.comment`: each string of `.comment`, in the order of the file; `times` counts repetitions.
- `elf.sections`: the different section names, joined by blanks, in the order of the file.
- `elf.note.*` (elf_notes), `elf.interp`, `elf.needed`, `elf.soname`, `elf.rpath`, `elf.version_need` (elf_dynamic).
- `elf.segments`, `elf.tail`, `elf.layout` (elf_layout); `elf.appimage`: `type 2`.
- `elf.annobin` (elf_annobin), `elf.cfi` (elf_frames), `upx.*` (upx), and what elf_sections finds in sections that are
  marks by themselves.
- `elf.dwarf.producer` (elf_dwarf), `go.buildinfo*` (gobuildinfo).

Facts:

- `class` (`32`, `64`), `endian` (`little`, `big`), `machine`;
- `os`: `linux-gnu`, `linux-musl`, `android`, `freebsd` …; Go's own word, `linux`, when nothing else tells;
- `type`: `executable`, `pie`, `shared`, `object`, `core`, `debug` (debug information apart from its program), `other`;
- `linking` (`static`, `dynamic`), `needed` (the libraries asked for, joined by blanks), `libc` (`glibc`, `musl`,
  `bionic`, `uclibc`);
- `stripped` (`yes`, `no`), `debug` (`dwarf`, `no`), `sections=none`, `overlay` (bytes behind the image);
- `hash=both` (two hash tables of symbols, the old and GNU's: what the linker was asked for, by whoever called it);
- `go.pclntab` (`yes`, `no`; with section headers only), `patched=yes` (elf_layout), `packed=upx`, and those of
  elf_dwarf, elf_annobin, elf_frames and golinked.
"""

from itertools import compress

from builtby.formats import elf_names
from builtby.formats.base import Format, Reading, Surface
from builtby.formats.elf_annobin import read_annobin
from builtby.formats.elf_dwarf import DEBUG_INFO, read_producers
from builtby.formats.elf_dynamic import Dynamic, read_dynamic
from builtby.formats.elf_frames import read_frames
from builtby.formats.elf_image import (
    ET_CORE,
    ET_DYN,
    ET_EXEC,
    ET_REL,
    MAGIC,
    PF_W,
    PT_LOAD,
    SHT_NOBITS,
    SHT_SYMTAB,
    Image,
    open_image,
)
from builtby.formats.elf_layout import read_layout
from builtby.formats.elf_notes import read_notes
from builtby.formats.elf_regions import add_regions
from builtby.formats.elf_sections import read_sections
from builtby.formats.elf_wants import follow, wants
from builtby.formats.gobuildinfo import read_buildinfo
from builtby.formats.golinked import add_linked
from builtby.formats.upx import MAGIC as UPX_MAGIC
from builtby.formats.upx import read_upx
from builtby.sources.view import View

_MOST_COMMENT = 256 << 10
_MOST_COMMENTS = 256
_MOST_NAMES, _LONGEST = 257, 4096
_UPX_WITHIN = 512
_LEAST_OVERLAY = 32
"""Fewer bytes behind the image are padding."""
_LONGEST_GO_STRING = 1 << 20
_APPIMAGES = (b"AI\x01", b"AI\x02")
"""What stands in the padding of the identification. Source: the AppImage specification, types 1 and 2."""
_TYPES = {ET_REL: "object", ET_EXEC: "executable", ET_DYN: "shared", ET_CORE: "core"}
_LIBC_INTERPRETERS = {"ld-musl": "musl", "ld-linux": "glibc", "ld64.so": "glibc", "ld.so.1": "glibc",
                      "linker": "bionic", "ld-uClibc": "uclibc"}
_LIBC_LIBRARIES = {"libc.so.6": "glibc", "libc.musl": "musl", "ld-linux": "glibc"}
_SYSTEMS = {"glibc": "linux-gnu", "musl": "linux-musl", "bionic": "android", "uclibc": "linux-uclibc"}


def read(view: View, path: str) -> Reading:
    """Return what stands in an ELF file."""
    reading = Reading("elf")
    image = open_image(view)
    if image is None:
        reading.problem = "the ELF header is truncated or not valid"
        return reading
    read_comment(image, reading)
    dynamic = read_dynamic(image, reading)
    read_notes(image, reading)
    _read_go(image, reading)
    if not image.rows or UPX_MAGIC in view.read(0, _UPX_WITHIN):
        read_upx(view, reading)
    if image.rows:
        read_sections(image, reading)
        read_annobin(image, reading)
        read_frames(image, reading)
        names = " ".join(dict.fromkeys(image.names[1:_MOST_NAMES]))
        reading.surfaces.append(Surface("elf.sections", names[:_LONGEST]))
    if not image.only_debug:
        read_layout(image, reading)
    if image.by_name.keys() & DEBUG_INFO:
        read_producers(image, reading)
    overlay = overlay_of(image)
    _tell_facts(image, dynamic, reading, overlay[1])
    add_regions(image, reading, overlay)
    reading.problem = image.problem
    if view.read(8, 3) in _APPIMAGES:
        reading.add("elf.appimage", f"type {view.read(10, 1)[0]}", 8)
        reading.problem = reading.problem or "an AppImage: the disk image behind the program is not opened"
    return reading


def read_comment(image: Image, reading: Reading) -> None:
    """Add `elf.comment`. The order tells: what stands first was linked first, and mostly is the crt's."""
    section = image.section(".comment")
    if section is None:
        return
    raw = image.content(section, _MOST_COMMENT)
    places: dict[bytes, list[int]] = {}
    at = 0
    for part in raw.split(b"\0"):
        if part:
            places.setdefault(part, [section.offset + at, 0])[1] += 1
        at += len(part) + 1
    for value, (offset, times) in list(places.items())[:_MOST_COMMENTS]:
        reading.add("elf.comment", value, offset, times)


def _read_go(image: Image, reading: Reading) -> None:
    section = image.section(".go.buildinfo")
    if section is not None:
        ranges = [(section.offset, section.size)]
    elif image.rows:
        _read_functions(image, reading, known=False)
        return
    else:
        ranges = [(s.offset, s.size) for s in image.segments if s.type == PT_LOAD and s.flags & PF_W][:1]

    def at(address: int, size: int) -> bytes:
        offset = image.offset_of(address)
        return b"" if offset is None else image.view.read(offset, min(size, _LONGEST_GO_STRING))

    known = read_buildinfo(image.view, ranges, at, reading)
    _read_functions(image, reading, known=known)
    settings = [setting for surface in reading.surfaces if surface.kind == "go.buildinfo" for setting in surface.extra]
    for setting in settings:
        if setting.startswith("GOOS="):
            reading.facts.setdefault("os", setting[5:])


def _read_functions(image: Image, reading: Reading, *, known: bool) -> None:
    """Tell which functions of Go's are linked. Other linkers than Go's may put the table into another section."""
    table = image.section(".gopclntab") or image.section(".data.rel.ro.gopclntab")
    if table is not None:
        ranges = [(table.offset, table.size)] if table.type != SHT_NOBITS else []
    elif known:
        ranges = [(segment.offset, segment.size) for segment in image.segments if segment.type == PT_LOAD]
    else:
        return
    add_linked(reading, image.view, [ranges], "unix")


def overlay_of(image: Image) -> tuple[int, int]:
    """Return (offset, size) of what follows the last thing that the headers know of; size 0 for nothing."""
    end = max([segment[2] + segment[4] for segment in image.segments], default=0)
    if image.rows:
        held = map(SHT_NOBITS.__ne__, image.types)
        last = max([row[4] + row[5] for row in compress(image.rows, held)], default=0)
        end = max(end, last, image.shoff + len(image.rows) * (64 if image.bits == 64 else 40))
    if not end or image.view.size - end < _LEAST_OVERLAY or (image.type == ET_REL and not image.rows):
        return 0, 0
    return end, max(image.view.size - end, 0)


def _tell_facts(image: Image, dynamic: Dynamic, reading: Reading, overlay: int) -> None:
    facts = reading.facts
    facts["class"] = str(image.bits)
    facts["endian"] = "little" if image.order == "<" else "big"
    facts["machine"] = elf_names.machine(image.machine, image.bits, image.order)
    facts["type"] = _type(image, dynamic)
    if image.type in (ET_EXEC, ET_DYN) and not image.only_debug:
        if dynamic.needed:
            facts["needed"] = " ".join(dynamic.needed)
        facts["linking"] = "dynamic" if dynamic.interpreter is not None or dynamic.needed else "static"
    if image.rows:
        facts["stripped"] = "no" if SHT_SYMTAB in image.types else "yes"
        dwarf = image.section(".debug_info") or image.section(".zdebug_info")
        facts["debug"] = "dwarf" if dwarf and dwarf.type != SHT_NOBITS else "no"
        table = image.section(".gopclntab") or image.section(".data.rel.ro.gopclntab")
        facts["go.pclntab"] = "yes" if table else "no"
        if image.section(".hash") and image.section(".gnu.hash"):
            facts["hash"] = "both"
    else:
        facts["sections"] = "none"
    if overlay:
        facts["overlay"] = str(overlay)
    _tell_system(image, dynamic, facts)


def _type(image: Image, dynamic: Dynamic) -> str:
    if image.only_debug:
        return "debug"
    if image.type == ET_DYN and (dynamic.pie or (dynamic.interpreter is not None and dynamic.soname is None)):
        return "pie"
    return _TYPES.get(image.type, "other")


def _tell_system(image: Image, dynamic: Dynamic, facts: dict[str, str]) -> None:
    libc = None
    if dynamic.interpreter is not None:
        name = dynamic.interpreter.rpartition("/")[2]
        libc = next((libc for start, libc in _LIBC_INTERPRETERS.items() if name.startswith(start)), None)
    for library in dynamic.needed if libc is None else ():
        libc = libc or next((libc for start, libc in _LIBC_LIBRARIES.items() if library.startswith(start)), None)
    if libc is not None:
        facts["libc"] = libc
        facts.setdefault("os", _SYSTEMS[libc])
        if libc == "musl":
            facts["os"] = "linux-musl"
    elif image.osabi in elf_names.OSABI:
        facts.setdefault("os", elf_names.OSABI[image.osabi])


FORMAT = Format("elf", read, magics=(MAGIC,), wants=wants, follow=follow)
