import zlib
from struct import pack

import pytest

from builtby.formats.elf_dwarf import split_flags, split_producer
from builtby.formats.elf_image import LARGEST_INFLATED, inflate
from tests.formats.elf_help import build, fixture, read

CLANG = "Debian clang version 14.0.6 | C99"


@pytest.mark.parametrize(("name", "value"), [
    ("gcc-debug.o", "GNU C17 12.2.0 | C11"),
    ("gcc-debug-zlib", "GNU C17 12.2.0 | C11"),
    ("gcc-dwarf3-64.o", "GNU C17 12.2.0 | C99"),
    ("gcc-split.dwo", "GNU C17 12.2.0 | C11"),
    ("clang-debug.o", CLANG), ("clang-dwarf4-switches.o", CLANG), ("clang-split.dwo", CLANG),
    ("clang-s390x.o", CLANG), ("clang-mips.o", CLANG), ("clang-armv7.o", CLANG), ("clang-riscv32.o", CLANG),
    ("clang-powerpc.o", CLANG), ("clang-powerpc64le.o", CLANG), ("lld-mips", CLANG),
])
def test_producer(name: str, value: str) -> None:
    found = [(s.value, s.times) for s in read(fixture(name)).surfaces if s.kind == "elf.dwarf.producer"]
    assert found == [(value, 1)]


def test_flags_are_kept_apart() -> None:
    flags = {s.value: s.extra for s in read(fixture("gcc-debug.o")).surfaces}["GNU C17 12.2.0 | C11"]
    assert {"-mtune=generic", "-g", "-O2", "-fPIC"} <= set(flags)
    flags = {s.value: s.extra for s in read(fixture("clang-dwarf4-switches.o")).surfaces}[CLANG]
    assert "-O1" in flags
    assert "s.c" not in flags


def units(count: int, producer: bytes = b"GNU AS 2.40\0") -> bytes:
    """Return an ELF file of `count` units whose producer stands in place."""
    entry = b"\x01" + producer
    unit = pack("<IHIB", 7 + len(entry), 4, 0, 8) + entry
    return build({".debug_info": (1, unit * count), ".debug_abbrev": (1, b"\x01\x11\x00\x25\x08\x00\x00\x00")})


def test_units_are_counted() -> None:
    reading = read(units(7))
    assert [(s.value, s.times) for s in reading.surfaces if s.kind == "elf.dwarf.producer"] == [("GNU AS 2.40", 7)]
    assert reading.facts["dwarf.units"] == "7"


def test_of_very_many_units_a_sample_is_read() -> None:
    reading = read(units(30_000))
    (surface,) = [s for s in reading.surfaces if s.kind == "elf.dwarf.producer"]
    assert surface.times == 20_000
    assert reading.facts["dwarf.partial"] == "yes"


def test_split_producer() -> None:
    assert split_producer("GNU C++14 5.4.0 20160609 -mtune=generic -g") == (
        "GNU C++14 5.4.0 20160609", ("-mtune=generic", "-g"))
    assert split_producer("clang LLVM (rustc version 1.95.0 (59807616e 2026-04-14))")[1] == ()
    assert split_producer("clang version 18.1.8 /usr/bin/clang -O2") == ("clang version 18.1.8", ("-O2",))
    assert split_flags("-D X=1 -c a.c -mllvm -foo") == ("-D X=1", "-c", "-mllvm -foo")


def test_a_section_that_inflates_without_end_is_cut() -> None:
    packed = zlib.compress(bytes(100 << 20))
    assert len(inflate(packed, 1 << 20)) == 1 << 20
    assert len(inflate(packed, 1 << 40)) == LARGEST_INFLATED
    bomb = b"ZLIB" + pack(">Q", 1 << 62) + packed
    reading = read(build({".zdebug_info": (1, bomb), ".zdebug_abbrev": (1, bomb)}))
    assert [s for s in reading.surfaces if s.kind == "elf.dwarf.producer"] == []
