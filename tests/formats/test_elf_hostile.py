import time
from struct import pack, pack_into

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builtby.formats.base import Reading
from tests.formats.elf_help import build, fixture, note, read

SMALL = ("lld-mips", "tcc-exe", "clang-debug.o", "lto.o", "gcc-split.dwo", "lld-no-sections")


def sound(reading: Reading, size: int) -> None:
    """What must hold for whatever bytes."""
    assert reading.format == "elf"
    assert len(reading.regions) <= 200
    for region in reading.regions:
        assert 0 <= region.offset < region.offset + region.size <= size
    assert sum(len(surface.value) for surface in reading.surfaces) < 4 << 20


@pytest.mark.parametrize("name", SMALL)
def test_truncated_at_every_length(name: str) -> None:
    data = fixture(name)
    for length in range(0, len(data), 3):
        sound(read(data[:length]), length)


def test_a_truncated_file_says_so() -> None:
    data = fixture("gnu-ld-pie")
    assert read(data[:40]).problem is not None
    assert read(data[:9000]).problem == "section headers lie beyond the end of the file"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SMALL), st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=24))
def test_mutated(name: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(fixture(name))
    for at, byte in changes:
        data[at % len(data)] = byte
    sound(read(bytes(data)), len(data))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SMALL), st.integers(0, 63), st.binary(min_size=1, max_size=8))
def test_mutated_header(name: str, at: int, raw: bytes) -> None:
    data = bytearray(fixture(name))
    data[at : at + len(raw)] = raw
    sound(read(bytes(data)), len(data))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_magic(raw: bytes) -> None:
    for start in (b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02\x01"):
        data = start + raw
        sound(read(data), len(data))


@pytest.mark.parametrize(("field", "form", "value"), [
    (60, "<H", 0xFFFF), (60, "<H", 0), (62, "<H", 0xFFFF), (62, "<H", 0xFF00), (58, "<H", 1), (56, "<H", 0xFFFF),
    (54, "<H", 3), (40, "<Q", 1 << 63), (32, "<Q", (1 << 64) - 1), (40, "<Q", 1),
])
def test_hostile_header_fields(field: int, form: str, value: int) -> None:
    data = bytearray(fixture("gnu-ld-pie"))
    pack_into(form, data, field, value)
    started = time.process_time()
    sound(read(bytes(data)), len(data))
    assert time.process_time() - started < 1


def test_extended_section_numbers_are_read() -> None:
    data = bytearray(fixture("gnu-ld-pie"))
    shoff = int.from_bytes(data[40:48], "little")
    pack_into("<Q", data, shoff + 32, int.from_bytes(data[60:62], "little"))
    pack_into("<I", data, shoff + 40, int.from_bytes(data[62:64], "little"))
    pack_into("<HH", data, 60, 0, 0xFFFF)
    assert [s.value for s in read(bytes(data)).surfaces] == [s.value for s in read(fixture("gnu-ld-pie")).surfaces]


def test_gigantic_section_count() -> None:
    data = bytearray(fixture("gnu-ld-pie"))
    shoff = int.from_bytes(data[40:48], "little")
    pack_into("<H", data, 60, 0)
    pack_into("<Q", data, shoff + 32, 1 << 62)
    reading = read(bytes(data))
    assert reading.problem == "section headers lie beyond the end of the file"


def test_every_section_of_gigantic_size() -> None:
    data = bytearray(fixture("gnu-ld-pie"))
    shoff = int.from_bytes(data[40:48], "little")
    for index in range(1, int.from_bytes(data[60:62], "little")):
        pack_into("<Q", data, shoff + index * 64 + 32, (1 << 64) - 1)
    sound(read(bytes(data)), len(data))


def test_very_many_notes_and_attributes_are_bounded() -> None:
    data = build({".note.many": (7, note(b"Own", 1, b"x") * 5000),
                  ".gnu.build.attributes": (7, note(b"GA$\5gcc", 0x100, b"") * 50_000)})
    started = time.process_time()
    reading = read(data)
    assert len(reading.surfaces) < 500
    assert time.process_time() - started < 2


def test_units_of_length_zero_do_not_loop() -> None:
    info = pack("<IHIB", 0, 4, 0, 8) + bytes(5000)
    sound(read(build({".debug_info": (1, info), ".debug_abbrev": (1, bytes(100))})), 1 << 20)
