from struct import pack

import pytest

from builtby.formats import registry
from builtby.formats.pe_resources import strings
from tests.formats.native_help import built_by, fixture, read, tools, values


def test_rich_header_gives_kind_version_and_count() -> None:
    reading = read(fixture("pe/lxml_etree_win_amd64.head"))
    rich = {surface.value: surface for surface in reading.surfaces if surface.kind == "pe.rich"}
    own = rich["c-ltcg 19.44.35228 prod=0x108 build=35228 objects=linker"]
    assert (own.times, own.offset) == (3, 224)
    assert rich["c ? prod=0x104 build=35226 objects=other"].times == 80
    assert "linker 14.44.35228 prod=0x102 build=35228 objects=linker" in rich
    assert reading.facts["rich"] == "valid"
    assert reading.facts["rich.unmarked"] == "none"


def test_a_rich_header_that_was_changed_proves_nothing() -> None:
    data = bytearray(fixture("pe/lxml_etree_win_amd64.head"))
    data[224] ^= 1
    reading = read(bytes(data))
    assert reading.facts["rich"] == "forged"
    assert not values(reading, "pe.rich")
    assert tools(bytes(data), "linker") == []


@pytest.mark.parametrize(("name", "compilers", "linkers"), [
    ("lxml_etree_win_amd64.head", [("msvc", "19.44.35228")], [("link", "14.44")]),
    ("lapack_lite_win_amd64.pyd", [("msvc", "19.44.35230")], [("link", "14.44")]),
    ("orjson_win_amd64.head", [], [("link", "14.51")]),
    ("ninja_1_10_2_win_amd64.head", [], []),
    ("openblas_win_amd64.head", [], [("ld", "2.36")]),
    ("mingw.exe", [("gcc", None)], [("ld", "2.40")]),
    ("lld_link.exe", [], [("lld", None)]),
    ("npyrandom_member.obj", [("msvc", "19.44.35230")], []),
    ("clang_codeview.obj", [("clang", "14.0.6")], []),
    ("mingw.obj", [("gcc", None)], []),
])
def test_tools(name: str, compilers: list[tuple[str, str | None]], linkers: list[tuple[str, str | None]]) -> None:
    data = fixture(f"pe/{name}")
    assert tools(data, "compiler") == compilers
    assert tools(data, "linker") == linkers


def test_mingw_version_is_a_range_where_only_the_major_is_told() -> None:
    assert [one.version_range for one in built_by(fixture("pe/mingw.exe")) if one.tool == "gcc"] == [">=12,<13"]


def test_one_object_of_c_does_not_make_a_rust_library_c() -> None:
    found = built_by(fixture("pe/orjson_win_amd64.head"))
    parts = [one for one in found if one.version == "19.51.36260"]
    assert [(one.role, one.detail) for one in parts] == [("runtime", "C parts")]


def test_import_libraries_of_mingw_are_no_objects_of_another_compiler() -> None:
    assert read(fixture("pe/lapack_lite_win_amd64.pyd")).facts["rich.unmarked"] == "imports"


@pytest.mark.parametrize(("name", "facts"), [
    ("lxml_etree_win_amd64.head", {"class": "64", "machine": "x86-64", "type": "shared", "os": "windows",
                                   "linker": "14.44", "subsystem": "gui", "debug": "no"}),
    ("ruff_win_amd64.head", {"type": "executable", "subsystem": "console", "rich.unmarked": "most"}),
    ("mingw.exe", {"linker": "2.40", "stripped": "yes", "rich": "none"}),
    ("mingw.obj", {"type": "object", "machine": "x86-64", "dwarf.units": "1"}),
])
def test_facts(name: str, facts: dict[str, str]) -> None:
    assert read(fixture(f"pe/{name}")).facts.items() >= facts.items()


def test_imports_exports_and_layout() -> None:
    reading = read(fixture("pe/lapack_lite_win_amd64.pyd"))
    assert "libscipy_openblas64_-4e39871015dc1470c682dc512497ee22.dll" in values(reading, "pe.imports")
    assert values(reading, "pe.exports.name") == ["lapack_lite.cp312-win_amd64.pyd"]
    assert values(reading, "pe.layout")[0].startswith("linker=14.44 stub=0x")
    assert values(read(fixture("pe/mingw.exe")), "pe.tls") == ["2"]


