import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builtby.formats import ar, registry
from builtby.formats.ar_members import members
from builtby.formats.base import Reading
from builtby.sources.view import BytesView
from tests.formats.elf_help import fixture, values
from tests.formats.test_elf_frames import GCC, GCC_ARM, LLVM, frames


def archive(*parts: tuple[bytes, bytes], start: bytes = b"!<arch>\n") -> bytes:
    data = start
    for name, content in parts:
        data += name.ljust(16) + b"0".ljust(32) + str(len(content)).encode().ljust(10) + b"`\n" + content
        data += b"\n" * (len(content) % 2)
    return data


def read(data: bytes) -> Reading:
    return ar.FORMAT.read(BytesView(data), "lib.a")


def test_members_are_added_up() -> None:
    data = fixture("static.a")
    reading = read(data)
    counts = {(s.kind, s.value): s.times for s in reading.surfaces}
    assert counts["elf.comment", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"] == 3
    assert counts["elf.dwarf.producer", "GNU C17 12.2.0 | C11"] == 2
    assert counts["bitcode.producer", "LLVM14.0.6"] == 1
    assert reading.facts["members"] == "4"
    assert reading.facts["machine"] == "x86-64"
    for surface in reading.surfaces:
        if surface.kind == "elf.comment":
            assert surface.offset is not None
            assert data[surface.offset :].startswith(surface.value.encode())


def test_names_of_every_variant() -> None:
    found, problem = members(BytesView(fixture("static.a")))
    assert problem is None
    assert [member.name for member in found] == [
        "clang.bc", "lto.o", "gcc-debug.o", "a_member_with_a_rather_long_name.o"]
    bsd = archive((b"__.SYMDEF", b"1234"), (b"#1/12", b"long_name.o\0data"), (b"short.o", b"x"))
    assert [(m.name, m.size) for m in members(BytesView(bsd))[0]] == [("long_name.o", 4), ("short.o", 1)]


def test_thin_archive() -> None:
    reading = read(fixture("thin.a"))
    assert reading.facts["thin"] == "yes"
    assert reading.facts["members"] == "1"
    assert reading.problem is None


def test_rust_library() -> None:
    reading = read(fixture("rust.rlib"))
    assert values(reading, "rust.metadata") == ["rustc 1.95.0 (59807616e 2026-04-14)"]
    assert "LLVM22.1.2-rust-1.95.0-stable" in values(reading, "bitcode.producer")


def test_go_package() -> None:
    (line,) = values(read(fixture("go-package-head.a")), "go.object")
    assert line.startswith("go object linux amd64 go1.26.8 ")


def test_a_debian_package_is_no_library() -> None:
    package = archive((b"debian-binary", b"2.0\n"), (b"control.tar.xz", b""))
    found = registry.identify("x.deb", package)
    assert found is None or found.name != "ar"
    library = registry.identify("x.a", fixture("static.a")[:4096])
    assert library is not None
    assert library.name == "ar"


def test_an_archive_in_an_archive_is_not_entered() -> None:
    data = fixture("static.a")
    for _ in range(50):
        data = archive((b"inner.a/", data))
    assert read(data).surfaces == []


@pytest.mark.parametrize("length", range(0, 4000, 61))
def test_truncated(length: int) -> None:
    reading = read(fixture("static.a")[:length])
    assert all(region.offset + region.size <= length for region in reading.regions)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=16))
def test_mutated(changes: list[tuple[int, int]]) -> None:
    data = bytearray(fixture("static.a"))
    for at, byte in changes:
        data[at % len(data)] = byte
    assert read(bytes(data)).format == "ar"


def test_very_many_members_are_sampled() -> None:
    reading = read(archive(*[(b"a.o/", fixture("clang-debug.o"))] * 2000))
    assert reading.facts["members"] == "2000"
    assert int(reading.facts["members.read"]) <= 24


def test_impossible_sizes() -> None:
    for size in (b"-1", b"99999999", b"0x10", b"", b"1e9"):
        data = b"!<arch>\n" + b"a.o/".ljust(48) + size.ljust(10) + b"`\n" + b"\x7fELF"
        assert read(data).facts["type"] == "archive"


def test_frames_of_all_objects_are_counted_together() -> None:
    objects = [(f"{name}.o/".encode(), frames(GCC * 3)) for name in "abc"]
    found = read(archive(*objects))
    assert values(found, "elf.cfi") == ["gcc 9, llvm 0"]
    assert (found.facts["machine"], found.facts["codegen"]) == ("x86-64", "gcc")
    both = read(archive(*objects, (b"d.o/", frames(LLVM))))
    assert (values(both, "elf.cfi"), both.facts["codegen"]) == (["gcc 9, llvm 1"], "mixed")


def test_frames_of_several_machines_are_nobodys() -> None:
    found = read(archive((b"a.o/", frames(GCC * 9)), (b"b.o/", frames(GCC_ARM * 9, 183))))
    assert values(found, "elf.cfi") == []
    assert "codegen" not in found.facts
