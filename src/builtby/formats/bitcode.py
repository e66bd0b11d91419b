r"""LLVM bitcode: alone, in the wrapper that Darwin puts around it, and in sections of other files.

Surface `bitcode.producer`: the identification block's string, `LLVM18.1.8`, `LLVM22.1.2-rust-1.95.0-stable`,
`APPLE_1_1500.3.9.4_0`; older bitcode (before LLVM 3.8) has none. Fact `bitcode.epoch`. Region `bitcode.data`: the
whole, for the compiler's own name stands in the metadata (`llvm.ident`), whose strings are plain bytes.

Source: LLVM's "Bitcode File Format". Only the first block is decoded.
"""

from struct import unpack_from

from builtby.formats.base import Format, Reading, Region
from builtby.sources.view import View

MAGIC, WRAPPER = b"BC\xc0\xde", b"\xde\xc0\x17\x0b"
_IDENTIFICATION_BLOCK = 13
_STRING, _EPOCH = 1, 2
_MOST_BLOCK = 4096
_MOST_RECORDS = 64
_MOST_OPERANDS = 512
_MOST_SEARCHED = 16 << 20
_CHAR6 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
_FIXED, _VBR, _ARRAY, _CHAR = 1, 2, 3, 4


class _Bits:
    """Reads numbers of any width from bytes, least significant bit first."""

    def __init__(self, raw: bytes) -> None:
        self._value, self.left, self.at = int.from_bytes(raw, "little"), len(raw) * 8, 0

    def fixed(self, width: int) -> int:
        if self.at + width > self.left:
            raise EOFError
        number = self._value >> self.at & (1 << width) - 1
        self.at += width
        return number

    def variable(self, width: int) -> int:
        number = shift = 0
        while shift < 64:
            part = self.fixed(width)
            number |= (part & (1 << width - 1) - 1) << shift
            if not part >> width - 1:
                return number
            shift += width - 1
        raise EOFError

    def align(self) -> None:
        self.at += -self.at % 32

    def end_in(self, width: int) -> None:
        """Let go what follows the next bits: every number is cut from all that is left."""
        self.left = min(self.left, self.at + width)
        self._value &= (1 << self.left) - 1


_Abbreviation = list[tuple[int, int]]
"""Operands as (encoding, width); encoding 0 is a literal, whose value is the width."""


def identification(raw: bytes) -> tuple[str | None, int | None]:
    """Return the producer's string and the epoch that bitcode's first block tells; None for what it does not."""
    if raw[:4] != MAGIC:
        return None, None
    bits = _Bits(raw[4:_MOST_BLOCK])
    producer: str | None = None
    epoch: int | None = None
    try:
        if bits.fixed(2) != 1 or bits.variable(8) != _IDENTIFICATION_BLOCK:
            return None, None
        width = bits.variable(4)
        bits.align()
        bits.end_in(bits.fixed(32) * 32)
        for code, operands in _records(bits, width):
            if code == _STRING:
                producer = bytes(number & 0xFF for number in operands).decode("latin-1")
            elif code == _EPOCH and operands:
                epoch = operands[0]
    except (EOFError, ValueError, IndexError):
        pass
    return producer, epoch


def _records(bits: _Bits, width: int) -> list[tuple[int, list[int]]]:
    if not 2 <= width <= 32:
        return []
    abbreviations: list[_Abbreviation] = []
    records: list[tuple[int, list[int]]] = []
    for _ in range(_MOST_RECORDS):
        kind = bits.fixed(width)
        if kind < 2:
            break
        if kind == 2:
            abbreviations.append(_define(bits))
        elif kind == 3:
            code, count = bits.variable(6), bits.variable(6)
            records.append((code, [bits.variable(6) for _ in range(min(count, _MOST_OPERANDS))]))
        else:
            code, *operands = _abbreviated(bits, abbreviations[kind - 4])
            records.append((code, operands))
    return records


def _define(bits: _Bits) -> _Abbreviation:
    operands: _Abbreviation = []
    for _ in range(min(bits.variable(5), _MOST_OPERANDS)):
        if bits.fixed(1):
            operands.append((0, bits.variable(8)))
        else:
            encoding = bits.fixed(3)
            operands.append((encoding, bits.variable(5) if encoding in (_FIXED, _VBR) else 0))
    return operands


def _abbreviated(bits: _Bits, operands: _Abbreviation) -> list[int]:
    values: list[int] = []
    for index, operand in enumerate(operands):
        if operand[0] == _ARRAY:
            count = min(bits.variable(6), _MOST_OPERANDS)
            return values + [_scalar(bits, operands[index + 1]) for _ in range(count)]
        values.append(_scalar(bits, operand))
    return values


def _scalar(bits: _Bits, operand: tuple[int, int]) -> int:
    encoding, width = operand
    if encoding == 0:
        return width
    if encoding == _FIXED:
        return bits.fixed(min(width, 64))
    if encoding == _VBR:
        return bits.variable(min(max(width, 2), 32))
    if encoding == _CHAR:
        return ord(_CHAR6[bits.fixed(6)])
    raise ValueError(encoding)


def read(view: View, path: str) -> Reading:
    """Return what stands in a file of bitcode."""
    reading = Reading("bitcode")
    offset, size = 0, view.size
    head = view.read(0, 20)
    if head[:4] == WRAPPER and len(head) == 20:
        _, offset, size, cpu = unpack_from("<IIII", head, 4)
        reading.facts["bitcode.cpu"] = f"{cpu:#x}"
    producer, epoch = identification(view.read(offset, _MOST_BLOCK))
    if producer:
        reading.add("bitcode.producer", producer, offset)
    if epoch is not None:
        reading.facts["bitcode.epoch"] = str(epoch)
    if view.read(offset, 4) != MAGIC:
        reading.problem = "the wrapper holds no bitcode"
    size = min(size, view.size - offset, _MOST_SEARCHED)
    if size > 0:
        reading.regions.append(Region("bitcode.data", offset, size))
    return reading


FORMAT = Format("bitcode", read, magics=(MAGIC, WRAPPER))
