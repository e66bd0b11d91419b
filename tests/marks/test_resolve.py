"""Who made it: evidence cut from real files, named in each test, and the ranking that must come of it."""

import pytest

from builtby.formats.base import Reading, Region, Surface
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy
from builtby.sources.view import BytesView

ENGINE = Engine(catalogue())
Texts = str | tuple[str | int, ...]
"""A text; or a text, how often it stands there, and its flags."""
LD = (".interp .note.gnu.build-id .gnu.hash .dynsym .dynstr .rela.dyn .rela.plt .init .plt .text .fini .rodata "
      ".eh_frame_hdr .eh_frame .init_array .fini_array .dynamic .got .data .bss .comment .shstrtab")
DEBIAN = "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"
RED_HAT_4, RED_HAT_10 = "GCC: (GNU) 4.8.5 20150623 (Red Hat 4.8.5-44)", "GCC: (GNU) 10.2.1 20210130 (Red Hat 10.2.1-11)"


def look(*comments: str, data: bytes = b"", sections: str = "", kind: str = "pie",
         **surfaces: Texts | list[Texts]) -> tuple[BuiltBy, ...]:
    """Resolve a file that has these comments, in this order, and these bytes to be searched."""
    reading = Reading("elf", facts={"type": kind})
    for index, comment in enumerate(comments):
        reading.add("elf.comment", comment, 4096 + 100 * index)
    if sections:
        reading.add("elf.sections", sections)
        reading.add("elf.segments", "PHDR INTERP LOAD:r-x")
    for name, values in surfaces.items():
        for value in values if isinstance(values, list) else [values]:
            text, times, *flags = (value, 1) if isinstance(value, str) else value
            reading.add(name.replace("__", "."), str(text), 9000, int(times), tuple(map(str, flags)))
    reading.regions = [Region("elf.data", 0, len(data))]
    return resolve(ENGINE.apply(BytesView(data), reading), reading.facts)


def short(found: tuple[BuiltBy, ...], role: str = "compiler") -> list[tuple[str, str | None]]:
    return [(one.tool, one.version) for one in found if one.role == role]


def test_plain_gcc() -> None:
    found = look(DEBIAN, sections=LD)
    assert short(found) == [("gcc", "12.2.0")]
    assert found[0].vendor == "Debian 12.2.0-14+deb12u1"
    assert found[0].purl == "pkg:generic/gcc@12.2.0"
    assert [(one.tool, one.version, one.claim) for one in found if one.role == "linker"] == [("ld", None, "inferred")]


def test_nothing_is_said_of_a_file_without_marks() -> None:
    """Debian strips .comment: octave-cli, busybox."""
    assert short(look(data=b"GCC_3.0\0GLIBC_2.34\0")) == []


def test_clang_beside_the_crts_gcc() -> None:
    found = look(DEBIAN, "Debian clang version 14.0.6", sections=LD)
    assert short(found) == [("clang", "14.0.6")]
    assert short(found, "runtime") == [("gcc", "12.2.0")]


@pytest.mark.parametrize("order", [0, 1])
def test_the_older_gcc_is_the_systems(order: int) -> None:
    """RHEL 8's toolset (node): crt first. manylinux2014's (cygrpc): 4.8.5 stands behind."""
    both = ["GCC: (GNU) 8.5.0 20210514 (Red Hat 8.5.0-28)", "GCC: (GNU) 14.2.1 20250110 (Red Hat 14.2.1-11)"]
    found = look(*(reversed(both) if order else both))
    assert short(found) == [("gcc", "14.2.1")]
    assert [(one.version, one.detail) for one in found if one.role == "runtime"] == [("8.5.0", "crt and libgcc")]


def test_musl_gcc_whose_dwarf_is_only_musls() -> None:
    found = look("GCC: (Debian 11.2.0-19) 11.2.0", DEBIAN, elf__dwarf__producer="GNU C99 11.2.0 | C99")
    assert short(found) == [("gcc", "12.2.0")]
    assert found[0].share is None


def test_code_of_the_older_gcc_outweighs_its_age() -> None:
    found = look(RED_HAT_4, RED_HAT_10, elf__dwarf__producer=[("GNU C++98 4.8.5 | C_plus_plus", 40)])
    assert short(found)[0] == ("gcc", "4.8.5")
    assert found[0].share == 1.0


def test_shares_and_flags_of_compilation_units() -> None:
    found = look(elf__dwarf__producer=[("GNU C++17 12.2.0 | C_plus_plus_14", 30, "-O2"),
                                       ("clang version 14.0.6 | C99", 10)])
    assert [(one.tool, one.share, one.language) for one in found] == [("gcc", 0.75, "c++"), ("clang", 0.25, "c")]
    assert found[0].flags == ("-O2",)


