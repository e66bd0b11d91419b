"""Files whose main part another tool made than their marks suggest first. Built here, or read in public packages."""

import pytest

from builtby.formats.base import Reading, Region
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy
from builtby.sources.view import BytesView

ENGINE = Engine(catalogue())
DEBIAN = "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"
RUST = "rustc version 1.95.0 (59807616e 2026-04-14)"
RUSTS_LLD = "Linker: LLD 22.1.2 (/checkout/src/llvm-project/llvm 05918363362b439b9b0bced3daa14badd75da790)"
ASLEEP = b"all goroutines are asleep - deadlock!"
MINGW = b"\0GCC: (GNU) 12-win32\0"
STUB = "debug=no text=This program cannot be run in DOS mode."
LLD_PE = f"linker=14.00 stub=0x78 rich=no {STUB} sections=.text .rdata .buildid .data .pdata .tls .reloc"
LD_PE = rf"linker=2.40 stub=0x80 rich=no {STUB}\r\r\n sections=.text .data .rdata .pdata .xdata .bss .idata .CRT .tls"


def look(form: str, *surfaces: tuple[str, str], data: bytes = b"", region: str = "data",
         **facts: str) -> tuple[BuiltBy, ...]:
    """Resolve a file that has these surfaces and these bytes."""
    reading = Reading(form, facts={"type": "pie"} | facts)
    for number, (kind, value) in enumerate(surfaces):
        reading.add(f"{form}.{kind}", value, 4096 + 100 * number)
    reading.regions = [Region(f"{form}.{region}", 0, len(data))]
    return resolve(ENGINE.apply(BytesView(data), reading), reading.facts)


def compilers(found: tuple[BuiltBy, ...]) -> list[tuple[str, str | None]]:
    return [(one.tool, one.version) for one in found if one.role == "compiler"]


def test_rust_without_std_is_rust() -> None:
    """A no_std program that is linked with libc: no text of std is in it, but rustc called its own linker."""
    found = look("elf", ("comment", DEBIAN), ("comment", RUST), ("comment", RUSTS_LLD))
    assert compilers(found) == [("rustc", "1.95.0")]
    assert [(one.tool, one.version) for one in found if one.role == "linker"] == [("lld", "22.1.2")]


def test_more_units_of_c_do_not_make_a_program_in_rust_one_in_c() -> None:
    """pyoxidizer 0.24.0: 39 units of Rust's std, 913 of the C libraries in it."""
    found = look("elf", *[("dwarf.producer", "GNU C99 9.2.0 | C99")] * 9, ("comment", "GCC: (GNU) 9.2.0"),
                 ("dwarf.producer", f"clang LLVM ({RUST}) | Rust"), data=b"\0library/std/src/rt.rs\0")
    assert [(one.tool, one.detail) for one in found if one.role == "compiler"] == [("rustc", None), ("gcc", "C parts")]


def test_units_of_c_do_not_make_a_program_in_ocaml_one_in_c() -> None:
    """semgrep 1.157.0, a static program: ocamlopt leaves no units, the C libraries in it have 3,477."""
    found = look("elf", *[("dwarf.producer", "GNU C23 15.2.0 | C")] * 9, ("comment", "GCC: (Alpine 15.2.0) 15.2.0"),
                 data=b"\0Sys_blocked_io\0\1", type="executable")
    assert [(one.tool, one.detail) for one in found if one.role == "compiler"] == [("ocaml", None), ("gcc", "C parts")]


@pytest.mark.parametrize(("codegen", "first"), [("gcc", "gcc"), ("llvm", "rustc"), ("mixed", "rustc")])
def test_a_library_is_whose_code_was_linked_first(codegen: str, first: str) -> None:
    """libvips of the npm package @img/sharp-libvips-linuxmusl-x64, which holds librsvg, and Rust's own libraries."""
    found = look("elf", ("comment", "GCC: (Alpine 13.2.1_git20240309) 13.2.1 20240309"), ("comment", RUST),
                 type="shared", codegen=codegen)
    assert compilers(found)[0][0] == first


def test_a_c_program_with_a_rust_library_is_c() -> None:
    found = look("elf", ("comment", DEBIAN), ("comment", RUST))
    assert compilers(found) == [("gcc", "12.2.0"), ("rustc", "1.95.0")]


