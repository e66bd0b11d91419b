"""The sections of WebAssembly modules and components, and the numbers and names in them.

Source: the WebAssembly core specification, chapter 5, and the component model's binary format.
"""

from collections.abc import Iterator
from typing import NamedTuple

from builtby.sources.view import View

MAGIC = b"\0asm"
MODULE, COMPONENT = 1, 0x0001_000D
CUSTOM, IMPORT, MEMORY, EXPORT, DATA = 0, 2, 5, 7, 11
CORE_MODULE, NESTED_COMPONENT = 1, 4
"""Sections of a component that hold a whole module or component."""
_MOST_SECTIONS = 20_000
_DEPTH = 4
_LONGEST_NAME = 256
NAMES = ("custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code",
         "data", "data-count", "tag", "strings")


class Part(NamedTuple):
    """A section: its number, its name when it is a custom one, where its content stands, and in which layer."""

    number: int
    name: str
    offset: int
    size: int
    layer: int
    """MODULE or COMPONENT: the section's numbers mean different things."""


class Reader:
    """Reads numbers and names from a section's bytes. Beyond their end, all numbers are 0 and `bad` is set."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at, self.bad = raw, 0, False

    def number(self) -> int:
        """Return an unsigned LEB128 of at most 64 bits."""
        value = 0
        for shift in range(0, 64, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        self.bad = True
        return 0

    def byte(self) -> int:
        if self.at >= len(self.raw):
            self.bad = True
            return 0
        self.at += 1
        return self.raw[self.at - 1]

    def text(self) -> str:
        size = self.number()
        raw = self.raw[self.at : self.at + size]
        self.bad |= len(raw) < size
        self.at += size
        return raw[:4096].decode("utf-8", "backslashreplace")


def parts(view: View) -> tuple[list[Part], bool]:
    """Return the sections of a file, those of nested modules among them, and whether all were whole."""
    found: list[Part] = []
    whole = _walk(view, 0, view.size, 0, found)
    return found, whole


def _walk(view: View, start: int, end: int, depth: int, found: list[Part]) -> bool:
    layer = int.from_bytes(view.read(start + 4, 4), "little")
    at = start + 8
    while at < end:
        if len(found) >= _MOST_SECTIONS or depth > _DEPTH:
            return False
        reader = Reader(view.read(at, 16))
        number, size = reader.byte(), reader.number()
        offset = at + reader.at
        if reader.bad or offset + size > end:
            return False
        if number == CUSTOM:
            label = Reader(view.read(offset, min(size, _LONGEST_NAME)))
            name = label.text()
            found.append(Part(number, name, offset + min(label.at, size), max(size - label.at, 0), layer))
        elif layer == COMPONENT and number in (CORE_MODULE, NESTED_COMPONENT) and view.read(offset, 4) == MAGIC:
            found.append(Part(number, "", offset, size, layer))
            if not _walk(view, offset, offset + size, depth + 1, found):
                return False
        else:
            found.append(Part(number, "", offset, size, layer))
        at = offset + size
    return True


def imports(raw: bytes, most: int) -> Iterator[tuple[str, str, int]]:
    """Yield (module, name, kind) of the first `most` imports; ends where the bytes make no sense."""
    reader = Reader(raw)
    for _ in range(min(reader.number(), most)):
        module, name, kind = reader.text(), reader.text(), reader.byte()
        if kind == 0:
            reader.number()
        elif kind == 1:
            reader.byte()
            limits(reader)
        elif kind == 2:
            limits(reader)
        elif kind in (3, 4):
            reader.byte()
            reader.number()
        if reader.bad or kind > 4:
            return
        yield module, name, kind


def limits(reader: Reader) -> int:
    """Skip the limits of a table or memory. Return their flags; 4 says that addresses have 64 bits."""
    flags = reader.byte()
    reader.number()
    if flags & 1:
        reader.number()
    return flags


def exports(raw: bytes, most: int) -> Iterator[str]:
    """Yield the names of the first `most` exports."""
    reader = Reader(raw)
    for _ in range(min(reader.number(), most)):
        name = reader.text()
        reader.byte()
        reader.number()
        if reader.bad:
            return
        yield name
