"""Compressed streams: gzip, xz, bzip2, zstd. Decompressed as they go by, in bounded memory."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

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


def decompressed(make: Callable[[], Decompressor], magic: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the plain bytes of one or several members put one after another; other trailing bytes are ignored.

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
                data = decoder.unused_data.lstrip(b"\0") or next(chunks, b"").lstrip(b"\0")
                if not data.startswith(magic):
                    return
                decoder = make()
            elif decoder.needs_input:
                data = next(chunks, b"")
                if not data:
                    raise Damaged("the compressed data ends too early (truncated?)")
    except _ERRORS as error:
        raise Damaged(f"the compressed data cannot be decoded: {error}") from error


_CODECS: dict[str, tuple[bytes, Callable[[], Decompressor], tuple[str, ...]]] = {
    "gzip": (b"\x1f\x8b", _gzip, (".gz", ".tgz")),
    "xz": (b"\xfd7zXZ\0", _xz, (".xz", ".txz")),
    "lzma": (b"\x5d\x00\x00", _xz, (".lzma",)),
    "bzip2": (b"BZh", bz2.BZ2Decompressor, (".bz2", ".tbz2")),
    "zstd": (b"\x28\xb5\x2f\xfd", _zstd, (".zst", ".zstd", ".tzst")),
}


def plain_chunks(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress chunks whose first bytes are `head`, if they are compressed; else hand them through."""
    for magic, make, _ in _CODECS.values():
        if head.startswith(magic):
            return decompressed(make, magic, chunks)
    return chunks


def _reader(name: str) -> Callable[[Stream, Note], Members]:
    magic, make, _ = _CODECS[name]

    def read(stream: Stream, _note: Note) -> Members:
        plain = ChunkStream(decompressed(make, magic, stream_chunks(stream)))
        yield Member("", "file", None), plain

    return read


CONTAINERS = tuple(
    Container(name, _reader(name), magics=(magic,), accepts=(lambda path, _head: path.lower().endswith(".lzma"))
              if name == "lzma" else None)
    for name, (magic, _, _) in _CODECS.items()
)
"""A compressed file is an archive of one member, whose path is empty: it adds nothing to the name."""
