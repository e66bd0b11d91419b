r"""Go's build information: the blob that starts with `\xff Go buildinf:`, in whatever format of file.

Surfaces: `go.buildinfo` (the toolchain's version, such as `go1.26.8 X:boringcrypto`; `extra` holds the build
settings, such as `-ldflags=-s -w`, `CGO_ENABLED=1`, `vcs.revision=…`), `go.buildinfo.path` (the main package),
`go.buildinfo.main` and `go.buildinfo.mod` (`PATH VERSION` of the main module and of each other).

Source: Go's debug/buildinfo package, both its layouts: strings inline (Go 1.18 and later) and behind pointers.
"""

from collections.abc import Callable, Iterable
from struct import unpack_from

from builtby.formats.base import Reading
from builtby.sources.view import View

MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_INLINE_AT = 32
_MOST_SEARCHED = 4 << 20
_LONGEST = 1 << 20
_MOST_MODULES = 2000
_MOST_SETTINGS = 64
_KEPT, _MOST_KEPT = 512 << 10, 4
"""Bytes kept of a blob that goes by, and how many of them: what reads Go's programs holds the magic too."""
_SENTINEL = 16
"""Bytes that stand before and behind the module information, so that it can be found in memory."""

AtAddress = Callable[[int, int], bytes]
"""Returns up to so many bytes at a virtual address; b"" where there are none."""


def read_buildinfo(view: View, ranges: Iterable[tuple[int, int]], at: AtAddress, reading: Reading) -> bool:
    """Add the surfaces of the first build information in `ranges` of (offset, size). Return whether one was there.

    `at` is needed for the layout of Go 1.13 to 1.17, whose strings stand behind pointers.
    """
    for offset, size in ranges:
        place = _find(view, offset, min(size, _MOST_SEARCHED))
        if place is not None and _read_at(view, place, at, reading):
            return True
    return False


def follow(offset: int, data: bytes) -> list[tuple[int, int]]:
    """Return the (offset, size) ranges of the blobs with inline strings that begin in these bytes of a file."""
    ranges: list[tuple[int, int]] = []
    at = data.find(MAGIC)
    while at >= 0 and len(ranges) < _MOST_KEPT:
        if data[at + 15 : at + 16] and data[at + 15] & 2:
            ranges.append((offset + at, _KEPT))
        at = data.find(MAGIC, at + 1)
    return ranges


def _find(view: View, offset: int, size: int) -> int | None:
    if view.read(offset, len(MAGIC)) == MAGIC:
        return offset
    for base, window in view.windows(offset, size):
        data, at = bytes(window), -1
        while (at := data.find(MAGIC, at + 1)) >= 0:
            if (base + at) % _ALIGN == offset % _ALIGN:
                return base + at
    return None


def _read_at(view: View, place: int, at: AtAddress, reading: Reading) -> bool:
    header = view.read(place, _INLINE_AT)
    if len(header) < _INLINE_AT:
        return False
    if header[15] & 2:
        version, end = _inline(view, place + _INLINE_AT)
        info = _inline(view, end)[0] if version else b""
    else:
        version, info = _pointed(header, 0, at), _pointed(header, 1, at)
    if not version:
        return False
    _describe(version, info, place, reading)
    return True


def _inline(view: View, place: int) -> tuple[bytes, int]:
    """Return the string at `place` that a varint of its length precedes, and the offset behind it."""
    raw = view.read(place, 10)
    length = 0
    for index, byte in enumerate(raw):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            start = place + index + 1
            return (view.read(start, length), start + length) if length <= _LONGEST else (b"", start)
    return b"", place


def _pointed(header: bytes, index: int, at: AtAddress) -> bytes:
    """Return the string whose header's address is the `index`th pointer behind the magic."""
    size, order = header[14], ">" if header[15] & 1 else "<"
    if size not in (4, 8):
        return b""
    form = "Q" if size == 8 else "I"
    place = unpack_from(order + form, header, 16 + index * size)[0] if 16 + (index + 1) * size <= len(header) else 0
    pair = at(place, 2 * size) if place else b""
    if len(pair) < 2 * size:
        return b""
    address, length = unpack_from(order + 2 * form, pair)
    return at(address, length) if length <= _LONGEST else b""


def _describe(version: bytes, info: bytes, place: int, reading: Reading) -> None:
    lines: list[str] = []
    if len(info) > 2 * _SENTINEL and info[-_SENTINEL - 1] == 0x0A:
        lines = info[_SENTINEL:-_SENTINEL].decode("utf-8", "backslashreplace").splitlines()
    settings = [line[6:] for line in lines if line.startswith("build\t")]
    reading.add("go.buildinfo", version, place, extra=tuple(map(_unquoted, settings[:_MOST_SETTINGS])))
    for line in lines[: _MOST_MODULES + _MOST_SETTINGS]:
        word, _, rest = line.partition("\t")
        fields = rest.split("\t")
        if word == "path":
            reading.add("go.buildinfo.path", rest, place)
        elif word in ("mod", "dep", "=>") and len(fields) > 1:
            kind = "go.buildinfo.main" if word == "mod" else "go.buildinfo.mod"
            reading.add(kind, f"{fields[0]} {fields[1]}", place)


def _unquoted(setting: str) -> str:
    """Return `KEY=VALUE`; Go quotes a value, or a key, that has blanks or quotes in it."""
    key, equals, value = setting.partition("=")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"`":
        value = value[1:-1]
    return key.strip("\"`") + equals + value
