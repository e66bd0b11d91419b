"""What the debug directory of a PE tells: where its symbols were, and how it was linked.

Surfaces: `pe.debug` (one an entry: `CODEVIEW`, `REPRO`, `POGO`, `VC_FEATURE`, `ILTCG`, `EMBEDDED_PDB` …),
`pe.debug.pdb` (the path of the symbol file, as the linker wrote it), `pe.debug.pogo` (the kind of optimisation).
"""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.pe_image import DEBUG, Image

_TYPES = {
    1: "COFF", 2: "CODEVIEW", 3: "FPO", 4: "MISC", 9: "BORLAND", 11: "CLSID", 12: "VC_FEATURE", 13: "POGO",
    14: "ILTCG", 15: "MPX", 16: "REPRO", 17: "EMBEDDED_PDB", 19: "PDB_CHECKSUM", 20: "EX_DLLCHARACTERISTICS",
    21: "R2R_PERFMAP",
}
_POGO = {0: "LTCG?", 0x4C544347: "LTCG", 0x50474900: "PGI", 0x50474F00: "PGO", 0x50475500: "PGU"}
_MOST = 32
_LONGEST_PATH = 1024
EMBEDDED_PDB = 17


def read_debug(image: Image, reading: Reading) -> tuple[int, int]:
    """Add the surfaces. Return (offset, size) of an embedded portable PDB, (0, 0) when there is none."""
    offset, size = image.directory(DEBUG)
    raw = image.view.read(offset, min(size, _MOST * 28))
    embedded = (0, 0)
    for at in range(0, len(raw) - 27, 28):
        kind, length, _, place = unpack_from("<IIII", raw, at + 12)
        reading.add("pe.debug", _TYPES.get(kind, f"type-{kind}"), offset + at)
        if kind == 2:
            _read_codeview(image, place, length, reading)
        elif kind == 13:
            _read_pogo(image, place, reading)
        elif kind == EMBEDDED_PDB:
            embedded = (place, length)
    return embedded


def _read_codeview(image: Image, place: int, length: int, reading: Reading) -> None:
    raw = image.view.read(place, min(length, _LONGEST_PATH))
    skip = {b"RSDS": 24, b"NB10": 16, b"NB09": 16}.get(raw[:4], 0)
    path = raw[skip:].partition(b"\0")[0] if skip else b""
    if path:
        reading.add("pe.debug.pdb", path, place + skip)


def _read_pogo(image: Image, place: int, reading: Reading) -> None:
    raw = image.view.read(place, 4)
    if len(raw) == 4:
        reading.add("pe.debug.pogo", _POGO.get(int.from_bytes(raw, "little"), "unknown"), place)
