"""The constant pool of a Java class, walked only when a shorter way does not answer."""

from typing import NamedTuple

_SIZES = {1: 3, 3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 17: 5, 18: 5, 19: 3, 20: 3}
_SIZE = tuple(_SIZES.get(tag, 0) for tag in range(256))
_UTF8 = 1
_LONG, _DOUBLE = 5, 6
_FIRST = 10


class Pool(NamedTuple):
    """Where each constant stands; constants count from 1. `end` is the offset behind the last that was walked."""

    offsets: list[int]
    end: int

    def offset(self, index: int) -> int:
        """Return a constant's offset, or 0 for an index that names none."""
        return self.offsets[index] if 0 < index < len(self.offsets) else 0

    def index_at(self, offset: int) -> int:
        """Return the index of the constant that starts at an offset, or 0."""
        try:
            return self.offsets.index(offset)
        except ValueError:
            return 0


def walk(data: bytes, most: int = 65535) -> Pool | None:
    """Return the places of the first `most` constants; None when they leave the file or one is of an unknown kind.

    Bounded by the 16-bit count and by the data: each step goes forward.
    """
    count = min(int.from_bytes(data[8:10], "big"), most)
    offsets, position, size = [0], _FIRST, len(data)
    while len(offsets) < count:
        if position + 3 > size:
            return None
        tag = data[position]
        step = _SIZE[tag]
        if not step:
            return None
        offsets.append(position)
        position += step
        if tag == _UTF8:
            position += data[position - 2] << 8 | data[position - 1]
        elif tag in (_LONG, _DOUBLE):
            offsets.append(0)
    return Pool(offsets, position) if position <= size else None


def utf8_at(data: bytes, offset: int) -> bytes:
    """Return the text of the Utf8 constant at an offset, or nothing when there is none."""
    if offset <= 0 or data[offset : offset + 1] != b"\x01":
        return b""
    size = int.from_bytes(data[offset + 1 : offset + 3], "big")
    return data[offset + 3 : offset + 3 + size]
