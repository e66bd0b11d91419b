"""The metadata of .NET: its streams, heaps and tables, as they stand in assemblies and in portable PDBs.

Source: ECMA-335, partition II, chapters 22 to 24, and the "Portable PDB Format Specification".
"""

from struct import unpack_from
from typing import NamedTuple

from builtby.sources.view import View

_HAS_ATTRIBUTE = (0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14, 0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26,
                  0x27, 0x28, 0x2A, 0x2C, 0x2B)
_CODED = {
    "TypeDefOrRef": (2, (0x02, 0x01, 0x1B)),
    "HasConstant": (2, (0x04, 0x08, 0x17)),
    "HasCustomAttribute": (5, _HAS_ATTRIBUTE),
    "HasCustomDebugInformation": (5, (*_HAS_ATTRIBUTE, 0x30, 0x32, 0x33, 0x34, 0x35)),
    "HasFieldMarshal": (1, (0x04, 0x08)),
    "HasDeclSecurity": (2, (0x02, 0x06, 0x20)),
    "MemberRefParent": (3, (0x02, 0x01, 0x1A, 0x06, 0x1B)),
    "HasSemantics": (1, (0x14, 0x17)),
    "MethodDefOrRef": (1, (0x06, 0x0A)),
    "MemberForwarded": (1, (0x04, 0x06)),
    "CustomAttributeType": (3, (0x06, 0x0A)),
    "ResolutionScope": (2, (0x00, 0x1A, 0x23, 0x01)),
}
"""Kinds of index that tell a table by their lowest bits: how many bits, and which tables."""

_COLUMNS = {
    0x00: "2 s g g g", 0x01: "ResolutionScope s s", 0x02: "4 s s TypeDefOrRef t4 t6", 0x03: "t4", 0x04: "2 s b",
    0x05: "t6", 0x06: "4 2 2 s b t8", 0x07: "t8", 0x08: "2 2 s", 0x09: "t2 TypeDefOrRef", 0x0A: "MemberRefParent s b",
    0x0B: "2 HasConstant b", 0x0C: "HasCustomAttribute CustomAttributeType b", 0x0D: "HasFieldMarshal b",
    0x0E: "2 HasDeclSecurity b", 0x0F: "2 4 t2", 0x10: "4 t4", 0x11: "b", 0x12: "t2 t20", 0x13: "t20",
    0x14: "2 s TypeDefOrRef", 0x15: "t2 t23", 0x16: "t23", 0x17: "2 s b", 0x18: "2 t6 HasSemantics",
    0x19: "t2 MethodDefOrRef MethodDefOrRef", 0x1A: "s", 0x1B: "b", 0x1C: "2 MemberForwarded s t26", 0x1D: "4 t4",
    0x1E: "4 4", 0x1F: "4", 0x20: "4 2 2 2 2 4 b s s", 0x21: "4", 0x22: "4 4 4", 0x23: "2 2 2 2 4 b s s b",
    0x30: "b g b g", 0x31: "t48 b", 0x32: "t6 t53 t51 t52 4 4", 0x33: "2 2 s", 0x34: "s b", 0x35: "t53 b",
    0x36: "t6 t6", 0x37: "HasCustomDebugInformation g b",
}
"""The columns of each table: bytes, `s`tring, `g`uid or `b`lob heap index, row of table `t`N, or a coded index."""
_MOST_STREAMS = 16
_MOST_ROWS = 1 << 24
_MOST_BLOB = 64 << 10


class Table(NamedTuple):
    """Where a table stands, how many rows it has and how wide its columns are."""

    offset: int
    rows: int
    widths: tuple[int, ...]


class Metadata:
    """Opened metadata. `version` is the runtime's, as the header says it; empty in a portable PDB's."""

    def __init__(self, view: View, start: int) -> None:
        self.view, self.start = view, start
        self.version = ""
        self.streams: dict[str, tuple[int, int]] = {}
        self.tables: dict[int, Table] = {}
        self.heap_widths = {"s": 2, "g": 2, "b": 2}

    def row(self, table: int, number: int) -> tuple[int, ...]:
        """Return a row's cells; rows are numbered from 1. Empty when it is not there."""
        found = self.tables.get(table)
        if found is None or not 0 < number <= found.rows:
            return ()
        size = sum(found.widths)
        raw = self.view.read(found.offset + (number - 1) * size, size)
        if len(raw) < size:
            return ()
        cells, at = [], 0
        for width in found.widths:
            cells.append(int.from_bytes(raw[at : at + width], "little"))
            at += width
        return tuple(cells)

    def string(self, index: int) -> str:
        """Return a name of the heap of strings."""
        offset, size = self.streams.get("#Strings", (0, 0))
        if not 0 < index < size:
            return ""
        raw = self.view.read(offset + index, min(512, size - index))
        return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")

    def guid(self, index: int) -> bytes:
        offset, size = self.streams.get("#GUID", (0, 0))
        return self.view.read(offset + (index - 1) * 16, 16) if 0 < index <= size // 16 else b""

    def blob(self, index: int) -> bytes:
        """Return a blob, at most 64 KiB of it."""
        offset, size = self.streams.get("#Blob", (0, 0))
        head = self.view.read(offset + index, 4) if 0 < index < size else b""
        length, skip = compressed(head, 0)
        return self.view.read(offset + index + skip, min(length, _MOST_BLOB, size - index)) if skip else b""


