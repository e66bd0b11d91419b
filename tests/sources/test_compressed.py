"""Compressed streams."""

import bz2
import gzip
import lzma
from collections.abc import Callable

import pytest

from builtby.sources.base import Damaged
from builtby.sources.compressed import CONTAINERS, gzip_comment, plain_chunks
from tests.pipeline.parts import zstd
from tests.sources.archives import all_of

BY_NAME = {container.name: container for container in CONTAINERS}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}
DATA = b"some text, more of it, and again\n" * 20_000
SEVERAL = ["gzip", "bzip2", "xz", "zstd"]


@pytest.mark.parametrize("name", PACKED)
def test_a_compressed_file_is_an_archive_of_one_member(name: str) -> None:
    assert all_of(BY_NAME[name], PACKED[name](DATA)) == {"": DATA}


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000])
def test_members_after_one_another_are_one_file_wherever_the_pieces_end(name: str, step: int) -> None:
    packed = PACKED[name](b"one ") + PACKED[name](b"") + PACKED[name](b"two")
    pieces = (packed[at : at + step] for at in range(0, len(packed), step))
    assert b"".join(plain_chunks(packed[:16], pieces)) == b"one two"


@pytest.mark.parametrize("name", SEVERAL)
def test_what_follows_and_is_no_member_is_not_read(name: str) -> None:
    packed = PACKED[name](DATA)
    for rest in (bytes(1000), b"\0\0trailing", b"x"):
        assert b"".join(plain_chunks(packed[:16], iter([packed, rest]))) == DATA


def test_frames_of_other_data_are_passed_over() -> None:
    other = b"\x5f\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    packed = other + zstd.compress(b"one ") + other + other + zstd.compress(b"two") + other
    assert b"".join(plain_chunks(packed[:16], iter([packed]))) == b"one two"


@pytest.mark.parametrize("name", PACKED)
def test_data_that_ends_too_early_is_damaged(name: str) -> None:
    packed = PACKED[name](DATA)
    for cut in (len(packed) // 2, len(packed) - 8):
        with pytest.raises(Damaged):
            all_of(BY_NAME[name], packed[:cut])


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_data_that_is_no_such_data_is_damaged(name: str) -> None:
    with pytest.raises(Damaged):
        all_of(BY_NAME[name], PACKED[name](DATA)[:12] + b"\xff" * 200)


@pytest.mark.parametrize("name", PACKED)
def test_a_bomb_makes_small_pieces(name: str) -> None:
    packed = PACKED[name](bytes(32 << 20))
    assert max(map(len, plain_chunks(packed[:16], iter([packed])))) <= 1 << 20


def test_data_that_asks_for_too_much_memory_is_refused() -> None:
    wide = zstd.compress(DATA, options={zstd.CompressionParameter.window_log: 27})
    large = lzma.compress(DATA, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 256 << 20}])
    for packed in (wide[:4] + b"\x00\xf8" + wide[6:], large):
        with pytest.raises(Damaged):
            b"".join(plain_chunks(packed[:16], iter([packed])))


def test_what_is_not_compressed_is_handed_through() -> None:
    assert b"".join(plain_chunks(DATA[:16], iter([DATA]))) == DATA


@pytest.mark.parametrize(("flags", "fields", "comment"), [
    (16, b"Helm\0", "Helm"),
    (4 | 8 | 16, b"\x03\0+ab" + b"name\0" + b"Helm\0", "Helm"),
    (8, b"name\0Helm\0", ""),
    (4 | 16, b"\xff\xffHelm\0", ""),
    (8 | 16, b"name without an end", ""),
    (16, b"comment without an end", ""),
    (16, b"", ""),
])
def test_the_comment_of_a_gzip_header(flags: int, fields: bytes, comment: str) -> None:
    assert gzip_comment(b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + fields) == comment
    assert gzip_comment(b"\x1f\x8b") == ""
