from struct import pack

import pytest

from builtby.formats import registry
from tests.formats.native_help import built_by, fixture, read, tools, values


def fat(*slices: bytes, wide: bool = False) -> bytes:
    """Return a universal file of these slices, each at a multiple of 4096."""
    head = pack(">4sI", b"\xca\xfe\xba\xbf" if wide else b"\xca\xfe\xba\xbe", len(slices))
    body, place = b"", 4096
    for data in slices:
        form = ">IIQQII" if wide else ">IIIII"
        fields = (0x0100_000C, 0, place, len(data), 12)
        head += pack(form, *fields, 0) if wide else pack(form, *fields)
        body += data + bytes(-len(data) % 4096)
        place = 4096 + len(body)
    return head + bytes(4096 - len(head)) + body


def thin(sections: dict[tuple[str, str], bytes], order: str = "<") -> bytes:
    """Return a 64-bit library whose sections hold these bytes."""
    start = 32 + 72 + 80 * len(sections)
    rows, body = b"", b""
    for (segment, name), data in sections.items():
        rows += pack(order + "16s16sQQIIIIIIII", name.encode(), segment.encode(), 0x1000 + len(body), len(data),
                     start + len(body), 0, 0, 0, 0, 0, 0, 0)
        body += data
    command = pack(order + "II16sQQQQIIII", 0x19, 72 + len(rows), b"", 0, 0, 0, 0, 7, 7, len(sections), 0) + rows
    return pack(order + "IIIIIIII", 0xFEEDFACF, 0x0100_000C, 0, 6, 1, len(command), 0, 0) + command + body


@pytest.mark.parametrize(("name", "build", "linkers"), [
    ("numpy_arm64.head", "platform=macos minos=14.0 sdk=15.5 tool=ld:1167.5.0", [("ld64", "1167.5.0")]),
    ("lld14.head", "platform=macos minos=11.0 sdk=11.0 tool=ld:14.0.6", [("lld", "14.0.6")]),
    ("lld19.head", "platform=macos minos=11.0 sdk=11.0 tool=lld:19.1.7", [("lld", "19.1.7")]),
    ("zig_arm64.head", "platform=macos minos=15.0 sdk=27.0 tool=zig:0.0.0", [("zig", None)]),
    ("esbuild_arm64.head", "platform=macos minos=12.0 sdk=12.0 tool=none", [("go", None)]),
    ("clang.o", "platform=macos minos=11.0 sdk=0.0 tool=none", []),
])
def test_linkers(name: str, build: str, linkers: list[tuple[str, str | None]]) -> None:
    data = fixture(f"macho/{name}")
    assert values(read(data), "macho.build_version") == [build]
    assert tools(data, "linker") == linkers


def test_apples_clang_is_inferred_and_never_observed() -> None:
    found = [one for one in built_by(fixture("macho/numpy_arm64.head")) if one.role == "compiler"]
    assert [(one.tool, one.version, one.vendor, one.language, one.claim) for one in found] == [
        ("clang", None, "Apple", "c++", "inferred")]


def test_debug_information_gives_the_compiler() -> None:
    data = fixture("macho/clang.o")
    assert values(read(data), "macho.dwarf.producer") == ["Debian clang version 14.0.6 | C99"]
    assert tools(data, "compiler") == [("clang", "14.0.6")]


@pytest.mark.parametrize("wide", [False, True])
def test_slices_are_read_each_at_its_own_place(wide: bool) -> None:
    first, second = fixture("macho/ninja_x86_64.head"), fixture("macho/numpy_arm64.head")
    data = fat(first, second, wide=wide)
    reading = read(data)
    assert reading.facts["machine"] == "x86-64 aarch64"
    assert reading.facts["slices"] == "2"
    assert values(reading, "macho.version_min") == ["platform=macos minos=10.9 sdk=14.5"]
    places = {surface.kind: surface.offset for surface in reading.surfaces}
    offset = places["macho.build_version"]
    assert offset is not None
    assert data[offset : offset + 4] == pack("<I", 0x32)


def test_a_java_class_is_no_universal_file() -> None:
    form = registry.identify("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(64))
    assert form is None or form.name != "macho"


@pytest.mark.parametrize("order", ["<", ">"])
def test_swift_and_the_property_list(order: str) -> None:
    plist = b"<dict><key>DTXcode</key>\n <string>1540</string><key>Other</key><string>no</string></dict>"
    data = thin({("__DATA", "__objc_imageinfo"): pack(order + "II", 0, 6 << 24 | 7 << 8 | 0x40),
                 ("__TEXT", "__info_plist"): plist}, order)
    reading = read(data)
    assert values(reading, "macho.objc_imageinfo") == ["flags=0x40 swift_abi=7 swift_version=6.0"]
    assert values(reading, "macho.info_plist") == ["DTXcode=1540"]
    assert [(one.tool, one.version_range) for one in built_by(data)] == [("swift", ">=6.0,<6.1")]


def test_facts_libraries_and_names() -> None:
    reading = read(fixture("macho/ninja_x86_64.head"))
    assert reading.facts.items() >= {"type": "pie", "machine": "x86-64", "os": "macos", "class": "64"}.items()
    assert "/usr/lib/libc++.1.dylib current=1700.255.5 compatible=1.0.0" in values(reading, "macho.dylib")
    assert values(reading, "macho.uuid") == ["2eb5825e1e033502a33dbadfcb72e71a"]
    assert "__TEXT,__cstring" in values(reading, "macho.layout")[0]