def compressed(raw: bytes, at: int) -> tuple[int, int]:
    """Return a compressed unsigned number and how many bytes it takes; none when it is cut off."""
    if at >= len(raw):
        return 0, 0
    first = raw[at]
    size = 1 if first < 0x80 else 2 if first < 0xC0 else 4
    if at + size > len(raw):
        return 0, 0
    mask = {1: 0x7F, 2: 0x3FFF, 4: 0x1FFF_FFFF}[size]
    return int.from_bytes(raw[at : at + size], "big") & mask, size


def open_metadata(view: View, start: int) -> Metadata | None:
    """Return the metadata whose root (`BSJB`) stands at `start`, or None when it does not."""
    head = view.read(start, 16)
    if len(head) < 16 or head[:4] != b"BSJB":
        return None
    found = Metadata(view, start)
    length = min(unpack_from("<I", head, 12)[0], 256)
    found.version = view.read(start + 16, length).partition(b"\0")[0].decode("utf-8", "backslashreplace")
    _read_streams(found, start + 16 + length)
    place, size = found.streams.get("#~") or found.streams.get("#-") or (0, 0)
    if size:
        _read_tables(found, place)
    return found


def _read_streams(found: Metadata, at: int) -> None:
    raw = found.view.read(at, 4 + _MOST_STREAMS * 40)
    count = min(unpack_from("<H", raw, 2)[0], _MOST_STREAMS) if len(raw) >= 4 else 0
    place = 4
    for _ in range(count):
        if place + 9 > len(raw):
            return
        offset, size = unpack_from("<II", raw, place)
        name = raw[place + 8 : place + 40].partition(b"\0")[0]
        found.streams.setdefault(name.decode("latin-1"), (found.start + offset, size))
        place += 8 + (len(name) + 4 & ~3)


def _read_tables(found: Metadata, place: int) -> None:
    head = found.view.read(place, 24)
    if len(head) < 24:
        return
    heaps, valid = head[6], unpack_from("<Q", head, 8)[0]
    found.heap_widths = {"s": 4 if heaps & 1 else 2, "g": 4 if heaps & 2 else 2, "b": 4 if heaps & 4 else 2}
    numbers = [number for number in range(64) if valid >> number & 1]
    raw = found.view.read(place + 24, 4 * len(numbers))
    if len(raw) < 4 * len(numbers):
        return
    rows = {number: unpack_from("<I", raw, 4 * i)[0] & (_MOST_ROWS - 1) for i, number in enumerate(numbers)}
    offset = place + 24 + len(raw) + (4 if heaps & 0x40 else 0)
    _lay_out(found, offset, rows, {**_referenced(found), **rows})


def _referenced(found: Metadata) -> dict[int, int]:
    """A portable PDB says how many rows the assembly's tables have, that its own refer to."""
    offset, size = found.streams.get("#Pdb", (0, 0))
    raw = found.view.read(offset + 24, min(size - 24, 8 + 64 * 4)) if size > 32 else b""
    if len(raw) < 8:
        return {}
    valid = unpack_from("<Q", raw)[0]
    numbers = [number for number in range(64) if valid >> number & 1][: (len(raw) - 8) // 4]
    return {number: unpack_from("<I", raw, 8 + 4 * i)[0] for i, number in enumerate(numbers)}


def _lay_out(found: Metadata, offset: int, rows: dict[int, int], all_rows: dict[int, int]) -> None:
    for number, count in rows.items():
        columns = _COLUMNS.get(number)
        if columns is None:  # where the tables behind it stand is unknown, and nothing of use is in them
            return
        widths = tuple(_width(column, found.heap_widths, all_rows) for column in columns.split())
        found.tables[number] = Table(offset, count, widths)
        offset += count * sum(widths)


def _width(column: str, heaps: dict[str, int], rows: dict[int, int]) -> int:
    if column.isdigit():
        return int(column)
    if column in heaps:
        return heaps[column]
    if column[0] == "t":
        return 4 if rows.get(int(column[1:]), 0) > 0xFFFF else 2
    bits, tables = _CODED[column]
    most = max((rows.get(table, 0) for table in tables), default=0)
    return 4 if most >= 1 << (16 - bits) else 2
