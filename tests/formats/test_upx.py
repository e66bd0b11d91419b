import pytest

from builtby.formats.base import Reading
from builtby.formats.upx import read_upx
from builtby.sources.view import BytesView
from tests.formats import native_help
from tests.formats.elf_help import fixture, values
from tests.formats.native_help import FIXTURES

ID = b"$Info: This file is packed with the UPX executable packer http://upx.sf.net $\n\0" \
     b"$Id: UPX 4.2.4 Copyright (C) 1996-2024 the UPX Team. All Rights Reserved. $\n\0"


def header(version: int, form: int, method: int, level: int) -> bytes:
    raw = b"UPX!" + bytes((version, form, method, level)) + bytes(range(23))
    return raw + bytes((sum(raw[4:]) % 251,))


def test_header_and_id() -> None:
    data = bytes(9000) + ID + bytes(50_000) + header(13, 22, 8, 9) + bytes(4)
    reading = Reading("elf")
    assert read_upx(BytesView(data), reading)
    assert values(reading, "upx.header") == ["version=13 format=22 method=8 level=9"]
    assert values(reading, "upx.id")[0].startswith("$Id: UPX 4.2.4 ")
    assert reading.facts["packed"] == "upx"


def test_the_letters_alone_are_no_packer() -> None:
    reading = Reading("elf")
    assert not read_upx(BytesView(b"text about UPX! and more" * 40), reading)
    assert not read_upx(BytesView(fixture("gnu-ld-pie")), reading)
    assert reading.surfaces == []


@pytest.mark.parametrize("name", ["ls-3.94.elf", "arm-3.94.elf", "macho-3.94", "upx-3.94.exe"])
def test_real_packed_programs_name_the_packer(name: str) -> None:
    data = (FIXTURES / "upx" / name).read_bytes()
    assert ("upx", "3.94") in native_help.tools(data, "packager")
    for end in range(512, len(data), 97):
        assert {version for _, version in native_help.tools(data[:end], "packager")} <= {"3.94", None}


def test_the_version_of_another_thing_is_not_the_packers() -> None:
    data = b"x" * 100 + b"10.3.94\0" + header(13, 9, 8, 7)
    reading = Reading("pe")
    assert read_upx(BytesView(data), reading)
    assert values(reading, "upx.version") == []
