"""Go's function table (pclntab): the names of all linked functions. It survives stripping.

A table begins with a magic number, which tells its version and byte order, two zeros, the size of an instruction's
unit and that of a pointer. Since Go 1.16 all names stand together; the linker writes those of the linked functions
there, and those of the functions that were inlined into them, and no others (cmd/link/internal/ld/pcln.go,
walkFuncs). Until Go 1.15, the names stand between the functions' records; so do, since Go 1.9, those of the inlined.

Source: Go's debug/gosym, runtime/symtab.go and cmd/link, of Go 1.2 to 1.26.
"""

import re
from collections.abc import Iterable, Set
from itertools import islice
from struct import pack, unpack_from
from typing import NamedTuple

from builtby.sources.view import View, holds

MOST_BYTES = 48 << 20
"""Bytes of names that are read, or of an old table. kubectl has 6 MB of names."""
_MOST_FUNCTIONS = 1_000_000
_MOST_SEARCHED = 192 << 20
_MOST_TRIED = 256
"""Places that begin like a table, and are none."""
_LONGEST_NAME = 16 << 10
_SHORTEST = 4
"""Bytes of a name, its dot and its zero: shorter texts name nothing, and cost nothing."""
_HEADER = 8 + 8 * 8
_LONGEST_JUNK = 7
"""Bytes that are no zeros, before a name in an old table: the end of a number."""

_VERSIONS = {0xFFFF_FFF1: "1.20", 0xFFFF_FFF0: "1.18", 0xFFFF_FFFA: "1.16", 0xFFFF_FFFB: "1.2"}
"""Go's version that brought the magic, newest first."""
_NAMES_AT = {"1.20": 3, "1.18": 3, "1.16": 2}
"""Which word behind the magic's eight bytes is the offset of the names; the next one's is where they end."""
_MAGICS = {pack(order + "IH", number, 0): (version, order)
           for order in "<>" for number, version in _VERSIONS.items()}
_BEGINNING = re.compile(rb"\xff\xff\xff(?:\0|[\xf0\xf1\xfa\xfb]\0)\0[\1\2\4][\4\x08]")
"""What tables of either byte order have in common: with the low byte first, it stands behind the first byte."""
_TEXT = re.compile(rb"[!-~]{4,}\0?")


class Table(NamedTuple):
    """Where a table is, and how it is written."""

    offset: int
    version: str
    order: str
    width: int
    """Bytes of a pointer."""
    functions: int
    """How many."""
    names: tuple[int, int]
    """Where its names begin and end, from its own beginning; the whole table for an old one."""


class Functions(NamedTuple):
    """What a table names: each name ends with a zero. Type arguments stand in brackets."""

    names: bytes
    version: str


def read_functions(view: View, ranges: Iterable[tuple[int, int]], sought: Set[bytes]) -> Functions | None:
    """Return the functions of the first table in `ranges` of (offset, size); None when there is none or it is broken.

    `sought` are names that matter: of the inlined functions of an old table, only those are found.
    """
    left = _MOST_SEARCHED
    for offset, claimed in ranges:
        size = min(claimed, left) if offset + claimed <= view.size else 0  # what was cut off is no evidence
        table = _table_at(view, offset, offset + size) or _search(view, offset, size)
        if table is not None:
            return _old_functions(view, table, sought) if table.version == "1.2" else _functions(view, table)
        left -= size
    return None


def _search(view: View, offset: int, size: int) -> Table | None:
    for base, window in view.windows(offset, size):
        for at in places(window):
            table = _table_at(view, base + at, offset + size)
            if table is not None:
                return table
    return None


def places(data: bytes | memoryview) -> list[int]:
    """Return where something begins as a table does, of either byte order."""
    found = [match.start() for match in islice(_BEGINNING.finditer(data), _MOST_TRIED)]
    return [at - 1 if data[at + 3] == 0 else at for at in found if at or data[3]]


def follow(offset: int, data: bytes | memoryview) -> list[tuple[int, int]]:
    """Return the (offset, size) ranges of the tables that begin in these bytes of a file, as far as names go.

    Of an old table nothing tells the size, so it is left out.
    """
    tables = [table_in(bytes(data[at : at + _HEADER]), offset + at, offset + at + MOST_BYTES) for at in places(data)]
    return [(table.offset, table.names[1]) for table in tables if table is not None and table.version != "1.2"]


def _table_at(view: View, offset: int, end: int) -> Table | None:
    return table_in(view.read(offset, _HEADER), offset, end) if holds(view, offset, _HEADER) else None


def table_in(raw: bytes, offset: int, end: int) -> Table | None:
    """Return the table whose first bytes are given, and which stands at `offset` and ends before `end`."""
    known = _MAGICS.get(raw[:6])
    if known is None or len(raw) < _HEADER or raw[6] not in (1, 2, 4) or raw[7] not in (4, 8):
        return None
    (version, order), width = known, raw[7]
    words = unpack_from(f"{order}8{'Q' if width == 8 else 'I'}", raw, 8)
    place = _NAMES_AT.get(version)
    start, stop = (0, end - offset) if place is None else words[place : place + 2]
    if not 0 < words[0] <= _MOST_FUNCTIONS or not 0 <= start < stop <= min(end - offset, start + MOST_BYTES):
        return None
    return Table(offset, version, order, width, words[0], (start, stop))


def _functions(view: View, table: Table) -> Functions | None:
    names = _between_offsets(view, table)
    most = 2 * _MOST_FUNCTIONS
    if not names or names[-1] or (len(names) > most * _SHORTEST and names.count(0) > most):
        return None
    return Functions(names, table.version)


def _between_offsets(view: View, table: Table) -> bytes:
    start, stop = table.names
    if not holds(view, table.offset + start, stop - start):
        return b""
    data = view.read(table.offset + start, stop - start)
    return data if len(data) == stop - start else b""


def _old_functions(view: View, table: Table, sought: Set[bytes]) -> Functions | None:
    data = _between_offsets(view, table)
    first = 8 + table.width
    if first + 2 * table.functions * table.width > len(data):
        return None
    letter = "Q" if table.width == 8 else "I"
    names, total = set(), 0
    for record in unpack_from(f"{table.order}{2 * table.functions}{letter}", data, first)[1::2]:
        name = _old_name(data, record + table.width, table.order)
        total += len(name)
        if not name or total > MOST_BYTES:
            return None
        names.add(name)
    inlined = _inlined(data, sought)
    return None if inlined is None else Functions(b"\0".join(names | inlined) + b"\0", table.version)


def _old_name(data: bytes, place: int, order: str) -> bytes:
    """Return the name whose offset stands in a function's record."""
    if place + 4 > len(data):
        return b""
    start = unpack_from(order + "I", data, place)[0]
    end = data.find(b"\0", start, start + _LONGEST_NAME)
    return data[start:end] if 0 < start < end else b""


def _inlined(data: bytes, sought: Set[bytes]) -> set[bytes] | None:
    """Return the sought names that stand anywhere in an old table; None when it holds too many texts.

    The end of a number may stand before one.
    """
    found: set[bytes] = set()
    for number, match in enumerate(_TEXT.finditer(data)):
        text = match[0]
        if number > 2 * _MOST_FUNCTIONS:
            return None
        if text[-1]:
            continue
        found.update(name for skip in range(_LONGEST_JUNK + 1) if (name := text[skip:-1]) in sought)
    return found
