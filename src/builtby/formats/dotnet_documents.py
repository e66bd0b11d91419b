"""The source documents of a portable PDB, with the checksums that Roslyn and other .NET compilers put there.

Source: "Portable PDB Format Specification", table Document (0x30).
"""

from collections.abc import Iterator
from uuid import UUID

from builtby.formats.dotnet_tables import Metadata, compressed
from builtby.formats.pdb_checksums import PdbFile

_DOCUMENT = 0x30
_ALGORITHMS = {
    UUID("406ea660-64cf-4c82-b6f0-42d48172a799"): ("md5", 16),
    UUID("ff1816ec-aa5e-4d10-87f7-6f4963833460"): ("sha1", 20),
    UUID("8829d00f-11b8-4213-878b-770e8597ac16"): ("sha256", 32),
}
_CUT = "the PDB's table of documents is cut off: the others are unknown"
_NO_NAME = "documents whose names could not be read, for the PDB is damaged"
_TOO_MUCH = "the PDB names more documents than are read of one: the rest was not looked at"
_MOST, _MOST_PARTS, _LONGEST = 1_000_000, 256, 4096


def documents(metadata: Metadata, problems: dict[str, None]) -> Iterator[PdbFile]:
    """Yield the documents. What could not be read is added to `problems`."""
    table = metadata.tables.get(_DOCUMENT)
    names, parts = dict[int, str](), dict[int, bytes]()
    for number in range(1, min(table.rows if table else 0, _MOST) + 1):
        row = metadata.row(_DOCUMENT, number)
        if not row:
            problems[_CUT] = None
            return
        if row[0] not in names:
            names[row[0]] = _name(metadata, row[0], parts)
        path = names[row[0]]
        if path:
            guid = metadata.guid(row[1])
            algorithm, size = _ALGORITHMS.get(UUID(bytes_le=guid), (None, 0)) if len(guid) == 16 else (None, 0)
            digest = metadata.blob(row[2])
            known = algorithm if len(digest) == size else None
            yield PdbFile(path, known, digest.hex() if known else None)
        else:
            problems[_NO_NAME] = None
    if table and table.rows > _MOST:
        problems[_TOO_MUCH] = None


def _name(metadata: Metadata, index: int, known: dict[int, bytes]) -> str:
    """Return a name, which is stored as a separator and the indexes of its parts. `known`: parts that were read."""
    raw = metadata.blob(index)
    separator, at, size = raw[:1].replace(b"\0", b""), 1, 0
    parts: list[bytes] = []
    while at < len(raw) and len(parts) < _MOST_PARTS and size < _LONGEST:
        part, width = compressed(raw, at)
        if not width:
            return ""
        at += width
        if part not in known:
            known[part] = metadata.blob(part)[:_LONGEST] if part else b""
        parts.append(known[part])
        size += len(known[part]) + 1
    return separator.join(parts)[:_LONGEST].decode("utf-8", "backslashreplace")
