"""Tar archives, as every program writes them."""

import io
import tarfile

import pytest

from builtby.sources.base import Damaged, Member
from builtby.sources.tar import CONTAINER, EXTENDED, PATH_LIMIT, is_tar, names, number
from tests.bombs import entry, header, pax
from tests.sources.archives import all_of, members_of, stream_of

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def written(files: dict[str, bytes], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_files_of_all_sizes(form: str) -> None:
    files = {"a": b"", "b/c": b"x", "d": b"y" * 511, "e": b"z" * 512, "f" * 90: b"w" * 5000}
    assert all_of(CONTAINER, written(files, FORMATS[form])) == files


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_long_names_and_names_in_other_scripts(form: str) -> None:
    files = {"folder/" * 40 + "file": b"x", "Ünïcödé/文件": b"y"}
    assert all_of(CONTAINER, written(files, FORMATS[form])) == files


def test_a_path_in_two_fields() -> None:
    name = "d" * 100 + "/" + "f" * 90
    assert list(all_of(CONTAINER, written({name: b"x"}, tarfile.USTAR_FORMAT))) == [name]


def test_kinds_and_links() -> None:
    blocks = [header("f", 0), header("h", 0, b"1"), header("s", 0, b"2"), header("d/", 0, b"5"), header("p", 0, b"6"),
              header("S", 0, b"S"), header("old", 0, b"\0")]
    assert [member.kind for member in members_of(CONTAINER, b"".join(blocks))] == [
        "file", "hardlink", "symlink", "directory", "other", "sparse", "file"]
    link = pax({"linkpath": b"target"}) + header("x", 5, b"2") + entry("y", b"data")
    assert [(member.path, member.link) for member in members_of(CONTAINER, link)] == [("x", "target"), ("y", "")]


def test_one_time_for_all_is_noted() -> None:
    noted: list[tuple[str, str]] = []
    all_of(CONTAINER, written({"a": b"", "b": b""}, tarfile.GNU_FORMAT), lambda *note: noted.append(note))
    assert noted == [("tar.mtime", "1700000000")]


def test_numbers() -> None:
    assert number(b"0000644\0") == 0o644
    assert number(b"        ") == 0
    assert number(b"\x80\0\0\0\0\0\0\1\0") == 256
    assert number(b"\xff" * 12) == -1
    with pytest.raises(Damaged):
        number(b"9999999\0")


def test_what_begins_a_tar_archive() -> None:
    old = bytearray(header("x", 0))
    old[257:265] = bytes(8)
    old[148:156] = b"        "
    old[148:156] = b"%06o\0 " % sum(old)
    assert is_tar("", header("x", 0))
    assert is_tar("", bytes(old))
    old[0] ^= 1
    assert not is_tar("", bytes(old))
    assert not is_tar("", bytes(512))
    assert not is_tar("", b"x")


@pytest.mark.parametrize("at", [100, 512, 600, 1500])
def test_an_archive_that_is_cut_off(at: int) -> None:
    data = entry("a", b"x" * 600) + entry("b", b"y" * 600)
    found: list[Member] = []
    with pytest.raises(Damaged, match="truncated"):
        found += [member for member, _ in CONTAINER.stream(stream_of(data[:at]), lambda *_: None)]


def test_extended_headers_are_bounded() -> None:
    most = b"".join(pax({"comment": b"x"}) for _ in range(EXTENDED))
    assert list(names(stream_of(most + header("x", 0)))) == ["x"]
    with pytest.raises(Damaged, match="too many"):
        list(names(stream_of(most + pax({"comment": b"x"}) + header("x", 0))))


def test_paths_are_bounded_and_times_fit() -> None:
    long = pax({"path": b"p" * 100_000}) + header("x", 0, mtime=b"\x80" + b"\xff" * 11)
    (member,) = members_of(CONTAINER, long)
    assert len(member.path) == PATH_LIMIT
    assert member.mtime is None
