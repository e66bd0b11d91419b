"""What an assembly of .NET says of itself, and how it was compiled.

Surfaces: `dotnet.metadata` (the runtime's version in the metadata's header, `v4.0.30319`), `dotnet.assembly`
(`Name 1.2.3.4`), `dotnet.reference` (another assembly, the same way), `dotnet.target_framework`
(`.NETCoreApp,Version=v8.0`),
`dotnet.layout` (`linker=48.00 native=il attributes=CompilationRelaxations … references=System.Runtime/8.0.0.0 …`: what
compilers do each in their way, on one line), `dotnet.attribute` (`AssemblyInformationalVersion=1.0+abc`, of the
assembly itself),
`dotnet.r2r` (`9.2 Crossgen2 8.0.…`: the version of the ready-to-run format and who compiled it to machine code),
`dotnet.compilation` (dotnet_pdb: the options in an embedded portable PDB).
Facts: `dotnet.native` = `mixed` (C++/CLI), `r2r`, `il`.
"""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.dotnet_pdb import read_embedded
from builtby.formats.dotnet_tables import Metadata, compressed, open_metadata
from builtby.formats.pe_image import CLR, Image

_TYPE_REF, _MEMBER_REF, _ATTRIBUTE, _ASSEMBLY, _ASSEMBLY_REF = 0x01, 0x0A, 0x0C, 0x20, 0x23
_TYPE_DEF, _METHOD_DEF, _METHOD_DEF_TAG = 0x02, 0x06, 2
_OF_ASSEMBLY = 1 << 5 | 14
"""How the table of attributes names its owner when that is the assembly: row 1 of table 14 of the coded index."""
_MOST_ATTRIBUTES = 128
_MOST_REFERENCES = 64
_COMPILER_IDENTIFIER = 100
_MOST_PARTS = 64
_STRING, _INT, _BOOL, _ENUM = 0x0E, 0x08, 0x02, 0x11


def read_dotnet(image: Image, embedded: tuple[int, int], reading: Reading) -> None:
    """Add what a PE with a CLR header holds; `embedded` is the (offset, size) of an embedded portable PDB."""
    offset, size = image.directory(CLR)
    header = image.view.read(offset, 72) if size >= 72 else b""
    if len(header) < 72:
        return
    address, flags, native = (unpack_from("<I", header, at)[0] for at in (8, 16, 64))
    reading.facts["dotnet.native"] = "il" if flags & 1 and not native else "r2r" if native else "mixed"
    start = image.offset_of(address)
    if start is not None:
        read_metadata(image, start, reading)
    if native:
        _read_r2r(image, native, reading)
    if embedded[1]:
        read_embedded(image.view, embedded, reading)
    _add_layout(image, reading)


def _add_layout(image: Image, reading: Reading) -> None:
    def of(kind: str) -> list[str]:
        return [surface.value for surface in reading.surfaces if surface.kind == kind]

    attributes = " ".join(value.partition("=")[0] for value in of("dotnet.attribute"))
    references = " ".join("/".join(value.rsplit(" ", 1)) for value in of("dotnet.reference"))
    reading.add("dotnet.layout", f"linker={image.linker_version} native={reading.facts['dotnet.native']} "
                                 f"attributes={attributes} references={references}")


def read_metadata(image: Image, start: int, reading: Reading) -> None:
    metadata = open_metadata(image.view, start)
    if metadata is None:
        reading.problem = "the .NET metadata is truncated or not valid"
        return
    reading.add("dotnet.metadata", metadata.version, start)
    row = metadata.row(_ASSEMBLY, 1)
    if row:
        reading.add("dotnet.assembly", f"{metadata.string(row[7])} {'.'.join(map(str, row[1:5]))}", start)
    for number in range(1, _MOST_REFERENCES + 1):
        row = metadata.row(_ASSEMBLY_REF, number)
        if not row:
            break
        reading.add("dotnet.reference", f"{metadata.string(row[6])} {'.'.join(map(str, row[:4]))}", start)
    _read_attributes(metadata, reading)


