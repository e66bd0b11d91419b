"""The streams of a Windows PDB: a file system in a file, called MSF 7.00.

Source: LLVM's description of the PDB file format (docs/PDB). Nothing here raises on bad bytes.
"""

from struct import unpack_from

from builtby.sources.view import View

MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
_BLOCK_SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768)
_MOST_STREAMS, _LARGEST_DIRECTORY, _NO_STREAM = 200_000, 8 << 20, 0xFFFFFFFF


class Streams:
    """The streams by number."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._streams: list[tuple[int, tuple[int, ...]]] = []
        self._block = 0
        head = view.read(0, 56)
        if len(head) == 56 and head[:32] == MAGIC:
            self._read(*unpack_from("<IIIIII", head, 32))

    def _read(self, block: int, _free: int, _count: int, size: int, _unknown: int, table: int) -> None:
        if block not in _BLOCK_SIZES or not 0 < size <= _LARGEST_DIRECTORY:
            return
        self._block = block
        number = -(-size // block)
        raw = self._view.read(table * block, 4 * number)
        places = unpack_from(f"<{len(raw) // 4}I", raw)
        directory = self._blocks(places, size)
        if len(directory) < 4:
            return
        count = int.from_bytes(directory[:4], "little")
        if count > _MOST_STREAMS or len(directory) < 4 + 4 * count:
            return
        at = 4 + 4 * count
        for length in unpack_from(f"<{count}I", directory, 4):
            used = 0 if length == _NO_STREAM else -(-length // block)
            if at + 4 * used > len(directory):
                return
            self._streams.append((0 if length == _NO_STREAM else length, unpack_from(f"<{used}I", directory, at)))
            at += 4 * used

    def _blocks(self, places: tuple[int, ...], size: int) -> bytes:
        return b"".join(self._view.read(place * self._block, self._block) for place in places)[:size]

    def __len__(self) -> int:
        return len(self._streams)

    def read(self, number: int, start: int, size: int) -> bytes:
        """Return part of a stream; empty when it is not there."""
        if not 0 <= number < len(self._streams) or start < 0 or size <= 0:
            return b""
        length, places = self._streams[number]
        size = min(size, length - start)
        if size <= 0:
            return b""
        first, last = start // self._block, (start + size - 1) // self._block
        raw = self._blocks(places[first : last + 1], (last + 1 - first) * self._block)
        return raw[start - first * self._block :][:size]

    def size(self, number: int) -> int:
        """Return how long a stream is; 0 when it is not there."""
        return self._streams[number][0] if 0 <= number < len(self._streams) else 0
