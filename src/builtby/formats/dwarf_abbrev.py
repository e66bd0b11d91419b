"""DWARF's abbreviations: how the first entry of a compilation unit is written. Source: DWARF 5, section 7.5."""

from collections.abc import Callable
from typing import NamedTuple

_MOST_ATTRIBUTES = 64
_CHUNK = 128
"""Bytes of a table that are read first: in most, the entry of the unit comes first."""
_MOST_TABLE = 512 << 10
_UNIT_TAGS = (0x11, 0x4A, 0x3C)
"""compile_unit, skeleton_unit, partial_unit."""

_FIXED = {
    0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x0C: 1, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x19: 0, 0x1E: 16, 0x1C: 4,
    0x20: 8, 0x21: 0, 0x24: 8, 0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4, 0x29: 1, 0x2A: 2, 0x2B: 3, 0x2C: 4,
}
"""Forms of a fixed width, in bytes; 0x21, implicit_const, has its value in the abbreviation."""
_OFFSETS = {0x0E: "str", 0x1F: "line_str", 0x17: None, 0x1D: None, 0x1F20: None, 0x1F21: None}
"""Forms that hold an offset, and the table of strings it points into."""
_LEB = {0x0D: None, 0x0F: None, 0x15: None, 0x1A: "str_offsets", 0x1B: None, 0x22: None, 0x23: None,
        0x1F01: None, 0x1F02: "str_offsets"}
_INDEXED = {0x25, 0x26, 0x27, 0x28}
_BLOCKS = {0x0A: 1, 0x03: 2, 0x04: 4}
_STRING, _ADDRESS, _REF_ADDRESS, _BLOCK, _EXPRESSION, _INDIRECT, _IMPLICIT = 0x08, 0x01, 0x10, 0x09, 0x18, 0x16, 0x21


_Specification = list[tuple[int, int, int]]


class Entry(NamedTuple):
    """The bytes of an entry, where in .debug_info they stand, and what tells how to read them."""

    raw: bytes
    place: int
    order: str
    version: int
    address_size: int
    wide: bool


class Value(NamedTuple):
    """An attribute's value: a number; text in place; or a number within the table `where`."""

    number: int
    raw: bytes = b""
    where: str | None = None
    place: int = 0
    """Offset in .debug_info, for relocations."""


class Abbreviations:
    """The abbreviation tables of one file; `read` returns bytes of .debug_abbrev."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self._read = read
        self._known: dict[tuple[int, int], _Specification | None] = {}
        self._parsed: dict[bytes, _Specification] = {}

    def first(self, entry: Entry, table: int, wanted: frozenset[int]) -> dict[int, Value]:
        """Return the wanted attributes of an entry, as far as its bytes reach."""
        code, at = leb(entry.raw, 0)
        attributes = self._attributes(table, code) if code else None
        values: dict[int, Value] = {}
        for attribute, form, constant in attributes or ():
            value, after = _value(entry, at, form, constant)
            if value is None or after > len(entry.raw):
                break
            if attribute in wanted:
                values[attribute] = value
            at = after
        return values

    def _attributes(self, table: int, code: int) -> _Specification | None:
        key = (table, code)
        if key not in self._known:
            self._known[key] = self._find(table, code)
        return self._known[key]

    def _find(self, table: int, code: int) -> _Specification | None:
        """Return (attribute, form, constant) of the abbreviation of a unit's first entry.

        The table is not walked but searched: behind the two zeros that end another abbreviation stand the code and
        one of a unit's tags. A walk in Python took nine tenths of the time.
        """
        size = _CHUNK
        while size <= _MOST_TABLE:
            raw = self._read(table, size)
            starts = [at for at in (_search(raw, code, tag) for tag in _UNIT_TAGS) if at >= 0]
            end = raw.find(b"\0\0", min(starts)) if starts else -1
            if end >= 0:
                return self._specified(raw[min(starts) : end + 3])
            if len(raw) < size:
                return None
            size *= 8
        return None

    def _specified(self, raw: bytes) -> _Specification:
        if raw not in self._parsed:
            self._parsed[raw] = _specification(raw)
        return self._parsed[raw]


def _search(raw: bytes, code: int, tag: int) -> int:
    """Return where the attributes of an abbreviation begin; -1 when it is not there."""
    key = uleb(code) + bytes((tag,))
    if raw.startswith(key):
        return len(key) + 1
    at = raw.find(b"\0\0" + key)
    return at + 2 + len(key) + 1 if at >= 0 else -1


def _specification(raw: bytes) -> _Specification:
    attributes: list[tuple[int, int, int]] = []
    at = 0
    while at < len(raw) and len(attributes) < _MOST_ATTRIBUTES:
        attribute, at = leb(raw, at)
        form, at = leb(raw, at)
        constant = 0
        if form == _IMPLICIT:
            constant, at = leb(raw, at)
        if attribute == 0 and form == 0:
            break
        attributes.append((attribute, form, constant))
    return attributes


def uleb(number: int) -> bytes:
    """Return a number as unsigned LEB128."""
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def leb(raw: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned LEB128 number at `at` and the offset behind it; 0 at the end of the bytes."""
    value = shift = 0
    while at < len(raw) and shift < 70:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, len(raw) + 1


def _value(entry: Entry, at: int, form: int, constant: int) -> tuple[Value | None, int]:
    if form == _INDIRECT:
        form, at = leb(entry.raw, at)
        if form == _INDIRECT:
            return None, at
    if form in _FIXED:
        number = constant if form == _IMPLICIT else _number(entry, at, _FIXED[form])
        return Value(number, where="str_offsets" if form in _INDEXED else None), at + _FIXED[form]
    if form in _OFFSETS or form == _REF_ADDRESS:
        width = _address_width(entry) if form == _REF_ADDRESS and entry.version < 3 else 8 if entry.wide else 4
        return Value(_number(entry, at, width), where=_OFFSETS.get(form), place=entry.place + at), at + width
    if form in _LEB:
        number, after = leb(entry.raw, at)
        return Value(number, where=_LEB[form]), after
    if form == _STRING:
        end = entry.raw.find(b"\0", at)
        return (Value(0, entry.raw[at:end]), end + 1) if end >= 0 else (None, at)
    if form == _ADDRESS:
        return Value(_number(entry, at, _address_width(entry))), at + _address_width(entry)
    return _skip_block(entry, at, form)


def _skip_block(entry: Entry, at: int, form: int) -> tuple[Value | None, int]:
    if form in _BLOCKS:
        return Value(0), at + _BLOCKS[form] + _number(entry, at, _BLOCKS[form])
    if form in (_BLOCK, _EXPRESSION):
        size, at = leb(entry.raw, at)
        return Value(0), at + size
    return None, at


def _address_width(entry: Entry) -> int:
    return entry.address_size if entry.address_size in (1, 2, 4, 8) else 8


def _number(entry: Entry, at: int, width: int) -> int:
    return int.from_bytes(entry.raw[at : at + width], "little" if entry.order == "<" else "big")
