from struct import pack

import pytest

from builtby.formats import registry
from builtby.sources.view import BytesView
from tests.formats.elf_help import build, fixture, note, read, values


def test_comment_keeps_order_offsets_and_counts() -> None:
    data = fixture("lld-stripped")
    reading = read(data)
    comments = [surface for surface in reading.surfaces if surface.kind == "elf.comment"]
    assert [surface.value for surface in comments] == [
        "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0", "Linker: Debian LLD 14.0.6", "Debian clang version 14.0.6",
    ]
    for surface in comments:
        assert surface.offset is not None
        assert data[surface.offset :].startswith(surface.value.encode() + b"\0")
    repeated = read(build({".comment": (1, b"\0GCC: 1\0clang 2\0GCC: 1\0")}))
    assert [(s.value, s.times) for s in repeated.surfaces if s.kind == "elf.comment"] == [("GCC: 1", 2), ("clang 2", 1)]


@pytest.mark.parametrize(("name", "facts"), [
    ("gnu-ld-pie", {"class": "64", "endian": "little", "machine": "x86-64", "os": "linux-gnu", "type": "pie",
                    "linking": "dynamic", "stripped": "no", "debug": "no", "libc": "glibc"}),
    ("gold-stripped", {"type": "pie", "stripped": "yes"}),
    ("patchelf.so", {"type": "shared", "patched": "yes"}),
    ("gcc-debug.o", {"type": "object", "debug": "dwarf"}),
    ("clang-s390x.o", {"machine": "s390x", "endian": "big", "class": "64"}),
    ("clang-mips.o", {"machine": "mips", "endian": "big", "class": "32"}),
    ("clang-armv7.o", {"machine": "arm", "endian": "little", "class": "32"}),
    ("clang-riscv32.o", {"machine": "riscv32"}),
    ("clang-powerpc.o", {"machine": "ppc"}),
    ("clang-powerpc64le.o", {"machine": "ppc64le"}),
    ("lld-mips", {"type": "executable", "linking": "static", "machine": "mips"}),
    ("lld-no-sections", {"sections": "none", "type": "pie"}),
])
def test_facts(name: str, facts: dict[str, str]) -> None:
    reading = read(fixture(name))
    assert reading.problem is None
    assert facts.items() <= reading.facts.items()


def test_debug_information_apart_from_its_program() -> None:
    reading = read(build({".text": (8, b""), ".comment": (1, b"GCC: (GNU) 14.2.0\0")}, segments=[(1, 5, 64)]))
    assert reading.facts["type"] == "debug"
    assert "linking" not in reading.facts
    assert values(reading, "elf.layout") == []
    assert values(reading, "elf.comment") == ["GCC: (GNU) 14.2.0"]


def test_a_core_is_not_searched() -> None:
    reading = read(build({}, kind=4, segments=[(1, 6, 64)]))
    assert reading.facts["type"] == "core"
    assert reading.regions == []


def test_patchelf_in_front_of_a_fixed_program() -> None:
    """patchelf 0.14.3 puts a LOAD before the others: `PHDR GNU_STACK LOAD:rw- DYNAMIC INTERP … LOAD:r-- …`."""
    stack = 0x6474E551
    assert read(build({}, segments=[(stack, 6, 0), (1, 6, 64), (2, 6, 0), (1, 5, 64)])).facts["patched"] == "yes"
    assert "patched" not in read(build({}, segments=[(1, 5, 64), (stack, 6, 0)])).facts


def test_only_patchelf_files_are_patched() -> None:
    for name in ("gnu-ld-pie", "gold-stripped", "lld-stripped", "mold-stripped", "tcc-exe", "lld-mips"):
        assert "patched" not in read(fixture(name)).facts, name


