"""Which bytes of an ELF file are worth a search: data that a program reads, and the names of its symbols."""

from builtby.formats.base import Reading, Region
from builtby.formats.elf_image import (
    ET_CORE,
    PF_W,
    PF_X,
    PT_LOAD,
    SHF_ALLOC,
    SHF_COMPRESSED,
    SHF_EXECINSTR,
    SHT_PROGBITS,
    SHT_STRTAB,
    Image,
)

_BARREN = (
    ".eh_frame", ".gcc_except_table", ".gopclntab", ".data.rel.ro.gopclntab", ".interp", ".got", ".plt", ".typelink",
    ".itablink", ".gnu.", ".hash", ".sframe", ".opd", "__patchable_function_entries", ".ctors", ".dtors", ".jcr",
    ".note", ".ARM.ex", ".orc_", ".altinstr", ".rela", ".stapsdt", "__jump_table", "__mcount_loc", ".tm_clone_table",
)
"""Loaded sections that are no code, and yet hold no text: their names begin so."""
_GAP = 8192
"""Ranges this near to each other are searched as one: a second start costs more than the bytes between."""
_MOST_REGIONS = 64
_LEAST = 8
"""Fewer bytes hold no mark."""
_OVERLAY_END = 64 << 10
_LARGE, _LAST = 64 << 10, 4096
"""A large section that is not loaded may be an archive that was put there (PyInstaller's): its index is at its end."""
_DESCRIPTIONS = (".debug", ".zdebug", ".gnu", ".comment", ".note", ".symtab", ".stab", ".llvm", ".rela", ".gdb_index")


def add_regions(image: Image, reading: Reading, overlay: tuple[int, int]) -> None:
    """Add the regions `elf.data` and `elf.symbols`; `overlay` is the (offset, size) of what follows the image."""
    if image.type == ET_CORE:
        return
    data, symbols = _from_sections(image)
    if not image.rows:
        data = _from_segments(image)
    offset, size = overlay
    if size > 2 * _OVERLAY_END:
        data += [(offset, _OVERLAY_END), (offset + size - _OVERLAY_END, _OVERLAY_END)]
    elif size > 0:
        data.append((offset, size))
    for kind, ranges in (("elf.data", data), ("elf.symbols", symbols)):
        reading.regions += [Region(kind, start, end - start) for start, end in merge(ranges, image.view.size)]


def _from_sections(image: Image) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    data: list[tuple[int, int]] = []
    symbols: list[tuple[int, int]] = []
    shape = SHF_ALLOC | SHF_EXECINSTR | SHF_COMPRESSED
    for kind, name, row in zip(image.types, image.names, image.rows, strict=True):
        if kind == SHT_PROGBITS:
            if row[2] & shape == SHF_ALLOC and not name.startswith(_BARREN):
                data.append((row[4], row[5]))
            elif not row[2] & shape and row[5] >= _LARGE and not name.startswith(_DESCRIPTIONS):
                data.append((row[4] + row[5] - _LAST, _LAST))
        elif kind == SHT_STRTAB and name != ".shstrtab":
            symbols.append((row[4], row[5]))
    return data, symbols


def _from_segments(image: Image) -> list[tuple[int, int]]:
    """Without sections: the segments that are no code, or all when read-only data must stand among the code."""
    loads = [segment for segment in image.segments if segment.type == PT_LOAD and segment.size]
    apart = any(not segment.flags & (PF_X | PF_W) and segment.offset for segment in loads)
    return [(s.offset, s.size) for s in loads if not (apart and s.flags & PF_X)]


def merge(ranges: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Return (start, end) of ranges of (offset, size): sorted, cut to the file, neighbours joined."""
    merged: list[tuple[int, int]] = []
    for offset, length in sorted(ranges):
        end = min(offset + length, size)
        if end <= offset:
            continue
        if merged and (offset - merged[-1][1] <= _GAP or len(merged) >= _MOST_REGIONS):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((offset, end))
    return [(start, end) for start, end in merged if end - start >= _LEAST]
