"""Compilers and packagers of whole programs: on bytes cut from what they made."""

from struct import pack

import pytest

from builtby.formats.base import Reading, Region
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView
from tests.formats import elf_help
from tests.formats.native_help import FIXTURES, built_by, engine, read, values


def in_data(name: str, kind: str) -> list[tuple[str, str | None, str | None, str]]:
    """Return what is found in a program whose data is this fixture."""
    data = (FIXTURES / name).read_bytes()
    reading = Reading(kind, regions=[Region(f"{kind}.data", 0, len(data))])
    found = resolve(engine().apply(BytesView(data), reading), {})
    return [(one.tool, one.version, one.version_range, str(one.role)) for one in found]


@pytest.mark.parametrize(("name", "kind", "expected"), [
    ("dotnet/nativeaot-8.bin", "elf", ("nativeaot", None, ">=8,<9", "compiler")),
    ("dotnet/nativeaot-9.bin", "elf", ("nativeaot", None, ">=9,<10", "compiler")),
    ("dotnet/nativeaot-10.bin", "macho", ("nativeaot", None, ">=10,<11", "compiler")),
    ("pe/delphi.bin", "pe", ("delphi", "35.0", None, "compiler")),
    ("npm/cx_freeze-8.bin", "elf", ("cx_freeze", None, None, "packager")),
    ("npm/nuitka-onefile.bin", "elf", ("nuitka", None, None, "generator")),
    ("npm/jpackage-17.bin", "elf", ("jpackage", None, None, "runtime")),
])
def test_data_names_its_tool(name: str, kind: str, expected: tuple[str, str | None, str | None, str]) -> None:
    assert in_data(name, kind) == [expected]


def test_the_code_that_checks_a_header_is_none() -> None:
    assert in_data("dotnet/nativeaot-check.bin", "elf") == []


def test_delphi_by_its_layout_and_the_installer_by_its_comment() -> None:
    head = (FIXTURES / "pe/delphi.head").read_bytes()
    assert [(one.tool, one.version) for one in built_by(head)] == [("delphi", None)]


def test_jpackage_state() -> None:
    data = (FIXTURES / "npm/jpackage-25.xml").read_bytes()
    path = "app/lib/app/.jpackage.xml"
    assert [(one.tool, one.version, str(one.role)) for one in built_by(data, path)] == [
        ("jpackage", "25.0.3", "packager")]
    for broken in (data[:50], b"", b"<jpackage-state", data.replace(b"version=\"25", b"ver=\"25")):
        assert values(read(broken, path), "jpackage.state") == []


def test_assemblyscript_by_its_library() -> None:
    data = (FIXTURES / "wasm/assemblyscript.wasm").read_bytes()
    assert [(one.tool, one.version) for one in built_by(data)] == [("assemblyscript", None)]
    assert built_by(data.replace("~lib/".encode("utf-16-le"), "~lab/".encode("utf-16-le"))) == ()


@pytest.mark.parametrize(("name", "searched"), [("pydata", True), (".debug_str", False)])
def test_an_archive_in_a_section_that_is_not_loaded(name: str, searched: bool) -> None:
    cookie = (FIXTURES / "npm/pyinstaller-6-cookie.bin").read_bytes()
    content = bytes(70_001 - len(cookie)) + cookie
    data = bytearray(elf_help.build({".rodata": (1, bytes(64)), name: (1, content)}, segments=[(1, 4, 4096)]))
    flags = data.rfind(pack("<Q", len(content))) - 24
    data[flags : flags + 8] = bytes(8)
    assert ("pyinstaller" in {one.tool for one in built_by(bytes(data))}) == searched
