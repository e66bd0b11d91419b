"""The frame of a Portable Executable: headers, sections, data directories, and where an address stands in the file.

Source: Microsoft's "PE Format" specification. Everything that the file claims is bounded here, once.
"""

from dataclasses import dataclass, field
from struct import unpack_from
from typing import NamedTuple

from builtby.sources.view import View

MACHINES = {
    0x014C: "x86", 0x0166: "mipsel", 0x01A2: "sh", 0x01C0: "arm", 0x01C2: "arm", 0x01C4: "arm", 0x01F0: "ppc",
    0x0200: "ia64", 0x0EBC: "efi-bytecode", 0x5032: "riscv32", 0x5064: "riscv64", 0x6232: "loongarch32",
    0x6264: "loongarch64", 0x8664: "x86-64", 0xA641: "arm64ec", 0xA64E: "arm64x", 0xAA64: "aarch64",
}
_FOREIGN_SYSTEMS = {0x4644: "macos", 0x7B79: "linux", 0xADC4: "freebsd", 0x1993: "netbsd", 0x1992: "sunos"}
"""What .NET's ahead-of-time compiler xors the machine with, for other systems than Windows."""

EXPORT, IMPORT, RESOURCE, DEBUG, TLS, CLR = 0, 1, 2, 6, 9, 14
"""Numbers of data directories."""
MOST_SECTIONS = 96
_MOST_DIRECTORIES = 16
_SECTION = 40
_MOST_STRING_TABLE = 64 << 20
MEM_EXECUTE, MEM_WRITE, UNINITIALISED = 0x2000_0000, 0x8000_0000, 0x80


class Section(NamedTuple):
    """A row of the section table."""

    name: str
    address: int
    virtual_size: int
    offset: int
    size: int
    flags: int


@dataclass(slots=True)
class Image:
    """An opened executable or object."""

    view: View
    start: int
    """Offset of the COFF header: of PE's signature, plus four."""
    machine: int = 0
    flags: int = 0
    timestamp: int = 0
    symbols: int = 0
    symbol_count: int = 0
    symbol_size: int = 18
    """Bytes of a row of the symbol table; 20 in objects of more sections than a plain one may have."""
    bits: int = 32
    linker: tuple[int, int] | None = None
    subsystem: int = 0
    headers_size: int = 0
    directories: list[tuple[int, int]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def machine_name(self) -> str:
        return self._machine()[0]

    @property
    def linker_version(self) -> str:
        """The linker's version as linkers print it: the minor number of Microsoft's has two digits."""
        if self.linker is None:
            return "none"
        major, minor = self.linker
        return f"{major}.{minor:02d}" if major >= 14 else f"{major}.{minor}"

    @property
    def system(self) -> str | None:
        """The system that the machine number tells of, where it is not Windows."""
        return self._machine()[1]

    def _machine(self) -> tuple[str, str | None]:
        if self.machine in MACHINES:
            return MACHINES[self.machine], None
        for key, system in _FOREIGN_SYSTEMS.items():
            if self.machine ^ key in MACHINES:
                return MACHINES[self.machine ^ key], system
        return f"machine-{self.machine:#x}", None

    def directory(self, number: int) -> tuple[int, int]:
        """Return (file offset, size) of a data directory; (0, 0) when it is not there."""
        if number >= len(self.directories):
            return 0, 0
        address, size = self.directories[number]
        offset = self.offset_of(address) if address and size else None
        return (0, 0) if offset is None else (offset, size)

    def offset_of(self, address: int) -> int | None:
        """Return the file offset of a relative virtual address, or None when the file does not hold it."""
        for section in self.sections:
            distance = address - section.address
            if 0 <= distance < max(section.size, section.virtual_size):
                return section.offset + distance if distance < section.size else None
        return address if 0 < address < self.headers_size else None

    def at(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes at a relative virtual address; fewer or none when they are not there."""
        offset = self.offset_of(address)
        return b"" if offset is None else self.view.read(offset, size)

    def text_at(self, address: int, longest: int = 512) -> bytes:
        """Return the zero-ended string at a relative virtual address."""
        return self.at(address, longest).partition(b"\0")[0]

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def strings(self) -> tuple[int, int]:
        """Return (offset, size) of the COFF string table; its first four bytes are its size."""
        if not self.symbols or not self.symbol_count:
            return 0, 0
        offset = self.symbols + self.symbol_count * self.symbol_size
        raw = self.view.read(offset, 4)
        size = int.from_bytes(raw, "little") if len(raw) == 4 else 0
        return (offset, size) if 4 < size <= min(_MOST_STRING_TABLE, self.view.size - offset) else (0, 0)


def open_image(view: View) -> Image | None:
    """Return the executable in a view that starts with MZ, or None when there is no PE header."""
    mz = view.read(0, 64)
    if len(mz) < 64 or mz[:2] != b"MZ":
        return None
    place = int.from_bytes(mz[60:64], "little")
    if view.read(place, 4) != b"PE\0\0":
        return None
    image = Image(view, place + 4)
    return image if read_headers(image) else None


def read_headers(image: Image) -> bool:
    """Fill in what stands in the COFF header and behind it. Return whether it was whole."""
    raw = image.view.read(image.start, 20)
    if len(raw) < 20:
        return False
    image.machine, count, image.timestamp, image.symbols, image.symbol_count, optional, image.flags = unpack_from(
        "<HHIIIHH", raw
    )
    if optional and not _read_optional(image, image.view.read(image.start + 20, optional)):
        return False
    read_sections(image, image.start + 20 + optional, min(count, MOST_SECTIONS))
    return True


def _read_optional(image: Image, raw: bytes) -> bool:
    if len(raw) < 70:
        return False
    magic, major, minor = unpack_from("<HBB", raw)
    image.bits, image.linker = (64 if magic == 0x20B else 32), (major, minor)
    image.headers_size, _, image.subsystem = unpack_from("<IIH", raw, 60)
    first = 112 if image.bits == 64 else 96
    if len(raw) >= first:
        count = min(unpack_from("<I", raw, first - 4)[0], _MOST_DIRECTORIES, (len(raw) - first) // 8)
        image.directories = [unpack_from("<II", raw, first + 8 * index) for index in range(count)]
    return True


def read_sections(image: Image, offset: int, count: int) -> None:
    """Read the section table; long names stand in the COFF string table."""
    raw = image.view.read(offset, count * _SECTION)
    strings, size = image.strings()
    for at in range(0, len(raw) - _SECTION + 1, _SECTION):
        label, virtual_size, address, length, start = unpack_from("<8sIIII", raw, at)
        name = label.rstrip(b"\0")
        if name[:1] == b"/" and name[1:].isdigit() and int(name[1:]) < size:
            name = image.view.read(strings + int(name[1:]), 128).partition(b"\0")[0]
        flags = unpack_from("<I", raw, at + 36)[0]
        text = name.decode("utf-8", "backslashreplace")
        held = 0 if flags & UNINITIALISED else length
        image.sections.append(Section(text, address, virtual_size, start, held, flags))
