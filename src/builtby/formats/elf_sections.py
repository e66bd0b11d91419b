"""Sections of which the content, or the mere presence, is a mark.

Surfaces:

- `elf.gcc_command_line`: the command lines that `-frecord-gcc-switches` leaves; `elf.lto`: the sort of intermediate
  code (`gnu`, `llvm`), `times` counting its sections; `bitcode.producer` of the latter; `elf.llvm_command_line`
  (`.llvmcmd`).
- `elf.debuglink` (file name), `elf.debugaltlink`, `elf.fpcdata`, `elf.dlang_minfo`,
  `elf.modinfo` (a kernel module's `vermagic=…`), `elf.swift` (presence of Swift's metadata).
- `elf.cargo_auditable`: `packages=COUNT`, from `.dep-v0`, the compressed JSON that cargo-auditable puts in.
"""

from builtby.formats.base import Reading
from builtby.formats.bitcode import identification
from builtby.formats.elf_image import Image, Section, inflate

_MOST_TEXT = 8192
_MOST_LINES = 64
_MOST_AUDITED = 4 << 20
_TEXTS = {
    ".GCC.command.line": "elf.gcc_command_line",
    ".llvmcmd": "elf.llvm_command_line",
    ".fpcdata": "elf.fpcdata",
    ".fpc.version": "elf.fpcdata",
    "fpc.resources": "elf.fpcdata",
}
"""Sections whose strings are surfaces, one each."""
_FIRST_STRING = {".gnu_debuglink": "elf.debuglink", ".gnu_debugaltlink": "elf.debugaltlink"}
_PRESENCE = {"minfo": "elf.dlang_minfo", "__minfo": "elf.dlang_minfo", "swift5_typeref": "elf.swift"}
_BITCODE = (".llvmbc", ".llvm.lto")
_GNU_LTO = (".gnu.lto_", ".gnu.debuglto_")
_LTO_STARTS = _GNU_LTO + _BITCODE
_KNOWN = frozenset((*_TEXTS, *_FIRST_STRING, *_PRESENCE, *_BITCODE, ".modinfo", ".dep-v0"))


def read_sections(image: Image, reading: Reading) -> None:
    """Add the surfaces."""
    lto: dict[str, int] = {}
    for name in sorted(_KNOWN & image.by_name.keys()):
        kind = _TEXTS.get(name) or _FIRST_STRING.get(name)
        if kind is not None:
            _add_strings(image, reading, kind, image.section(name), only_first=name in _FIRST_STRING)
        elif name in _PRESENCE:
            reading.add(_PRESENCE[name], name)
        elif name in _BITCODE:
            _add_bitcode(image, reading, image.section(name))
        elif name == ".modinfo":
            _add_modinfo(image, reading, image.section(name))
        elif name == ".dep-v0":
            _add_audited(image, reading, image.section(name))
    for name in image.names if any(start in image.table for start in _LTO_STARTS) else ():
        if name.startswith(_LTO_STARTS):
            sort = "gnu" if name.startswith(_GNU_LTO) else "llvm"
            lto[sort] = lto.get(sort, 0) + 1
    for sort, times in lto.items():
        reading.add("elf.lto", sort, times=times)


def _add_strings(image: Image, reading: Reading, kind: str, section: Section | None, *, only_first: bool) -> None:
    if section is None:
        return
    at = section.offset
    for part in image.content(section, _MOST_TEXT).split(b"\0")[: 1 if only_first else _MOST_LINES]:
        if len(part) > 3:
            reading.add(kind, part, at)
        at += len(part) + 1


def _add_bitcode(image: Image, reading: Reading, section: Section | None) -> None:
    producer = identification(image.content(section, _MOST_TEXT))[0]
    if producer and section:
        reading.add("bitcode.producer", producer, section.offset)


def _add_modinfo(image: Image, reading: Reading, section: Section | None) -> None:
    for part in image.content(section, _MOST_TEXT).split(b"\0"):
        if part.startswith(b"vermagic="):
            reading.add("elf.modinfo", part, section.offset if section else None)


def _add_audited(image: Image, reading: Reading, section: Section | None) -> None:
    if section is None:
        return
    packages = inflate(image.content(section, _MOST_AUDITED), _MOST_AUDITED).count(b'"source":')
    reading.add("elf.cargo_auditable", f"packages={packages}", section.offset)
