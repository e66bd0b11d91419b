"""The version resource of a PE. Surface `pe.version_info`, one a string: `CompanyName=Python Software Foundation`."""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.pe_image import RESOURCE, Image

_RT_VERSION = 16
_MOST_ENTRIES = 256
_MOST_BYTES = 64 << 10
_MOST_STRINGS = 64
_DEPTH = 3
_SUBDIRECTORY = 0x8000_0000


def read_version_info(image: Image, reading: Reading) -> None:
    """Add the strings of the first version resource."""
    base, size = image.directory(RESOURCE)
    entry = _first_version(image, base) if size else None
    if entry is None:
        return
    raw = image.view.read(base + entry, 8)
    if len(raw) < 8:
        return
    address, length = unpack_from("<II", raw)
    offset = image.offset_of(address)
    if offset is not None:
        for text in strings(image.view.read(offset, min(length, _MOST_BYTES))):
            reading.add("pe.version_info", text, offset)


def _first_version(image: Image, base: int) -> int | None:
    """Return where, from `base`, the entry of the first version resource stands: by type, then name, then language."""
    place = 0
    for level in range(_DEPTH):
        header = image.view.read(base + place, 16)
        if len(header) < 16:
            return None
        named, numbered = unpack_from("<HH", header, 12)
        raw = image.view.read(base + place + 16, min(named + numbered, _MOST_ENTRIES) * 8)
        entries = [unpack_from("<II", raw, at) for at in range(0, len(raw) - 7, 8)]
        wanted = [to for number, to in entries if level > 0 or number == _RT_VERSION]
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
