"""Zip archives: what the directory says is read, and not believed."""

import io
import struct
import sys
import time
import zipfile

import pytest

from builtby.sources import zipfile_, zipstream, zipview
from builtby.sources.base import Damaged
from builtby.sources.registry import identify
from builtby.sources.view import BytesView
from tests.sources.archives import all_of, every, silent, stream_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZIP = zipfile_.CONTAINERS[-1]
FILES = {"a.txt": b"alpha" * 3000, "dir/b.bin": bytes(range(256)) * 40, "empty": b""}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class GoingBy(io.BytesIO):
    """What cannot be gone back in, so that lengths are written after the members."""

    def seek(self, *_args: object) -> int:
        raise OSError


def make(files: dict[str, bytes] = FILES, method: int = zipfile.ZIP_DEFLATED, *, seekable: bool = True) -> bytes:
    buffer = io.BytesIO() if seekable else GoingBy()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("view", [True, False])
def test_reads_every_method(method: int, view: bool) -> None:
    assert all_of(ZIP, make(method=method), view=view) == FILES


@pytest.mark.parametrize("view", [True, False])
def test_reads_zstd(view: bool) -> None:
    packed = zstd.compress(b"zstandard " * 500)
    data = bytearray(make({"z": packed}, zipfile.ZIP_STORED))
    for magic, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        struct.pack_into("<H", data, data.index(magic) + at, 93)
    assert all_of(ZIP, bytes(data), view=view) == {"z": b"zstandard " * 500}


def test_reads_members_whose_length_comes_after_them() -> None:
    data = make(seekable=False)
    assert b"PK\7\x08" in data
    assert all_of(ZIP, data) == FILES
    assert all_of(ZIP, data, view=True) == FILES


def test_reads_wide_members() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, \
            archive.open("wide", "w", force_zip64=True) as member:
        member.write(b"w" * 9000)
    assert all_of(ZIP, buffer.getvalue()) == {"wide": b"w" * 9000}
    assert all_of(ZIP, buffer.getvalue(), view=True) == {"wide": b"w" * 9000}


@pytest.mark.parametrize("view", [True, False])
def test_reads_behind_a_launcher_and_before_a_comment(view: bool) -> None:
    data = b"#!/usr/bin/env python3\n" + make()
    assert all_of(ZIP, data, view=view) == FILES
    assert all_of(ZIP, b"JM\1\0" + make(), view=view) == FILES


def test_an_empty_archive_is_empty() -> None:
    assert all_of(ZIP, make({})) == {}
    assert all_of(ZIP, make({}), view=True) == {}


def test_names_the_creator_once() -> None:
    notes: list[tuple[str, str]] = []
    all_of(ZIP, make(), lambda kind, text: notes.append((kind, text)), view=True)
    assert [kind for kind, _ in notes] == ["zip.creator"]
    assert notes[0][1].startswith("host=3 version=20 ")


def test_names_are_text_whatever_their_bytes() -> None:
    data = make({"caf\u00e9/\u4e2d": b"x", "plain": b"y"})
    assert set(all_of(ZIP, data, view=True)) == {"caf\u00e9/\u4e2d", "plain"}
    old = make({"XXXX": b"x"}).replace(b"XXXX", b"\x82\\ab")
    assert set(all_of(ZIP, old, view=True)) == {"\u00e9/ab"}


def test_symbolic_links_say_where_they_point() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "target")
    [(member, _)] = zipview.read(BytesView(buffer.getvalue()), silent, every)
    assert (member.kind, member.link) == ("symlink", "target")


def test_an_encrypted_member_says_so_and_the_rest_is_read() -> None:
    data = bytearray(make())
    data[data.index(b"PK\1\2") + 8] |= 1
    data[6] |= 1
    for members in (zipview.read(BytesView(data), silent, every), zipstream.read(stream_of(bytes(data)), silent)):
        with pytest.raises(Damaged, match="encrypted"):
            next(members)[1].read(1)
        assert [member.path for member, _ in members] == ["dir/b.bin", "empty"]


def test_members_that_share_bytes_are_refused() -> None:
    data = bytearray(make({"one": b"x" * 500, "two": b"y" * 500}, zipfile.ZIP_STORED))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    struct.pack_into("<I", data, second + 42, 0)  # both now claim the first member's bytes
    (_, first), (_, other) = [(m, s) for m, s in zipview.read(BytesView(data), silent, every)]
    assert first.read(3) == b"xxx"
    with pytest.raises(Damaged, match="shares bytes"):
        other.read(1)


@pytest.mark.parametrize("view", [True, False])
def test_a_truncated_archive_is_damaged(view: bool) -> None:
    data = make()
    for size in range(1, len(data) - 1, 17):
        try:
            found = all_of(ZIP, data[:size], view=view)
        except Damaged:
            continue
        assert not view
        assert found == FILES  # the stream does not need the directory


@pytest.mark.parametrize("view", [True, False])
def test_damage_anywhere_is_a_reason_never_a_crash(view: bool) -> None:
    data = make(seekable=False)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        try:
            all_of(ZIP, bytes(broken), view=view)
        except Damaged as reason:
            assert str(reason)


def test_a_bomb_is_decompressed_only_as_far_as_asked() -> None:
    data = make({"bomb": bytes(50 << 20)})
    started = time.process_time()
    [(member, stream)] = zipview.read(BytesView(data), silent, every)
    assert stream.read(4096) == bytes(4096)
    assert member.size == 50 << 20
    assert time.process_time() - started < 0.05


def test_which_kind_of_zip() -> None:
    head = make({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0"})[:512]
    plain = make()[:512]

    def kind(path: str, first: bytes) -> str | None:
        container = identify(path, first)
        return container.name if container else None

    assert kind("a/b.jar", plain) == "jar"
    assert kind("a/b.WHL", plain) == "wheel"
    assert kind("noname", head) == "jar"
    assert kind("noname", plain) == "zip"
    assert kind("java.base.jmod", b"JM\1\0" + head) == "jar"
    assert kind("tool.pyz", b"#!/usr/bin/python3\n" + plain) == "pyz"
    assert kind("alpine.apk", b"\x1f\x8b\x08") == "gzip"
    assert kind("script", b"#!/bin/sh\n") is None
