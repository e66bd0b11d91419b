"""The source files of a Windows PDB with their checksums, as MSVC, clang and others write them.

They stand in each module's C13 line information, subsection 0xF4 (file checksums), and name files by their offset in
the stream `/names`. Source: LLVM's description of the PDB file format, and `cvinfo.h` of microsoft-pdb.
"""

from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple

from builtby.formats.msf import Streams
from builtby.sources.view import View

_INFO, _DBI = 1, 3
_CHECKSUMS = 0xF4
_FIRST, _LAST, _IGNORED = 0xF1, 0xFF, 1 << 31
"""Kinds of subsections; the bit says that one is to be passed over."""
_KINDS = {1: ("md5", 16), 2: ("sha1", 20), 3: ("sha256", 32)}
_MOST_MODULES, _MOST_NAMES, _LARGEST_MODULE, _LARGEST_LIST = 500_000, 128 << 20, 64 << 20, 64 << 20
_MOST_NAMED, _MOST_FILES, _LONGEST, _MOST_BYTES = 4096, 2_000_000, 4096, 1 << 30


_NO_STREAMS = "the PDB is truncated or damaged: it has no streams"
_NO_NAMES = "the PDB's names of files are missing or damaged"
_NO_NAME = "sources whose names could not be read, for the PDB is damaged"
_NO_MODULES = "the PDB's list of modules is missing or damaged: some were not looked at"
_CUT = "a module's line information is cut off: its other sources are unknown"
_TOO_MUCH = "the PDB names more than is read of one: the rest was not looked at"


class PdbFile(NamedTuple):
    """A source file. `algorithm` and `digest` are None when the PDB gives no checksum."""

    path: str
    algorithm: str | None
    digest: str | None


def source_files(view: View, problems: dict[str, None]) -> Iterator[PdbFile]:
    """Yield the source files of all modules; one may come again. What could not be read is added to `problems`."""
    streams = Streams(view)
    if not len(streams):
        problems[_NO_STREAMS] = None
    names = _names(streams)
    if not names:
        problems[_NO_NAMES] = None
    left, bytes_left = _MOST_FILES, _MOST_BYTES
    for stream, start, size in _modules(streams, problems):
        raw = streams.read(stream, start, min(size, _LARGEST_MODULE))
        if len(raw) < size:
            problems[_CUT] = None
        bytes_left -= len(raw)
        for offset, kind, digest in _checksums(raw, problems):
            left -= 1
            if left < 0 or bytes_left < 0:  # modules that share their bytes, for none have so many of their own
                problems[_TOO_MUCH] = None
                return
            path = names[offset : offset + _LONGEST].partition(b"\0")[0].decode("utf-8", "backslashreplace")
            algorithm, length = _KINDS.get(kind, (None, 0))
            if path:
                known = algorithm if len(digest) == length else None
                yield PdbFile(path, known, digest.hex() if known else None)
            else:
                problems[_NO_NAME] = None


def _names(streams: Streams) -> bytes:
    """Return the strings of the stream `/names`."""
    number = _named(streams, b"/names")
    head = streams.read(number, 0, 12) if number is not None else b""
    if len(head) < 12 or head[:4] != b"\xfe\xef\xfe\xef":
        return b""
    return streams.read(number or 0, 12, min(unpack_from("<I", head, 8)[0], _MOST_NAMES))


def _named(streams: Streams, name: bytes) -> int | None:
    """Return the number of a named stream: a table of offsets of names, with two bit fields before it."""
    raw = streams.read(_INFO, 28, 1 << 20)
    if len(raw) < 4:
        return None
    size = unpack_from("<I", raw)[0]
    texts, at = raw[4 : 4 + size], 4 + size
    if at + 8 > len(raw):
        return None
    count = unpack_from("<I", raw, at)[0]
    at += 8
    for _ in range(2):
        if at + 4 > len(raw):
            return None
        at += 4 + 4 * unpack_from("<I", raw, at)[0]
    for _ in range(min(count, _MOST_NAMED)):
        if at + 8 > len(raw):
            return None
        offset, number = unpack_from("<II", raw, at)
        at += 8
        if texts[offset : offset + len(name) + 1] == name + b"\0":
            return int(number)
    return None


def _modules(streams: Streams, problems: dict[str, None]) -> Iterator[tuple[int, int, int]]:
    """Yield where each module's C13 information stands: stream, offset, size."""
    head = streams.read(_DBI, 0, 64)
    size = max(unpack_from("<i", head, 24)[0], 0) if len(head) == 64 else 0
    raw = streams.read(_DBI, 64, min(size, _LARGEST_LIST))
    if not size or len(raw) < size:
        problems[_NO_MODULES] = None
    at = 0
    for _ in range(_MOST_MODULES):
        if at + 64 > len(raw):
            if at < len(raw):
                problems[_NO_MODULES] = None
            return
        stream = unpack_from("<H", raw, at + 34)[0]
        symbols, older, newer = unpack_from("<III", raw, at + 36)
        if newer:
            yield stream, symbols + older, newer
        at += 64
        if raw[at : at + 1] == b"\0":  # every module has a name
            problems[_NO_MODULES] = None
        for _name in range(2):
            end = raw.find(b"\0", at)
            if end < 0:
                problems[_NO_MODULES] = None
                return
            at = end + 1
        at += -at % 4
    problems[_TOO_MUCH] = None


def _checksums(raw: bytes, problems: dict[str, None]) -> Iterator[tuple[int, int, bytes]]:
    """Yield the entries of all subsections of checksums: offset of the name, kind, checksum."""
    at = 0
    while at + 8 <= len(raw):
        kind, size = unpack_from("<II", raw, at)
        if at + 8 + size > len(raw) or not _FIRST <= kind & ~_IGNORED <= _LAST:
            problems[_CUT] = None
        end = min(at + 8 + size, len(raw))
        place = at + 8
        while kind == _CHECKSUMS and place + 6 <= end:
            offset, length, what = unpack_from("<IBB", raw, place)
            yield offset, what, raw[place + 6 : min(place + 6 + length, end)]
            place += 6 + length
            place += -place % 4
        at += 8 + size + (-size % 4)
