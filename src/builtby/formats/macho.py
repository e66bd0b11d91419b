"""Mach-O: programs, libraries, bundles and objects of Apple's systems, thin or universal.

Surfaces, of every slice:

- `macho.build_version`: `platform=macos minos=11.0 sdk=14.5 tool=ld:1167.5.0`, one a tool; `tool=none` without any.
- `macho.version_min` (`platform=macos minos=10.9 sdk=12.3`), `macho.source_version` (`1167.5`), `macho.uuid`.
- `macho.dylib` (`PATH current=1.0.0 compatible=1.0.0`), `macho.id`, `macho.rpath`, `macho.linker_option`.
- `macho.layout`: `type=shared machine=aarch64 tool=ld commands=build_version … sections=__TEXT,__text …`, on one line.
- `macho.objc_imageinfo` (`flags=0x40 swift_abi=7 swift_version=5.10`), `macho.info_plist` (`DTXcode=1540`).
- `macho.cmdline`: the compiler's command line beside embedded bitcode.
- `macho.dwarf.producer` (dwarf_sections), `go.buildinfo*` (gobuildinfo), `upx.*` (upx).

Regions: `macho.data`, `macho.symbols`.
Facts: `class`, `machine` and `type` (of each slice, joined by blanks when they differ), `os`, `slices`, `bitcode`,
`stripped`, `debug`, and those of golinked.
"""

import re
from collections.abc import Iterator

from builtby.formats.base import Format, Reading, Region
from builtby.formats.dwarf_sections import read_dwarf
from builtby.formats.elf_regions import merge
from builtby.formats.gobuildinfo import read_buildinfo
from builtby.formats.golinked import add_linked
from builtby.formats.gopclntab import follow
from builtby.formats.macho_commands import PLATFORMS, read_commands
from builtby.formats.macho_image import FAT, FAT64, SYMTAB, THIN, Image, open_image, slices
from builtby.formats.macho_wants import wants
from builtby.formats.upx import MAGIC as UPX_MAGIC
from builtby.formats.upx import read_upx
from builtby.sources.view import View

_TYPES = {1: "object", 2: "executable", 4: "core", 5: "preload", 6: "shared", 7: "dylinker", 8: "bundle",
          9: "shared-stub", 10: "debug-symbols", 11: "kernel-extension", 12: "fileset"}
_PIE = 0x20_0000
_FIRST_JAVA = 45
"""A class file has the same magic as a universal file; behind it stands its version, 45 or more."""
_MOST_PLIST = 64 << 10
_UPX_WITHIN = 64
"""UPX writes its header as the last thing of the file."""
_PLIST = re.compile(rb"<key>((?:DT|LSMin|MinimumOS|CFBundleIdent|CFBundleVersion|BuildMachine)\w*)</key>\s*"
                    rb"<string>([^<]{1,200})</string>")
_BARREN = ("__unwind_info", "__eh_frame", "__gopclntab", "__gcc_except_tab", "__compact_unwind", "__stub_helper",
           "__got", "__la_symbol_ptr", "__nl_symbol_ptr", "__mod_init_func", "__typelink", "__itablink", "__bitcode",
           "__objc_const", "__objc_selrefs", "__apple_", "__debug_", "__init_offsets", "__thread_ptrs", "__swift5_")
"""Sections that are no code, and yet hold no text that a tool left: their names begin so."""


def read(view: View, path: str) -> Reading:
    """Return what stands in a Mach-O file, of all its slices."""
    reading = Reading("macho")
    starts = slices(view)
    images = [image for start in starts if (image := open_image(view, start)) is not None]
    if len(images) < len(starts) or not images:
        reading.problem = "a Mach-O header is truncated or not valid"
    elif any(image.truncated for image in images):
        reading.problem = "the load commands are truncated or not valid"
    for image in images:
        _read_image(image, reading)
    _read_functions(images, reading)
    if UPX_MAGIC in view.read(max(view.size - _UPX_WITHIN, 0), _UPX_WITHIN):
        read_upx(view, reading)
    if images:
        _tell_facts(images, reading)
        _add_regions(images, reading)
    return reading


def _read_image(image: Image, reading: Reading) -> None:
    read_commands(image, reading)
    _add_layout(image, reading)
    _read_imageinfo(image, reading)
    plist = image.section("__info_plist")
    if plist is not None:
        for match in _PLIST.finditer(image.content(plist, _MOST_PLIST)):
            reading.add("macho.info_plist", match[1] + b"=" + match[2], plist.offset + match.start())
    cmdline = image.section("__cmdline")
    if cmdline is not None and cmdline.segment == "__LLVM":
        reading.add("macho.cmdline", image.content(cmdline, 4096).replace(b"\0", b" ").strip(), cmdline.offset)
    blobs = [s for s in image.sections if s.name == "__go_buildinfo" and s.offset]
    read_buildinfo(image.view, [(s.offset, s.size) for s in blobs], image.at, reading)
    read_dwarf(image.view, image.bits, image.order, dwarf_sections(image), reading)


