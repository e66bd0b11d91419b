from hypothesis import given
from hypothesis import strategies as st

from builtby.formats import bitcode
from builtby.sources.view import BytesView
from tests.formats.elf_help import fixture, values


def test_producer() -> None:
    reading = bitcode.FORMAT.read(BytesView(fixture("clang.bc")), "x.bc")
    assert values(reading, "bitcode.producer") == ["LLVM14.0.6"]
    assert reading.facts["bitcode.epoch"] == "0"
    (region,) = reading.regions
    assert b"Debian clang version 14.0.6" in fixture("clang.bc")[region.offset : region.offset + region.size]


def test_wrapper() -> None:
    inner = fixture("clang.bc")
    head = b"".join(n.to_bytes(4, "little") for n in (0x0B17C0DE, 0, 20, len(inner), 0x01000007))
    reading = bitcode.FORMAT.read(BytesView(head + inner), "x.bc")
    assert values(reading, "bitcode.producer") == ["LLVM14.0.6"]
    assert reading.facts["bitcode.cpu"] == "0x1000007"
    assert bitcode.FORMAT.read(BytesView(head), "x.bc").problem is not None


def test_truncated() -> None:
    data = fixture("clang.bc")
    for length in range(200):
        bitcode.FORMAT.read(BytesView(data[:length]), "x.bc")


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    producer, _ = bitcode.identification(bitcode.MAGIC + raw)
    assert producer is None or len(producer) <= 512


def test_a_letter_that_is_no_letter() -> None:
    """A mutated .llvmbc held a character of 64 bits."""
    bits, at = 0, 0
    for value, width in ((1, 2), (13, 8), (3, 4), (0, 18), (9, 32), (3, 3), (1, 6), (1, 6)):
        bits |= value << at
        at += width
    raw = (bits | 0x6FBEFBEFBEFBEFBE << at).to_bytes(24, "little")
    producer, _ = bitcode.identification(bitcode.MAGIC + raw)
    assert producer is None or len(producer) == 1
