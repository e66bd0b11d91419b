"""cpio archives, in each of their forms."""

import gzip

import pytest

from builtby.sources import cpio
from builtby.sources.base import Damaged
from builtby.sources.parts import Pushback
from tests.sources.archives import all_of, members_of, silent, stream_of, unpacked


@pytest.mark.parametrize("name", ["two.cpio.gz", "bin.cpio.gz"])
def test_reads_members(name: str) -> None:
    members = members_of(cpio.CONTAINER, unpacked(name))
    assert [(m.path, m.kind, m.link) for m in members[:3]] == [
        ("f", "file", ""), ("l", "symlink", "f"), ("d", "directory", "")]
    assert all_of(cpio.CONTAINER, unpacked(name)) == {"f": b"hi\n"}


def test_reads_several_archives_in_a_row() -> None:
    assert [m.path for m in members_of(cpio.CONTAINER, unpacked("two.cpio.gz"))] == ["f", "l", "d"] * 2


def test_hands_on_what_follows_an_initramfs() -> None:
    found = all_of(cpio.CONTAINER, unpacked("init.cpio.gz"))
    assert found["f"] == b"hi\n"
    assert gzip.decompress(found[""]).startswith(b"070702")


def test_reads_members_that_only_have_a_number() -> None:
    data = b"07070X00000001\0\0last\n\0\0\0" + b"07070X00000000\0\0" + trailer()
    listed = [cpio.File("/usr", 0o40755, 0, 0), cpio.File("/usr/z", 0o100644, 5, 0)]
    found = [(m.path, s.read(9)) for m, s in cpio.members(Pushback(stream_of(data)), listed)]
    assert found == [("/usr/z", b"last\n"), ("/usr", b"")]
    with pytest.raises(Damaged, match="list of files"):
        list(cpio.members(Pushback(stream_of(data))))


def trailer() -> bytes:
    name = b"TRAILER!!!\0"
    return b"070701" + b"0" * 88 + f"{len(name):08x}".encode() + b"0" * 8 + name + bytes(3)


def test_two_bytes_of_magic_are_not_enough() -> None:
    accepts = cpio.CONTAINER.accepts
    assert accepts is not None
    assert accepts("x", unpacked("bin.cpio.gz")[:4096])
    assert not accepts("x", b"\xc7\x71" + bytes(100))
    assert not accepts("x", b"\x71\xc7abcdefghijklmnopqrstuvwxyz")
    assert not accepts("x", b"\xc7\x71")


@pytest.mark.parametrize("name", ["two.cpio.gz", "bin.cpio.gz", "init.cpio.gz"])
def test_damage_is_a_reason_never_a_crash(name: str) -> None:
    data = unpacked(name)
    for at in range(0, len(data), 3):
        for broken in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            try:
                list(cpio.read(stream_of(broken, 500), silent))
            except Damaged as reason:
                assert str(reason)


def test_a_negative_number_is_none() -> None:
    data = b"070701" + b"00000001" + b"-0000001" + b"0" * 88
    with pytest.raises(Damaged, match="a number that is none"):
        list(cpio.read(stream_of(data), silent))