def test_objects_tell_their_compiler_and_what_they_want_linked() -> None:
    reading = read(fixture("pe/npyrandom_member.obj"))
    assert values(reading, "coff.compid") == ["c ? prod=0x104 build=35230 objects=this"]
    assert values(reading, "coff.compile") == [
        "c Microsoft (R) Optimizing Compiler frontend=19.44.35230.0 backend=19.44.35230.0"]
    assert '/DEFAULTLIB:"MSVCRT"' in values(reading, "coff.directives")[0]
    assert values(read(fixture("pe/mingw.obj")), "coff.dwarf.producer") == ["GNU C17 12-win32 | C11"]


def test_an_import_stands_for_a_symbol_of_a_library() -> None:
    data = b"\0\0\xff\xff\0\0" + pack("<HIIHH", 0x8664, 0, 0, 0, 4) + b"python_symbol\0python3.dll\0"
    reading = read(data)
    assert reading.facts["type"] == "import"
    assert values(reading, "coff.import") == ["python3.dll python_symbol"]


def test_objects_of_many_sections_have_wider_symbols() -> None:
    plain = fixture("pe/npyrandom_member.obj")
    count = int.from_bytes(plain[2:4], "little")
    symbol = b"@comp.id" + pack("<IiHBB", 0x104 << 16 | 35230, -1, 0, 3, 0)
    big = bytes.fromhex("c7a1bad1eebaa94baf20faf66aa4dcb8")
    head = b"\0\0\xff\xff" + pack("<HHI", 2, 0x8664, 0) + big + pack("<7I", 0, 0, 0, 0, count, 56 + 40 * count, 1)
    reading = read(head + plain[20 : 20 + 40 * count] + symbol)
    assert reading.facts["type"] == "object"
    assert values(reading, "coff.compid") == ["c ? prod=0x104 build=35230 objects=this"]


def test_ltcg_objects_and_unlike_files() -> None:
    glued = b"\0\0\xff\xff" + pack("<HHI", 1, 0x8664, 0) + bytes.fromhex("38fe b30c a5d9 ab4d ac9b d6b6 2226 53c2")
    assert read(glued + bytes(32)).facts["type"] == "ltcg-object"
    assert registry.identify("file", b"\x64\x86" + bytes(100)) is None
    assert registry.identify("file", b"MZ" + bytes(100)) is None


def test_version_strings() -> None:
    def item(key: str, value: str) -> bytes:
        name = key.encode("utf-16-le") + b"\0\0"
        name += bytes(-(6 + len(name)) % 4)
        text = value.encode("utf-16-le") + b"\0\0"
        raw = pack("<HHH", 6 + len(name) + len(text), len(value) + 1, 1) + name + text
        return raw + bytes(-len(raw) % 4)

    table = pack("<HHH", 0, 0, 1) + "040904b0\0".encode("utf-16-le") + item("CompanyName", "Ünited")
    body = table + item("FileVersion", "1.2")
    raw = bytes(2) + "StringFileInfo\0".encode("utf-16-le")
    raw += bytes(-len(raw) % 4) + body
    assert strings(raw) == ["CompanyName=Ünited", "FileVersion=1.2"]
    assert strings(raw[:60]) == []


def with_resource(kind: int, name: str) -> bytes:
    """Return a program that holds nothing but an empty resource of this kind and name."""
    wide = name.encode("utf-16-le")
    directory = bytes(12) + pack("<HH", 0, 1)
    named = bytes(12) + pack("<HH", 1, 0)
    table = (directory + pack("<II", kind, 24 | 1 << 31) + named + pack("<II", 64 | 1 << 31, 48 | 1 << 31)
             + bytes(16) + pack("<H", len(name)) + wide)
    optional = pack("<HBB", 0x20B, 14, 44) + bytes(104) + pack("<I", 3) + bytes(16) + pack("<II", 0x1000, len(table))
    header = pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0x22) + optional
    section = pack("<8sIIII", b".rsrc", len(table), 0x1000, len(table), 512) + bytes(12) + pack("<I", 0x40000040)
    start = b"MZ" + bytes(58) + pack("<I", 64) + b"PE\0\0" + header + section
    return start.ljust(512, b"\0") + table


def test_names_of_raw_resources_tell_who_packed() -> None:
    """What `deno compile` adds to a copy of Deno for Windows."""
    data = with_resource(10, "D3N0L4ND")
    assert values(read(data), "pe.resource") == ["D3N0L4ND"]
    assert tools(data, "packager") == [("deno", None)]
    assert not values(read(with_resource(16, "D3N0L4ND")), "pe.resource")


@pytest.mark.parametrize("cut", range(512, 590, 7))
def test_resources_cut_short_are_none(cut: int) -> None:
    assert values(read(with_resource(10, "D3N0L4ND")[:cut]), "pe.resource") == []
