"""The frame of a Mach-O file: the slices of a universal file, each with its header, load commands and sections.

Source: Apple's headers mach-o/loader.h, mach-o/fat.h and mach/machine.h. All offsets given here are from the
beginning of the whole file, also those of a slice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from
from typing import NamedTuple

from builtby.sources.view import View

FAT, FAT64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
THIN = {b"\xfe\xed\xfa\xce": (">", 32), b"\xce\xfa\xed\xfe": ("<", 32), b"\xfe\xed\xfa\xcf": (">", 64),
        b"\xcf\xfa\xed\xfe": ("<", 64)}
"""Byte order and class by magic."""
MOST_SLICES = 16
_MOST_COMMANDS = 4096
_MOST_COMMAND_BYTES = 1 << 20
_MOST_SECTIONS = 512

_MACHINES = {7: "x86", 0x0100_0007: "x86-64", 12: "arm", 0x0100_000C: "aarch64", 0x0200_000C: "arm64_32", 18: "ppc",
             0x0100_0012: "ppc64", 6: "m68k", 11: "hppa", 14: "sparc", 8: "mips"}
_ARM64E = (0x0100_000C, 2)
SEGMENT, SEGMENT_64, SYMTAB = 0x1, 0x19, 0x2
_ZEROFILL = (1, 12, 18)
_CODE = 0x8000_0400
"""Section attributes: only instructions, some instructions."""


class Command(NamedTuple):
    """A load command: its number, its bytes, and where it stands."""

    number: int
    raw: bytes
    offset: int


class Section(NamedTuple):
    """A section; `offset` is 0 when the file holds no bytes of it."""

    segment: str
    name: str
    address: int
    offset: int
    size: int
    code: bool


@dataclass(slots=True)
class Image:
    """One slice, or the only one."""

    view: View
    base: int
    order: str
    bits: int
    machine: str = ""
    type: int = 0
    flags: int = 0
    commands: list[Command] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    truncated: bool = False

    def section(self, name: str) -> Section | None:
        """Return the first section of that name that has bytes in the file."""
        return next((section for section in self.sections if section.name == name and section.offset), None)

    def content(self, section: Section, most: int) -> bytes:
        return self.view.read(section.offset, min(section.size, most))

    def at(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes at a virtual address."""
        for section in self.sections:
            distance = address - section.address
            if section.offset and 0 <= distance < section.size:
                return self.view.read(section.offset + distance, min(size, section.size - distance))
        return b""

    def number(self, raw: bytes, at: int) -> int:
        """Return the 32-bit number at `at`; 0 when the command is too short for it."""
        return int(unpack_from(self.order + "I", raw, at)[0]) if at + 4 <= len(raw) else 0

    def string(self, raw: bytes, at: int) -> bytes:
        """Return the string whose offset in the command stands at `at`."""
        start = self.number(raw, at)
        return raw[start:].partition(b"\0")[0] if start >= 8 else b""


def slices(view: View) -> list[int]:
    """Return where each slice of a universal file begins; [0] for a file of one."""
    head = view.read(0, 8)
    if head[:4] not in (FAT, FAT64) or len(head) < 8:
        return [0]
    wide = head[:4] == FAT64
    size = 32 if wide else 20
    count = min(int.from_bytes(head[4:], "big"), MOST_SLICES)
    raw = view.read(8, count * size)
    form = ">Q" if wide else ">I"
    starts = [unpack_from(form, raw, at + 8)[0] for at in range(0, len(raw) - size + 1, size)]
    return list(dict.fromkeys(start for start in starts if start))


def open_image(view: View, base: int) -> Image | None:
    """Return the slice at `base`, or None when there is none."""
    head = view.read(base, 32)
    if len(head) < 28 or head[:4] not in THIN:
        return None
    order, bits = THIN[head[:4]]
    image = Image(view, base, order, bits)
    cpu, subtype, image.type, count, size, image.flags = unpack_from(order + "6I", head, 4)
    arm64e = (cpu, subtype & 0xFF_FFFF) == _ARM64E
    image.machine = "arm64e" if arm64e else _MACHINES.get(cpu, f"cpu-{cpu:#x}")
    start = base + (32 if bits == 64 else 28)
    raw = view.read(start, min(size, _MOST_COMMAND_BYTES))
    image.commands = list(_commands(image, raw, start, min(count, _MOST_COMMANDS)))
    image.truncated = len(image.commands) < count
    for command in image.commands:
        if command.number in (SEGMENT, SEGMENT_64):
            image.sections += _sections(image, command)
    return image


def _commands(image: Image, raw: bytes, start: int, count: int) -> Iterator[Command]:
    at = 0
    for _ in range(count):
        if at + 8 > len(raw):
            return
        number, size = unpack_from(image.order + "II", raw, at)
        if size < 8 or at + size > len(raw):
            return
        yield Command(number, raw[at : at + size], start + at)
        at += size


def _sections(image: Image, command: Command) -> Iterator[Section]:
    wide = command.number == SEGMENT_64
    first, size, pointer = (72, 80, "Q") if wide else (56, 68, "I")
    raw = command.raw
    for at in range(first, len(raw) - size + 1, size):
        if len(image.sections) >= _MOST_SECTIONS:
            return
        name, segment = (raw[at + skip : at + skip + 16].rstrip(b"\0").decode("latin-1") for skip in (0, 16))
        address, length = unpack_from(image.order + 2 * pointer, raw, at + 32)
        offset = image.number(raw, at + (48 if wide else 40))
        flags = image.number(raw, at + (64 if wide else 56))
        held = 0 if flags & 0xFF in _ZEROFILL or not offset else image.base + offset
        yield Section(segment, name, address, held, length, bool(flags & _CODE))