def test_rustc_with_clang_and_two_gccs() -> None:
    """ruff 0.17.6: the C in it is jemalloc's."""
    found = look(RED_HAT_10, RED_HAT_4, "clang version 23.1.0git",
                 "Linker: LLD 23.1.5 (/checkout/src/llvm-project/llvm 0a5579eb)",
                 "rustc version 1.100.0 (0ef1bc386 2026-11-09)",
                 data=b"/rustc/0ef1bc386059596dada8fb65b50425aab2ea637a/library/std/src/rt.rs\0")
    assert short(found) == [("rustc", "1.100.0")]
    assert short(found, "linker") == [("lld", "23.1.5")]
    assert set(short(found, "runtime")) == {("clang", "23.1.0git"), ("gcc", "10.2.1"), ("gcc", "4.8.5")}


def test_a_rust_part_of_a_cxx_program() -> None:
    """bun: rustc stands in .comment, but no Rust start-up code; of two clangs, the one of LLD's version linked it."""
    found = look("clang version 23.1.1 (https://github.com/llvm/llvm-project 6dfe1677)",
                 "Linker: LLD 23.1.1 (https://github.com/llvm/llvm-project 6dfe1677)",
                 "rustc version 1.100.0-nightly (574ff7d98 2026-09-14)", "Ubuntu clang version 23.1.2 (++2026)",
                 data=b"\0called `Option::unwrap()` on a `None` value\0", kind="executable")
    assert short(found)[0] == ("clang", "23.1.1")
    assert ("rustc", "1.100.0-nightly") in short(found)


def test_rust_strings_alone_do_not_make_a_rust_program() -> None:
    """Debian's chromium: stripped of .comment, C++ with Rust in it."""
    found = look(data=b"\0/usr/src/rustc-1.96.0/library/core/src/str/mod.rs\0")
    assert short(found) == []
    assert [(one.tool, one.detail) for one in found] == [("rustc", "compiled a part of it")]


def test_a_rust_library_needs_no_start() -> None:
    found = look(data=b"\0/usr/src/rustc-1.63.0/library/core/src/str/mod.rs\0", kind="shared")
    assert short(found) == [("rustc", "1.63.0")]


def test_an_unknown_commit_is_rust_of_no_version() -> None:
    found = look(data=b"/rustc/" + b"01" * 20 + b"/library/std/src/rt.rs\0")
    assert short(found) == [("rustc", None)]


def test_cgo_is_a_second_compiler() -> None:
    found = look(DEBIAN, go__buildinfo=("go1.19.8", 1, "CGO_ENABLED=1"), sections=LD)
    assert short(found) == [("go", "1.19.8"), ("gcc", "12.2.0")]


def test_no_cgo_no_second_compiler() -> None:
    found = look(DEBIAN, go__buildinfo=("go1.19.8", 1, "CGO_ENABLED=0"))
    assert short(found) == [("go", "1.19.8")]
    assert short(found, "runtime") == [("gcc", "12.2.0")]


GO_SECTIONS = ".text .rodata .typelink .itablink .gosymtab .gopclntab .go.buildinfo .data .bss .shstrtab"
ASLEEP = b"all goroutines are asleep - deadlock!"


def test_go_links_itself() -> None:
    found = look(go__buildinfo="go1.27.3", sections=GO_SECTIONS)
    assert short(found, "linker") == [("go", "1.27.3")]


def test_go_without_build_information() -> None:
    """esbuild 0.28.2; the decoy is the name of a source file."""
    found = look(data=ASLEEP + b"\xefCgo1.26.5\0\0\0fips140only_go1.24.go\0", sections=GO_SECTIONS)
    assert short(found) == [("go", "1.26.5")]
    assert short(found, "linker") == [("go", "1.26.5")]


def test_two_go_versions_in_the_data_are_none() -> None:
    assert short(look(data=ASLEEP + b"\0go1.26.5\0\0go1.13\0")) == [("go", None)]


def test_a_go_version_in_a_program_that_is_no_go_program() -> None:
    assert short(look(DEBIAN, data=b"\0go1.26.5\0")) == [("gcc", "12.2.0")]


def test_gccgo_is_gcc() -> None:
    found = look(DEBIAN, data=ASLEEP + b"\0../../../src/libgo/runtime/proc.c\0")
    assert [(one.tool, one.version, one.language) for one in found] == [("gcc", "12.2.0", "go")]


@pytest.mark.parametrize("kind", ["object", "archive"])
def test_nothing_unlinked_holds_a_crt(kind: str) -> None:
    found = look(DEBIAN, "GCC: (Debian 11.3.0-12) 11.3.0", "Debian clang version 14.0.6", kind=kind)
    assert sorted(short(found)) == [("clang", "14.0.6"), ("gcc", "11.3.0"), ("gcc", "12.2.0")]


def test_intels_compiler_beside_the_crts_gcc() -> None:
    """libiomp5, wheel intel-openmp."""
    found = look("GCC: (GNU) 8.5.0 20210514 (Red Hat 8.5.0-20)",
                 "Intel(R) oneAPI DPC++/C++ Compiler 2024.2.0 (2024.2.0.20240602)", kind="shared")
    assert short(found) == [("icx", "2024.2.0")]
    assert short(found, "runtime") == [("gcc", "8.5.0")]