def _read_functions(images: list[Image], reading: Reading) -> None:
    if any(surface.kind == "go.buildinfo" for surface in reading.surfaces):
        ranges = [[(s.offset, s.size) for s in image.sections if s.name == "__gopclntab" and s.offset]
                  or [(s.offset, s.size) for s in image.sections if s.offset and not s.code] for image in images]
        add_linked(reading, images[0].view, ranges, "darwin")


def dwarf_sections(image: Image) -> list[tuple[str, int, int]]:
    """Return (name as in ELF, offset, size) of the sections that hold debug information."""
    return [(_elf_name(s.name), s.offset, s.size) for s in image.sections if s.segment == "__DWARF" and s.offset]


def _elf_name(name: str) -> str:
    """Sections are named in sixteen characters at most: `__debug_str_offs` is .debug_str_offsets."""
    name = name.replace("__", ".", 1)
    return ".debug_str_offsets" if name == ".debug_str_offs" else name


def _read_imageinfo(image: Image, reading: Reading) -> None:
    section = image.section("__objc_imageinfo") or image.section("__image_info")
    raw = image.content(section, 8) if section is not None else b""
    if section is None or len(raw) < 8:
        return
    flags = image.number(raw, 4)
    value = f"flags={flags & 0xFF:#x}"
    if flags >> 8:
        value += f" swift_abi={flags >> 8 & 0xFF} swift_version={flags >> 24}.{flags >> 16 & 0xFF}"
    reading.add("macho.objc_imageinfo", value, section.offset)


def type_of(image: Image) -> str:
    """Return the file's type; a program that may be loaded anywhere is `pie`."""
    name = _TYPES.get(image.type, f"type-{image.type}")
    return "pie" if name == "executable" and image.flags & _PIE else name


def _add_layout(image: Image, reading: Reading) -> None:
    names = " ".join(dict.fromkeys(f"{s.segment},{s.name}" for s in image.sections))
    numbers = " ".join(f"{number:x}" for number in dict.fromkeys(c.number & 0xFF for c in image.commands))
    value = f"type={type_of(image)} machine={image.machine} commands={numbers} sections={names}"
    reading.add("macho.layout", value, image.base)


def _tell_facts(images: list[Image], reading: Reading) -> None:
    def joined(values: Iterator[str]) -> str:
        return " ".join(dict.fromkeys(values))

    facts = reading.facts
    facts["class"] = joined(str(image.bits) for image in images)
    facts["machine"] = joined(image.machine for image in images)
    facts["type"] = joined(type_of(image) for image in images)
    platforms = joined(s.value.partition(" ")[0].removeprefix("platform=") for s in reading.surfaces
                       if s.kind in ("macho.build_version", "macho.version_min"))
    facts["os"] = platforms or PLATFORMS[1]
    if len(images) > 1:
        facts["slices"] = str(len(images))
    sections = [section for image in images for section in image.sections]
    facts["debug"] = "dwarf" if any(section.segment == "__DWARF" for section in sections) else "no"
    if any(section.segment == "__LLVM" for section in sections):
        facts["bitcode"] = "yes"


def _add_regions(images: list[Image], reading: Reading) -> None:
    data: list[tuple[int, int]] = []
    symbols: list[tuple[int, int]] = []
    for image in images:
        data += [(s.offset, s.size) for s in image.sections
                 if s.offset and not s.code and not s.name.startswith(_BARREN)]
        symbols += [(image.base + image.number(c.raw, 16), image.number(c.raw, 20))
                    for c in image.commands if c.number == SYMTAB]
    size = images[0].view.size
    for kind, ranges in (("macho.data", data), ("macho.symbols", symbols)):
        reading.regions += [Region(kind, start, end - start) for start, end in merge(ranges, size)]


def _is_macho(path: str, head: bytes) -> bool:
    if head[:4] != FAT:
        return len(head) >= 28 or head[:4] == FAT64
    return len(head) >= 8 and 0 < int.from_bytes(head[4:8], "big") < _FIRST_JAVA


FORMAT = Format("macho", read, magics=(FAT, FAT64, *THIN), accepts=_is_macho, wants=wants, follow=follow)
