"""Portable PDBs, standing alone or inside an assembly: with which options, by which compiler, the code was compiled.

Surface `dotnet.compilation`: one an option, `compiler-version=4.14.0-3.25218.8+d7bde97e39857cfa`, `language=C#`, …
Source: the "Portable PDB Format Specification" and Roslyn's note on the blob "compilation options".
"""

import zlib

from builtby.formats.base import Format, Reading
from builtby.formats.dotnet_tables import Metadata, open_metadata
from builtby.sources.view import BytesView, View

_CUSTOM_DEBUG_INFORMATION = 0x37
_COMPILATION_OPTIONS = bytes.fromhex("05ecfeb5d08c834a96da466284bb4bd8")
_OF_MODULE = 1 << 5 | 7
"""The owner of information about the whole module: row 1 of table 7 of the coded index."""
_MOST_OPTIONS = 64
_MOST_LOOKED_AT = 64
_MOST_BYTES = 64 << 20


def read(view: View, path: str) -> Reading:
    """Return the compilation options of a file that is a portable PDB."""
    reading = Reading("pdb")
    metadata = open_metadata(view, 0)
    if metadata is None or "#Pdb" not in metadata.streams:
        reading.problem = "the portable PDB is truncated or not valid"
        return reading
    reading.facts["type"] = "symbols"
    read_options(metadata, reading)
    return reading


def read_embedded(view: View, place: tuple[int, int], reading: Reading) -> None:
    """Add the compilation options of the portable PDB that an assembly holds, deflated behind `MPDB` and its size."""
    metadata = open_embedded(view, place)
    if metadata is not None:
        read_options(metadata, reading, place[0])


def open_embedded(view: View, place: tuple[int, int]) -> Metadata | None:
    """Return the metadata of the portable PDB that an assembly holds at (offset, size); None when there is none."""
    head = view.read(place[0], 8)
    if head[:4] != b"MPDB" or len(head) < 8:
        return None
    size = min(int.from_bytes(head[4:], "little"), _MOST_BYTES)
    try:
        raw = zlib.decompressobj(-15).decompress(view.read(place[0] + 8, min(place[1], _MOST_BYTES)), max(size, 1))
    except zlib.error:
        return None
    return open_metadata(BytesView(raw), 0)


def read_options(metadata: Metadata, reading: Reading, offset: int | None = None) -> None:
    """Add the options; `offset` stands for all of them when the PDB is no plain part of the file."""
    for number in _of_module(metadata):
        row = metadata.row(_CUSTOM_DEBUG_INFORMATION, number)
        if not row or row[0] != _OF_MODULE:
            return
        if metadata.guid(row[1]) == _COMPILATION_OPTIONS:
            words = metadata.blob(row[2]).split(b"\0")[: 2 * _MOST_OPTIONS]
            for key, value in zip(words[::2], words[1::2], strict=False):
                reading.add("dotnet.compilation", key + b"=" + value, metadata.start if offset is None else offset)
            return


def _of_module(metadata: Metadata) -> range:
    """The table is sorted by owner: find the module's first row by halves."""
    table = metadata.tables.get(_CUSTOM_DEBUG_INFORMATION)
    low, high = 1, table.rows + 1 if table else 1
    while low < high:
        middle = (low + high) // 2
        row = metadata.row(_CUSTOM_DEBUG_INFORMATION, middle)
        if row and row[0] < _OF_MODULE:
            low = middle + 1
        else:
            high = middle
    return range(low, low + _MOST_LOOKED_AT)


FORMAT = Format("pdb", read, magics=(b"BSJB",))