def test_nim_compiles_through_c() -> None:
    found = look(DEBIAN, data=b"\0fatal.nim\0", elf__dwarf__producer=[("GNU C17 12.2.0 | C11", 10)])
    assert short(found) == [("nim", None), ("gcc", "12.2.0")]


@pytest.mark.parametrize(("comment", "tool", "version"), [
    ("GHC 9.0.2", "ghc", "9.0.2"),
    ("ldc version 1.30.0", "ldc", "1.30.0"),
    ("zig 0.15.2", "zig", "0.15.2"),
])
def test_languages_that_only_link_by_gcc(comment: str, tool: str, version: str) -> None:
    found = look(DEBIAN, comment)
    assert short(found) == [(tool, version)]
    assert short(found, "runtime") == [("gcc", "12.2.0")]


def test_ghc_by_path_and_not_by_its_remark() -> None:
    data = b"\0ghc-internal:GHC.Internal.Base\0GHC 6.10.2\0\\cabal\\x86_64-windows-ghc-9.12.2-4764\\x\0"
    assert short(look(data=data)) == [("ghc", "9.12.2")]
    assert short(look(data=b"\0This was allowed before GHC 6.10.2\0")) == []


def test_ocaml_by_its_own_strings() -> None:
    data = b"\0Sys_blocked_io\0\1\0\0" + b"\xfc\x07" + bytes(6) + b"4.13.1\0\1\xfc\x0f" + bytes(6) + b"Stdlib.Sys.Break"
    assert short(look(DEBIAN, data=data)) == [("ocaml", "4.13.1")]


def test_ocamls_bytecode_runtime_is_a_c_program() -> None:
    assert short(look(DEBIAN, data=b"\0Sys_blocked_io\0Out_of_memory\0OCAMLRUNPARAM\0")) == [("gcc", "12.2.0")]


def test_fpc_and_gnat() -> None:
    assert short(look(data=b"\0FPC 3.2.2+dfsg-20 [2023/03/30] for x86_64 - Linux\0")) == [("fpc", "3.2.2")]
    assert short(look("GCC: (Debian 11.3.0-12) 11.3.0", data=b"\0GNAT Version: 11.3.0\0")) == [("gnat", "11.3.0")]


def test_a_compiler_is_not_what_it_can_print() -> None:
    """cc1, gnatbind, clang, rustc's driver: formats and names that they write into others."""
    data = (b"\0GCC: %s%s%s\0GNAT Version: \0clang version 14.0.6\0rustc version {}\0/rustc/{}/\0Linker: LLD \0"
            b"mold 1.10.1 (compatible with GNU ld)\0")
    assert look(data=data) == ()


def test_zig_cc_is_clang() -> None:
    found = look("clang version 19.1.7 (https://github.com/ziglang/zig-bootstrap 1c3c5943)",
                 elf__dwarf__producer=[("clang version 19.1.7 (https://github.com/ziglang/zig-bootstrap 1c) | C11", 1),
                                       ("zig 0.14.1 | C99", 2)])
    assert short(found)[0] == ("clang", "19.1.7")
    assert found[0].vendor == "zig cc"


def test_a_zig_program() -> None:
    found = look(data=b"\0attempt to use null value\0", elf__dwarf__producer="zig 0.14.1 | C99")
    assert [(one.tool, one.version, one.language) for one in found] == [("zig", "0.14.1", "zig")]


def test_annobin_of_the_crt_only_proves_nothing() -> None:
    reading = Reading("elf", [Surface("elf.annobin", "running gcc 8.5.0 20210514")], facts={"annobin.covers": "0.00"})
    assert resolve(ENGINE.apply(None, reading), reading.facts) == ()
    reading.facts["annobin.covers"] = "0.98"
    assert short(resolve(ENGINE.apply(None, reading), reading.facts)) == [("gcc", "8.5.0")]


@pytest.mark.parametrize("comment", ["Linker: LLD 14.0.6", "mold 1.10.1 (compatible with GNU ld)"])
def test_ld_is_not_inferred_beside_an_observed_linker(comment: str) -> None:
    assert [one.tool for one in look(DEBIAN, comment, sections=LD) if one.role == "linker"] != ["ld"]


def test_ld_is_not_inferred_from_what_patchelf_moved() -> None:
    surfaces = [Surface("elf.sections", LD), Surface("elf.segments", "LOAD:r-x")]
    reading = Reading("elf", surfaces, facts={"patched": "yes"})
    assert resolve(ENGINE.apply(None, reading), reading.facts) == ()


def test_a_cxx_program_with_units_of_c() -> None:
    """node: the units with DWARF are OpenSSL's; it is linked for C++."""
    found = look("GCC: (GNU) 14.2.1 20250110 (Red Hat 14.2.1-11)", elf__needed="libstdc++.so.6",
                 elf__dwarf__producer=[("GNU C11 14.2.1 20250110 (Red Hat 14.2.1-11) | C11", 111)])
    assert found[0].language == "c++"
