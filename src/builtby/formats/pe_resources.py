"""Resources of a PE.

Surfaces: `pe.version_info`, one a string (`CompanyName=Python Software Foundation`), `pe.manifest`, the beginning of
the XML document that tells Windows what the program needs, `pe.resource`, the name of each resource of raw data.
"""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.pe_image import RESOURCE, Image

_RT_RCDATA, _RT_VERSION, _RT_MANIFEST = 10, 16, 24
_MOST_NAMES, _LONGEST_NAME = 32, 64
_MOST_ENTRIES = 256
_MOST_BYTES = 64 << 10
_MOST_STRINGS = 64
_MANIFEST = 2048
"""Bytes of a manifest that are kept."""
_DEPTH = 3
_SUBDIRECTORY = 0x8000_0000


def read_resources(image: Image, reading: Reading) -> None:
    """Add the strings of the first version resource, and the first manifest."""
    offset, raw = _resource(image, _RT_VERSION, _MOST_BYTES)
    for text in strings(raw):
        reading.add("pe.version_info", text, offset)
    offset, raw = _resource(image, _RT_MANIFEST, _MANIFEST)
    if raw:
        reading.add("pe.manifest", raw, offset)
    base, size = image.directory(RESOURCE)
    for name in _names(image, base, _RT_RCDATA) if size else ():
        reading.add("pe.resource", name, base)


def _resource(image: Image, kind: int, most: int) -> tuple[int, bytes]:
    """Return where the first resource of a kind stands, and its first bytes; none when there is none."""
    base, size = image.directory(RESOURCE)
    entry = _first(image, base, kind) if size else None
    raw = image.view.read(base + entry, 8) if entry is not None else b""
    if len(raw) < 8:
        return 0, b""
    address, length = unpack_from("<II", raw)
    offset = image.offset_of(address)
    return (0, b"") if offset is None else (offset, image.view.read(offset, min(length, most)))


def _names(image: Image, base: int, kind: int) -> list[str]:
    """Return the names of a kind's resources, of those that have one."""
    names: list[str] = []
    place = next((to for number, to in _entries(image, base, 0) if number == kind), None)
    for to, _ in _entries(image, base, place) if place else ():
        raw = image.view.read(base + (to & ~_SUBDIRECTORY), 2 + 2 * _LONGEST_NAME) if to & _SUBDIRECTORY else b""
        length = 2 * unpack_from("<H", raw)[0] if len(raw) >= 2 else 0
        if len(names) < _MOST_NAMES and 0 < length <= len(raw) - 2:
            names.append(raw[2 : 2 + length].decode("utf-16-le", "replace"))
    return names


def _entries(image: Image, base: int, place: int) -> list[tuple[int, int]]:
    """Return (name or number, where to) of a directory's entries."""
    place &= ~_SUBDIRECTORY
    header = image.view.read(base + place, 16)
    if len(header) < 16:
        return []
    named, numbered = unpack_from("<HH", header, 12)
    raw = image.view.read(base + place + 16, min(named + numbered, _MOST_ENTRIES) * 8)
    return [unpack_from("<II", raw, at) for at in range(0, len(raw) - 7, 8)]


def _first(image: Image, base: int, kind: int) -> int | None:
    """Return where, from `base`, the entry of the first resource of a kind stands: by type, name, language."""
    place = 0
    for level in range(_DEPTH):
        wanted = [to for number, to in _entries(image, base, place) if level > 0 or number == kind]
        if not wanted:
            return None
        place = wanted[0] & ~_SUBDIRECTORY
        if bool(wanted[0] & _SUBDIRECTORY) != (level < _DEPTH - 1):
            return None
    return place


def strings(raw: bytes) -> list[str]:
    """Return `KEY=VALUE` for each string of the first table of a VS_VERSIONINFO."""
    mark = "StringFileInfo\0".encode("utf-16-le")
    place = raw.find(mark)
    if place < 0:
        return []
    at = _aligned(place + len(mark)) + 6 + 18  # the table's own header, and its key of eight digits
    found: list[str] = []
    while len(found) < _MOST_STRINGS and at + 6 <= len(raw):
        at = _aligned(at)
        length, words, _ = unpack_from("<HHH", raw, at) if at + 6 <= len(raw) else (0, 0, 0)
        key, end = _wide(raw, at + 6, at + length)
        if length < 8 or not key:
            break
        value = _wide(raw, _aligned(end), at + length)[0] if words else ""
        if value.strip():
            found.append(f"{key}={value.strip()}")
        at += length
    return found


def _wide(raw: bytes, start: int, stop: int) -> tuple[str, int]:
    """Return the zero-ended UTF-16 string at `start`, and the offset behind its end."""
    chunk = raw[start:stop]
    text = chunk.decode("utf-16-le", "replace").partition("\0")[0]
    return text, start + len(text.encode("utf-16-le", "surrogatepass")) + 2


def _aligned(offset: int) -> int:
    return (offset + 3) & ~3