def test_mingws_crt_is_no_compiler_where_lld_linked() -> None:
    """clang-19 --target=x86_64-w64-mingw32 -fuse-ld=lld."""
    assert compilers(look("pe", ("layout", LLD_PE), data=MINGW)) == []
    assert [one.tool for one in look("pe", ("layout", LD_PE), data=MINGW) if one.role == "compiler"] == ["gcc"]


@pytest.mark.parametrize("facts", [{"go.pclntab": "no"}, {"partial": "yes"}])
def test_gos_words_without_gos_tables_are_no_go(facts: dict[str, str]) -> None:
    """gccgo's libgo.so, whole or of a stream."""
    assert compilers(look("elf", data=ASLEEP, **facts)) == []


def test_gos_words_with_gos_tables_are_go() -> None:
    assert compilers(look("elf", data=ASLEEP, **{"go.pclntab": "yes"})) == [("go", None)]
    assert compilers(look("elf", data=ASLEEP, **{"go.pclntab": "yes", "partial": "yes"})) == [("go", None)]


def test_native_image_is_linked_by_the_c_compiler() -> None:
    vm = b"\0com.oracle.svm.core.VM=GraalVM CE 25.0.2+10.1\0"
    found = look("elf", ("comment", DEBIAN), ("comment", "Debian clang version 14.0.6"), data=vm)
    assert compilers(found) == [("native-image", "25.0.2")]


def test_crystal_tells_its_version_with_its_target() -> None:
    text = b"\0__crystal_main\0\0L\0\0\0Crystal 1.6.0 (2022-10-06)\n\nLLVM: 14.0.6\n"
    reading = Reading("elf", facts={"type": "pie"})
    reading.regions = [Region("elf.symbols", 0, 16), Region("elf.data", 16, len(text) - 16)]
    assert compilers(resolve(ENGINE.apply(BytesView(text), reading), reading.facts)) == [("crystal", "1.6.0")]


def test_an_ocaml_plug_in() -> None:
    text = b"\0caml_plugin_header\0\xa0,Caml1999D030\xa0\xd0"
    reading = Reading("elf", facts={"type": "shared"})
    reading.add("elf.comment", DEBIAN, 4096)
    reading.regions = [Region("elf.symbols", 0, 20), Region("elf.data", 20, len(text) - 20)]
    found = resolve(ENGINE.apply(BytesView(text), reading), reading.facts)
    assert [(one.tool, one.version_range) for one in found if one.role == "compiler"] == [("ocaml", ">=4.13,<4.14")]


def test_two_hash_tables_are_not_of_debians_gcc() -> None:
    """clang-14 -fno-ident: all that is left is the crt's GCC. musl-gcc, or units of code, are another matter."""
    comment = ("comment", DEBIAN)
    found = look("elf", comment, hash="both", libc="glibc")
    assert compilers(found) == []
    assert [(one.tool, one.detail) for one in found] == [("gcc", "crt and libgcc")]
    assert compilers(look("elf", comment, hash="both", libc="musl")) == [("gcc", "12.2.0")]
    unit = ("dwarf.producer", "GNU C17 12.2.0 -g")
    assert compilers(look("elf", comment, unit, hash="both", libc="glibc")) == [("gcc", "12.2.0")]


def test_cxx_beside_rust_is_code() -> None:
    """sharp's libvips, npm package @img/sharp-libvips-linux-x64: C++, C, and Rust's librsvg."""
    newer, older = "GCC: (GNU) 15.2.1 20260123 (Red Hat 15.2.1-7)", "GCC: (GNU) 8.5.0 20210514 (Red Hat 8.5.0-28)"
    found = look("elf", ("comment", older), ("comment", newer), ("comment", RUST), ("needed", "libstdc++.so.6"),
                 type="shared")
    assert compilers(found) == [("rustc", "1.95.0"), ("gcc", "15.2.1")]


def test_clangs_cxx_is_not_gccs() -> None:
    found = look("elf", ("comment", DEBIAN), ("comment", "Debian clang version 14.0.6"), ("needed", "libstdc++.so.6"))
    assert compilers(found) == [("clang", "14.0.6")]
