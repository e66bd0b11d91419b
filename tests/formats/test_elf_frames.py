"""Whose code generator wrote the code, by what `.eh_frame` tells; the bytes are of real programs."""

import pytest

from builtby.formats.base import Reading
from builtby.formats.elf_frames import MOST
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy, Role
from builtby.sources.view import BytesView
from tests.formats.elf_help import build, read, values

ENGINE = Engine(catalogue())

GCC = bytes.fromhex("420e108c02450e188603440e208304440e70")
"""GCC 12's description of a function that pushes r12, rbp and rbx, -O2."""
LLVM = bytes.fromhex("410e10420e18410e20440e7083048e038602")
"""clang 16's of the same function."""
GCC_ARM, LLVM_ARM = bytes.fromhex("410e209d049e03"), bytes.fromhex("580c1d289302940495069e089d0a")
"""The same of AArch64: GCC 12's crt, clang 14."""
WIDE = bytes.fromhex("554889e54881ec60000000")
"""The beginning of tcc's main."""
ARM_LLVM = bytes.fromhex("413600000061656162690001" "2c00000005372d4100060a0741080109020a041102120413011401150117031801"
                         "19011a021c0122012601")
ARM_GCC = bytes.fromhex("4132000000616561626900012800000005372d4100060a0741080109020a04120414011501170318011901"
                        "1a021c011e03" "2201")
"""The build attributes of 32-bit ARM programs: clang 16's and GCC 12's."""
COMMENT = b"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0"


def frames(data: bytes, machine: int = 62, comment: bytes = b"", sections: dict[str, tuple[int, bytes]] | None = None,
           ) -> bytes:
    """Return a program with these frames."""
    held = {".text": (1, b"\x90" * 16), ".eh_frame": (1, data)} | (sections or {})
    program = bytearray(build(held | ({".comment": (1, comment)} if comment else {})))
    program[18:20] = machine.to_bytes(2, "little")
    return bytes(program)


def tools(data: bytes) -> tuple[BuiltBy, ...]:
    reading = read(data)
    return resolve(ENGINE.apply(BytesView(data), reading), reading.facts)


def told(data: bytes) -> tuple[list[str], str | None]:
    reading: Reading = read(data)
    return values(reading, "elf.cfi"), reading.facts.get("codegen")


@pytest.mark.parametrize(("data", "machine", "counts", "codegen"), [
    (GCC * 9, 62, ["gcc 9, llvm 0"], "gcc"),
    (GCC * 3, 62, ["gcc 3, llvm 0"], None),
    (LLVM, 62, ["gcc 0, llvm 1"], "llvm"),
    (LLVM * 9 + GCC * 2, 62, ["gcc 2, llvm 9"], "llvm"),
    (GCC * 300 + LLVM, 62, ["gcc 300, llvm 1"], "mixed"),
    (GCC_ARM * 300 + LLVM_ARM, 183, ["gcc 299, llvm 1"], "gcc"),
    (LLVM_ARM + GCC_ARM, 183, ["gcc 0, llvm 1"], "llvm"),
    (LLVM_ARM * 3 + GCC_ARM, 183, ["gcc 0, llvm 3"], "llvm"),
    (GCC_ARM * 5 + LLVM_ARM * 2, 183, ["gcc 4, llvm 2"], "mixed"),
    (LLVM, 40, [], None),
    (bytes(64), 62, [], None),
    (b"", 62, [], None),
])
def test_the_way_of_each(data: bytes, machine: int, counts: list[str], codegen: str | None) -> None:
    assert told(frames(data, machine)) == (counts, codegen)


@pytest.mark.parametrize(("attributes", "codegen"), [
    (ARM_LLVM, "llvm"), (ARM_GCC, None), (ARM_LLVM[:40], "llvm"), (ARM_LLVM[:12], None), (b"A" * 99, None),
    (ARM_LLVM[:20] + b"\xff" * 9, None),
])
def test_attributes_tell_on_32_bit_arm(attributes: bytes, codegen: str | None) -> None:
    data = frames(bytes(64), 40, sections={".ARM.attributes": (0x70000003, attributes)})
    assert told(data)[1] == codegen


def test_code_tells_where_the_frames_are_the_crts_alone() -> None:
    data = frames(bytes(64), comment=COMMENT, sections={".text": (1, WIDE * 3)})
    assert values(read(data), "elf.code") == ["wide frames 3"]
    assert [(one.tool, one.role) for one in tools(data) if one.role is not Role.LINKER] == [
        ("tcc", Role.COMPILER), ("gcc", Role.RUNTIME)]
    assert not values(read(frames(LLVM, sections={".text": (1, WIDE * 3)})), "elf.code")


@pytest.mark.parametrize(("code", "codegen"), [
    ("554889e54883ec10" "4883c4105dc3", "llvm"), ("554889e54881ec00010000" "4881c4000100005dc3", "llvm"),
    ("554889e54883ec10" "c9c3" "4883c4105dc3", None), ("554889e5" "4883c4105dc3", None),
    ("554889e54883ec10" "5dc3", None),
])
def test_how_functions_end_tells_where_nothing_was_optimised(code: str, codegen: str | None) -> None:
    """The beginnings and ends of functions of clang 16's -O0, and of GCC 12's."""
    data = frames(bytes(1024), comment=COMMENT, sections={".text": (1, bytes.fromhex(code))})
    assert read(data).facts.get("codegen") == codegen
    assert [one.role for one in tools(data) if one.tool == "gcc"] == [Role.RUNTIME if codegen else Role.COMPILER]


def test_only_the_beginning_is_read() -> None:
    assert told(frames(bytes(MOST) + LLVM)) == ([], None)


def test_nothing_takes_long() -> None:
    """What begins like LLVM's way and never ends."""
    assert told(frames(b"\x0e\x10" + b"\x41\x0e\x18" * (MOST // 3))) == ([], None)


def test_a_string_of_the_crt_is_no_compiler_where_llvm_wrote_the_code() -> None:
    found = tools(frames(LLVM * 2, comment=COMMENT))
    assert [(one.tool, one.version, one.role, one.detail) for one in found if one.tool == "gcc"] == [
        ("gcc", "12.2.0", Role.RUNTIME, "crt, libgcc or bundled C")]


def test_a_static_program_holds_the_c_library_that_gcc_made() -> None:
    found = tools(frames(GCC * 300 + LLVM, comment=COMMENT))
    assert [one.role for one in found if one.tool == "gcc"] == [Role.RUNTIME]


def test_gccs_way_tells_gcc_where_nothing_else_does() -> None:
    assert [(one.tool, one.version, one.claim) for one in tools(frames(GCC * 20)) if one.role is Role.COMPILER] == [
        ("gcc", None, "inferred")]
    observed = [one for one in tools(frames(GCC * 20, comment=COMMENT)) if one.role is Role.COMPILER]
    assert [(one.tool, one.version, one.claim) for one in observed] == [("gcc", "12.2.0", "observed")]
