"""Go's function table (pclntab): the names of all linked functions. It survives stripping.

A table begins with a magic number, which tells its version and byte order, two zeros, the size of an instruction's
unit and that of a pointer. Since Go 1.16 all names stand together; the linker writes those of the linked functions
there, and those of the functions that were inlined into them, and no others (cmd/link/internal/ld/pcln.go,
walkFuncs). Until Go 1.15, the names stand between the functions' records; so do, since Go 1.9, those of the inlined.

Source: Go's debug/gosym, runtime/symtab.go and cmd/link, of Go 1.2 to 1.26.
"""

import re
from collections.abc import Collection, Iterable, Set
from struct import pack, unpack_from
from typing import NamedTuple

from builtby.sources.view import View

MOST_NAMES = 48 << 20
"""Bytes of names that are read. kubectl has 6 MB."""
_MOST_FUNCTIONS = 1_000_000
_MOST_OLD_TABLE = 48 << 20
_MOST_SEARCHED = 192 << 20
_LONGEST_NAME = 16 << 10
_HEADER = 8 + 8 * 8
_LONGEST_JUNK = 7
"""Bytes that are no zeros, before a name in an old table: the end of a number."""

_VERSIONS = {0xFFFF_FFF1: "1.20", 0xFFFF_FFF0: "1.18", 0xFFFF_FFFA: "1.16", 0xFFFF_FFFB: "1.2"}
"""Go's version that brought the magic, newest first."""
_NAMES_AT = {"1.20": 3, "1.18": 3, "1.16": 2}
"""Which word behind the magic's eight bytes is the offset of the names; the next one's is where they end."""
_MAGICS = {pack(order + "IH", number, 0): (version, order)
           for order in "<>" for number, version in _VERSIONS.items()}
_TEXT = re.compile(rb"[!-~]{4,}(?=\0)")


class Table(NamedTuple):
    """Where a table is, and how it is written."""

    offset: int
    version: str
    order: str
    width: int
    """Bytes of a pointer."""
    limit: int
    """Bytes that there are of it at most."""


class Functions(NamedTuple):
    """What a table names; an empty name may be among them. Type arguments stand in brackets."""

    names: Collection[bytes]
    version: str


def read_functions(view: View, ranges: Iterable[tuple[int, int]], sought: Set[bytes]) -> Functions | None:
    """Return the functions of the first table in `ranges` of (offset, size); None when there is none or it is broken.

    `sought` are names that matter: of the inlined functions of an old table, only those are found.
    """
    for offset, size in ranges:
        table = find_table(view, offset, size)
        if table is not None:
            return _old_functions(view, table, sought) if table.version == "1.2" else _functions(view, table)
    return None


def find_table(view: View, offset: int, size: int) -> Table | None:
    """Return the table at `offset`, or the first one in the range."""
    size = min(size, view.size - offset, _MOST_SEARCHED)
    table = _table_at(view, offset, offset + size)
    if table is not None:
        return table
    for base, window in view.windows(offset, size):
        data = bytes(window)
        for magic in _MAGICS:
            at = -1
            while (at := data.find(magic, at + 1)) >= 0:
                table = _table_at(view, base + at, offset + size)
                if table is not None:
                    return table
    return None


def _table_at(view: View, offset: int, end: int) -> Table | None:
    raw = view.read(offset, _HEADER)
    known = _MAGICS.get(raw[:6])
    if known is None or len(raw) < _HEADER or raw[6] not in (1, 2, 4) or raw[7] not in (4, 8):
        return None
    table = Table(offset, *known, raw[7], end - offset)
    count = _word(table, raw, 0)
    return table if 0 < count <= min(_MOST_FUNCTIONS, table.limit // table.width) else None


def _word(table: Table, raw: bytes, index: int) -> int:
    form = table.order + ("Q" if table.width == 8 else "I")
    return int(unpack_from(form, raw, 8 + index * table.width)[0])


def _functions(view: View, table: Table) -> Functions | None:
    raw = view.read(table.offset, _HEADER)
    place = _NAMES_AT[table.version]
    start, end = _word(table, raw, place), _word(table, raw, place + 1)
    if not 0 < start < end <= table.limit or end - start > MOST_NAMES:
        return None
    names = view.read(table.offset + start, end - start)
    if len(names) < end - start or names[-1] or names.count(0) > 4 * _MOST_FUNCTIONS:
        return None
    return Functions(names.split(b"\0"), table.version)


def _old_functions(view: View, table: Table, sought: Set[bytes]) -> Functions | None:
    data = view.read(table.offset, min(table.limit, _MOST_OLD_TABLE))
    count = _word(table, data, 0)
    first = 8 + table.width
    if first + 2 * count * table.width > len(data):
        return None
    letter = "Q" if table.width == 8 else "I"
    records = unpack_from(f"{table.order}{2 * count}{letter}", data, first)[1::2]
    names = set()
    for record in records:
        name = _old_name(data, record + table.width, table.order)
        if name is None:
            return None
        names.add(name)
    return Functions(names | _between(data, names, sought), table.version)


def _old_name(data: bytes, place: int, order: str) -> bytes | None:
    """Return the name whose offset stands in a function's record."""
    if place + 4 > len(data):
        return None
    start = unpack_from(order + "I", data, place)[0]
    end = data.find(b"\0", start, start + _LONGEST_NAME)
    return data[start:end] if 0 < start < end else None


def _between(data: bytes, names: Set[bytes], sought: Set[bytes]) -> set[bytes]:
    """Return the sought names that stand anywhere in an old table. The end of a number may stand before one."""
    texts = set(_TEXT.findall(data)) - names
    found = texts & sought
    for text in texts - found:
        found.update(text[skip:] for skip in range(1, _LONGEST_JUNK + 1) if text[skip:] in sought)
    return found
