"""Compressed streams: gzip, xz, bzip2, zstd. Decompressed as they go by, in bounded memory."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from builtby.model import text
from builtby.sources.base import Container, Damaged, Member, Members, Note, Stream
from builtby.sources.stream import ChunkStream, stream_chunks

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OUT = 256 << 10
"""Bytes decompressed at a time: a bomb cannot make more of them at once."""
XZ_MEMORY = 96 << 20
ZSTD_WINDOW_LOG = 26
"""64 MiB windows; larger ones (`zstd --ultra --long=27` and up) are refused rather than paid for."""


class Decompressor(Protocol):
    """The interface of bz2, lzma, zstd and ISA-L decompressors alike."""

    def decompress(self, data: bytes, max_length: int) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _ZlibGzip:
    """zlib's gzip decoder with the others' interface, for where ISA-L has no wheel."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


_ERRORS: tuple[type[Exception], ...] = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)

try:
    from isal import igzip_lib

    def _gzip() -> Decompressor:
        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)

    _ERRORS = (*_ERRORS, igzip_lib.IsalError)  # type: ignore[arg-type]  # its stubs call the class an instance
except ImportError:
    _gzip = _ZlibGzip


def _xz() -> Decompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_AUTO, memlimit=XZ_MEMORY)


def _zstd() -> Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})


def decompressed(
    make: Callable[[], Decompressor], magics: tuple[bytes, ...], chunks: Iterator[bytes],
) -> Iterator[bytes]:
    """Yield the plain bytes of one or several members put one after another; other trailing bytes are ignored.

    `magics`: what a further member begins with.

    Raises Damaged for bytes that are no such data, or that end too early.
    """
    decoder, data = make(), next(chunks, b"")
    try:
        while True:
            plain = decoder.decompress(data, OUT)
            if plain:
                yield plain
            data = b""
            if decoder.eof:
                data = _further(decoder.unused_data, chunks)
                if not data.startswith(magics):
                    return
                decoder = make()
            elif decoder.needs_input:
                data = next(chunks, b"")
                if not data:
                    raise Damaged("the compressed data ends too early (truncated?)")
    except _ERRORS as error:
        raise Damaged(f"the compressed data cannot be decoded: {error}") from error


def _further(data: bytes, chunks: Iterator[bytes]) -> bytes:
    """Return what follows a member, without padding: at least as much as tells whether it is another member."""
    data = data.lstrip(b"\0")
    while len(data) < LONGEST_MAGIC and (more := next(chunks, b"")):
        data = (data + more).lstrip(b"\0")
    return data


LONGEST_MAGIC = 6
_GZIP_HEADER, _FEXTRA, _FNAME, _FCOMMENT = 10, 4, 8, 16
_LONGEST_COMMENT = 256
_SKIPPABLE = tuple(bytes([kind]) + b"\x2a\x4d\x18" for kind in range(0x50, 0x60))
"""zstd frames of other data, which stand before, between or behind those of the file. (RFC 8878, 3.1.2)"""
_CODECS: dict[str, tuple[tuple[bytes, ...], Callable[[], Decompressor]]] = {
    "gzip": ((b"\x1f\x8b",), _gzip),
    "xz": ((b"\xfd7zXZ\0",), _xz),
    "lzma": ((b"\x5d\x00\x00",), _xz),
    "bzip2": ((b"BZh",), bz2.BZ2Decompressor),
    "zstd": ((b"\x28\xb5\x2f\xfd", *_SKIPPABLE), _zstd),
}


def plain_chunks(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress chunks whose first bytes are `head`, if they are compressed; else hand them through."""
    for magics, make in _CODECS.values():
        if head.startswith(magics):
            return decompressed(make, magics, chunks)
    return chunks


def gzip_comment(head: bytes) -> str:
    """Return the comment that the header of a gzip file has, empty if none. Source: RFC 1952, 2.3."""
    flags = head[3] if len(head) > _GZIP_HEADER else 0
    at = _GZIP_HEADER
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    if flags & _FNAME:
        at = head.find(b"\0", at) + 1
    end = head.find(b"\0", at, at + _LONGEST_COMMENT) if at and flags & _FCOMMENT else -1
    return text(head[at:end]) if end >= 0 else ""


def _reader(name: str) -> Callable[[Stream, Note], Members]:
    magics, make = _CODECS[name]

    def read(stream: Stream, note: Note) -> Members:
        chunks = stream_chunks(stream)
        if name == "gzip":
            first = next(chunks, b"")
            if comment := gzip_comment(first):
                note("gzip.comment", comment)
            chunks = chain((first,), chunks)
        yield Member("", "file", None), ChunkStream(decompressed(make, magics, chunks))

    return read


CONTAINERS = tuple(
    Container(name, _reader(name), magics=magics, accepts=(lambda path, _head: path.lower().endswith(".lzma"))
              if name == "lzma" else None)
    for name, (magics, _) in _CODECS.items()
)
"""A compressed file is an archive of one member, whose path is empty: it adds nothing to the name."""