@pytest.mark.parametrize(("name", "behind", "names"), [
    ("gnu-ld-pie", "DYNAMIC NOTE NOTE TLS GNU_PROPERTY GNU_EH_FRAME GNU_STACK GNU_RELRO", ".gnu.hash .dynsym .dynstr"),
    ("gold-stripped", "DYNAMIC NOTE NOTE GNU_EH_FRAME GNU_STACK TLS GNU_RELRO", ".dynsym .dynstr .gnu.hash"),
    ("lld-stripped", "TLS DYNAMIC GNU_RELRO GNU_EH_FRAME GNU_STACK NOTE",
     ".dynsym .gnu.version .gnu.version_r .gnu.hash"),
    ("mold-stripped", "TLS DYNAMIC GNU_EH_FRAME GNU_STACK GNU_RELRO", ".relro_padding"),
    ("tcc-exe", "LOAD:r-x LOAD:rw- DYNAMIC", ".hash .rela.got"),
])
def test_layout_tells_linkers_apart(name: str, behind: str, names: str) -> None:
    reading = read(fixture(name))
    assert values(reading, "elf.segments")[0].endswith(behind)
    assert names in values(reading, "elf.sections")[0]


def test_layout_words() -> None:
    def words(name: str) -> str:
        return values(read(fixture(name)), "elf.layout")[0]

    assert words("gnu-ld-pie") == "base=0x0 align=0x1000 code=apart relro=exact phdrs=64 shdrs=end shstrtab=last"
    assert "code=shared relro=padded" in words("lld-stripped")
    assert "shdrs=inside" in words("patchelf.so")
    assert "shdrs=none" in words("lld-no-sections")
    assert values(read(fixture("gnu-ld-pie")), "elf.tail") == [".comment .symtab .strtab .shstrtab"]


def test_dynamic_section() -> None:
    reading = read(fixture("gnu-ld-pie"))
    assert values(reading, "elf.interp") == ["/lib64/ld-linux-x86-64.so.2"]
    assert values(reading, "elf.needed") == ["libc.so.6"]
    assert values(reading, "elf.version_need")[0].startswith("libc.so.6: GLIBC_")
    assert values(read(fixture("patchelf.so")), "elf.rpath") == ["$ORIGIN/../lib/some/long/path"]
    assert values(read(fixture("lld-no-sections")), "elf.needed") == ["libc.so.6"]


def test_notes() -> None:
    android = pack("<I", 21) + b"r26d".ljust(64, b"\0") + b"11579264".ljust(64, b"\0")
    data = build({
        ".note.gnu.gold-version": (7, note(b"GNU", 4, b"gold 1.16\0")),
        ".note.package": (7, note(b"FDO", 0xCAFE1A7E, b'{"type":"rpm","name":"bash"}\0')),
        ".note.go.buildid": (7, note(b"Go", 4, b"a/b/c/d")),
        ".note.android.ident": (7, note(b"Android", 1, android)),
        ".note.bolt_info": (7, note(b"GNU", 4, b"BOLT revision: <unknown>, command line: llvm-bolt a.out\0")),
        ".note.x": (7, note(b"Xen", 6, b"linux\0")),
        ".note.stapsdt": (7, note(b"stapsdt", 3, b"\1\2\3")),
    })
    reading = read(data)
    assert values(reading, "elf.note.gold_version") == ["gold 1.16"]
    assert values(reading, "elf.note.bolt_info") == ["BOLT revision: <unknown>, command line: llvm-bolt a.out"]
    assert values(reading, "elf.note.package") == ['{"type":"rpm","name":"bash"}']
    assert values(reading, "elf.note.go_build_id") == ["a/b/c/d"]
    assert values(reading, "elf.note.android") == ["api=21 ndk=r26d build=11579264"]
    assert values(reading, "elf.note.xen") == ["type=0x6 linux"]
    assert values(reading, "elf.note.stapsdt") == []
    assert reading.facts["os"] == "android"
    assert read(build({".note.tag": (7, note(b"FreeBSD", 1, pack("<I", 1400097)))})).facts["os"] == "freebsd"


def test_notes_of_a_real_program() -> None:
    reading = read(fixture("gnu-ld-pie"))
    assert values(reading, "elf.note.abi_tag") == ["linux-gnu 3.2.0"]
    assert len(values(reading, "elf.note.gnu_build_id")[0]) == 40
    assert values(read(fixture("lld-no-sections")), "elf.note.abi_tag") == ["linux-gnu 3.2.0"]


