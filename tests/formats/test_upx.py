from tests.formats.elf_help import fixture, values

from builtby.formats.base import Reading
from builtby.formats.upx import read_upx
from builtby.sources.view import BytesView

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
