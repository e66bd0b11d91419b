"""A zip member's bytes, decompressed only as far as they are asked for."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import cast

from builtby.sources.base import Damaged
from builtby.sources.compressed import XZ_MEMORY, ZSTD_WINDOW_LOG, Decompressor

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FEED = 32 << 10
"""Compressed bytes handed to a decoder at a time."""
PIECE = 256 << 10
"""Plain bytes asked of a decoder at a time."""
LZMA_DICTIONARY = 64 << 20
STORED, ENCRYPTED = 0, 99

Source = Callable[[int], bytes]
"""Gives the next bytes of the compressed data, at most as many as asked; none at its end."""

_ERRORS: tuple[type[Exception], ...] = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)


class _ZlibRaw:
    """zlib's decoder with the others' interface, for where ISA-L has no wheel."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=-15)

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


try:
    from isal import igzip_lib

    def _deflate() -> Decompressor:
        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)

    _ERRORS = (*_ERRORS, cast("type[Exception]", igzip_lib.error))
except ImportError:
    _deflate = _ZlibRaw


class _Lzma:
    """Zip's LZMA: two bytes of version, two of the properties' length, the properties, then the bare data."""

    def __init__(self) -> None:
        self._head = b""
        self._inner: lzma.LZMADecompressor | None = None

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < 9:
                return b""
            self._inner, data = _lzma_raw(self._head[:9]), self._head[9:]
        return self._inner.decompress(data, max_length)

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def needs_input(self) -> bool:
        return self._inner is None or self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data if self._inner else b""


def _lzma_raw(head: bytes) -> lzma.LZMADecompressor:
    mode, dictionary = head[4], int.from_bytes(head[5:9], "little")
    if head[2:4] != b"\5\0" or mode >= 225 or dictionary > LZMA_DICTIONARY:
        raise Damaged("the LZMA properties are wrong or ask for too much memory")
    return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=[{
        "id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096),
        "lc": mode % 9, "lp": mode // 9 % 5, "pb": mode // 45,
    }])


def _zstd() -> Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})


_METHODS: dict[int, Callable[[], Decompressor]] = {
    8: _deflate,
    12: bz2.BZ2Decompressor,
    14: _Lzma,
    20: _zstd,
    93: _zstd,
    95: lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY),
}


def known(method: int) -> bool:
    """Whether members of this method can be decompressed."""
    return method == STORED or method in _METHODS


class Inflated:
    """A member's plain bytes. `unused` holds what was taken from the source beyond the data's end."""

    __slots__ = ("_decoder", "_make", "_source", "ended")

    def __init__(self, method: int, source: Source) -> None:
        """`method` must be one that is `known`, and not STORED."""
        self._make, self._source = _METHODS[method], source
        self._decoder: Decompressor | None = None
        self.ended = False

    def read(self, size: int) -> bytes:
        data = self._more(size)
        if len(data) == size or self.ended:
            return data
        found = [data]
        missing = size - len(data)
        while missing > 0 and not self.ended:
            found.append(self._more(missing))
            missing -= len(found[-1])
        return b"".join(found)

    def skip(self, size: int) -> int:
        left = size
        while left > 0 and not self.ended:
            left -= len(self._more(min(left, PIECE)))
        return size - left

    def _more(self, size: int) -> bytes:
        """Return some of the next bytes; none do not mean the end."""
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = self._make()
        if self.ended or size <= 0:
            return b""
        data = self._source(FEED) if decoder.needs_input else b""
        if not data and decoder.needs_input:
            if not isinstance(decoder, _Lzma):  # LZMA need not mark its end
                raise Damaged("the compressed data ends too early (truncated?)")
            self.ended = True
            return b""
        try:
            plain = decoder.decompress(data, min(size, PIECE))
        except _ERRORS as error:
            raise Damaged(f"the compressed data cannot be decoded: {error}") from error
        self.ended = decoder.eof
        if not (plain or data or self.ended or decoder.needs_input):
            raise Damaged("the compressed data cannot be decoded: it leads nowhere")
        return plain

    @property
    def unused(self) -> bytes:
        return self._decoder.unused_data if self._decoder is not None and self.ended else b""