def test_regions_hold_the_text_and_not_the_code() -> None:
    data = fixture("gnu-ld-pie")
    ranges = [(r.offset, r.offset + r.size) for r in read(data).regions if r.kind == "elf.data"]
    text = data.index(b"hi %s %d")
    assert any(start <= text < end for start, end in ranges)
    assert all(end <= 0x1000 or start >= 0x2000 for start, end in ranges)
    symbols = [r for r in read(data).regions if r.kind == "elf.symbols"]
    assert any(b"__libc_start_main" in data[r.offset : r.offset + r.size] for r in symbols)


def test_without_sections_the_text_is_found_too() -> None:
    data = fixture("lld-no-sections")
    text = data.index(b"hi %s %d")
    assert any(r.offset <= text < r.offset + r.size for r in read(data).regions)


def test_overlay() -> None:
    data = fixture("gnu-ld-pie")
    appended = b"PYTHON ZIP PAYLOAD" * 20_000
    reading = read(data + appended)
    assert reading.facts["overlay"] == str(len(appended))
    held = [(region.offset, region.offset + region.size) for region in reading.regions]
    assert any(start <= len(data) < len(data) + 60_000 < end for start, end in held)
    assert any(start < end == len(data) + len(appended) for start, end in held)
    assert "overlay" not in read(data).facts


def test_sections_that_are_marks() -> None:
    reading = read(fixture("lto.o"))
    assert values(reading, "elf.gcc_command_line")[0].startswith("GNU C17 12.2.0 -mtune=generic")
    assert values(reading, "elf.lto") == ["gnu"]
    data = build({".gnu_debuglink": (1, b"abc.debug\0\0\0CRC1"),
                  ".modinfo": (1, b"license=GPL\0vermagic=6.1.0-18 SMP\0"),
                  ".debug-ghc-link-info": (7, note(b"GHC link info", 0, b"([\"-lm\"],Nothing)\0")),
                  "minfo": (1, bytes(8))})
    reading = read(data)
    assert values(reading, "elf.debuglink") == ["abc.debug"]
    assert values(reading, "elf.modinfo") == ["vermagic=6.1.0-18 SMP"]
    assert values(reading, "elf.ghc_link_info") == ['(["-lm"],Nothing)']
    assert values(reading, "elf.dlang_minfo") == ["minfo"]


def test_cargo_auditable_counts_packages() -> None:
    import zlib

    packed = zlib.compress(b'{"packages":[{"name":"a","source":"registry"},{"name":"b","source":"local"}]}')
    assert values(read(build({".dep-v0": (1, packed)})), "elf.cargo_auditable") == ["packages=2"]


def test_it_is_found_by_its_magic() -> None:
    found = registry.identify("bin/x", fixture("lld-mips")[:4096])
    assert found is not None
    assert found.name == "elf"
    assert found.read(BytesView(b"\x7fELF"), "x").problem is not None


@pytest.mark.parametrize(("names", "go", "both"), [
    ((".hash", ".gnu.hash"), "no", "both"), ((".gnu.hash",), "no", None), ((".gopclntab",), "yes", None),
    ((".data.rel.ro.gopclntab",), "yes", None)])
def test_facts_of_section_names(names: tuple[str, ...], go: str, both: str | None) -> None:
    facts = read(build(dict.fromkeys(names, (1, bytes(16))))).facts
    assert (facts["go.pclntab"], facts.get("hash")) == (go, both)


@pytest.mark.parametrize("kind", [b"\1", b"\2"])
def test_of_an_appimage_the_image_is_not_opened(kind: bytes) -> None:
    data = build({".comment": (1, b"GCC: (GNU) 13.1.0\0")})
    reading = read(data[:8] + b"AI" + kind + data[11:] + b"hsqs" + bytes(512))
    assert values(reading, "elf.comment") == ["GCC: (GNU) 13.1.0"]
    assert reading.problem == "an AppImage: the disk image behind the program is not opened"
    assert values(reading, "elf.appimage") == [f"type {kind[0]}"]