def _read_attributes(metadata: Metadata, reading: Reading) -> None:
    first = _first_of_assembly(metadata)
    for number in range(first, first + _MOST_ATTRIBUTES):
        row = metadata.row(_ATTRIBUTE, number)
        if not row or row[0] != _OF_ASSEMBLY:
            return
        name, signature = _constructor(metadata, row[1])
        if not name:
            continue
        value = _arguments(metadata.blob(row[2]), signature)
        kind = "dotnet.target_framework" if name == "TargetFramework" else "dotnet.attribute"
        reading.add(kind, value if kind.endswith("framework") else f"{name}={value}", metadata.start)


def _first_of_assembly(metadata: Metadata) -> int:
    """The table is sorted by owner: find the assembly's first row by halves."""
    table = metadata.tables.get(_ATTRIBUTE)
    low, high = 1, table.rows + 1 if table else 1
    while low < high:
        middle = (low + high) // 2
        row = metadata.row(_ATTRIBUTE, middle)
        if row and row[0] < _OF_ASSEMBLY:
            low = middle + 1
        else:
            high = middle
    return low


def _constructor(metadata: Metadata, coded: int) -> tuple[str, bytes]:
    """Return the name of the attribute's class, its ending `Attribute` cut off, and the constructor's signature."""
    if coded & 7 == _METHOD_DEF_TAG:
        return _own_constructor(metadata, coded >> 3)
    member = metadata.row(_MEMBER_REF, coded >> 3) if coded & 7 == 3 else ()
    if not member or member[0] & 7 != 1:
        return "", b""
    kind = metadata.row(_TYPE_REF, member[0] >> 3)
    return (metadata.string(kind[1]).removesuffix("Attribute") if kind else ""), metadata.blob(member[2])


def _own_constructor(metadata: Metadata, number: int) -> tuple[str, bytes]:
    """The same, of an attribute's class that stands in the assembly itself: the core library's, for one."""
    method = metadata.row(_METHOD_DEF, number)
    table = metadata.tables.get(_TYPE_DEF)
    if not method or table is None:
        return "", b""
    low, high = 1, table.rows
    while low < high:  # classes stand in the order of their first methods
        middle = (low + high + 1) // 2
        row = metadata.row(_TYPE_DEF, middle)
        low, high = (middle, high) if row and row[5] <= number else (low, middle - 1)
    owner = metadata.row(_TYPE_DEF, low)
    return (metadata.string(owner[1]).removesuffix("Attribute") if owner else ""), metadata.blob(method[4])


def _arguments(blob: bytes, signature: bytes) -> str:
    """Return the constructor's arguments, as far as they are strings and numbers, joined by commas."""
    found: list[str] = []
    at, place = 2, 3
    while blob[:2] == b"\x01\0" and place < len(signature):
        kind, place = signature[place], place + 1
        if kind == _ENUM:
            kind, place = _INT, place + max(compressed(signature, place)[1], 1)
        if kind == _STRING:
            length, skip = compressed(blob, at)
            found.append(blob[at + skip : at + skip + length].decode("utf-8", "backslashreplace"))
            at += skip + length
        elif kind == _INT and at + 4 <= len(blob):
            found.append(str(unpack_from("<i", blob, at)[0]))
            at += 4
        elif kind == _BOOL and at < len(blob):
            found.append(str(bool(blob[at])).lower())
            at += 1
        else:
            break
    return ",".join(found)


def _read_r2r(image: Image, address: int, reading: Reading) -> None:
    head = image.at(address, 16)
    if len(head) < 16 or head[:4] != b"RTR\0":
        return
    major, minor, _, count = unpack_from("<HHII", head, 4)
    raw = image.at(address + 16, min(count, _MOST_PARTS) * 12)
    compiler = ""
    for at in range(0, len(raw) - 11, 12):
        kind, place, size = unpack_from("<III", raw, at)
        if kind == _COMPILER_IDENTIFIER:
            compiler = image.at(place, min(size, 256)).partition(b"\0")[0].decode("utf-8", "backslashreplace")
    reading.add("dotnet.r2r", f"{major}.{minor} {compiler}".strip(), image.offset_of(address))
