"""What compilers say that they read, against a checkout: real debug data of clang, rustc, GCC and Roslyn."""

import hashlib
import lzma
import random
import shutil
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from builtby.attested.check import check
from builtby.attested.model import Check, Status
from builtby.attested.read import read
from builtby.cli.app import app
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures"
SOURCES = FIXTURES / "sources"
FILES = sorted(path for path in SOURCES.iterdir() if path.is_file() and path.suffix != ".md")
ROSLYN = FIXTURES / "dotnet" / "clr_loader.pdb"
ROSLYN_FILES = {
    "ClrLoader.cs": "cc2ae0a3d7d8a264320236cf64186068e12aa6e2452eca9715e9db796dd2a8c4",
    "DomainData.cs": "e4dec1b95cf3add7d5efa084423999df1252763d6a59e3b303741728b0e52018",
}
"""SHA-256 of the files in netfx_loader/ of the sdist clr_loader 0.3.1."""


def content(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(SOURCES / "checkout", tmp_path / "checkout")
    return tmp_path / "checkout"


def artifact(folder: Path, name: str) -> Path:
    file = folder / name.removesuffix(".xz")
    file.write_bytes(content(SOURCES / name))
    return file


def statuses(found: Check) -> dict[str, Status]:
    return {one.file or one.path: one.status for one in found.sources if one.status is not Status.OUTSIDE}


@pytest.mark.parametrize("name", [
    "clang.o", "clang-gz", "clang-dwarf64.o", "clang-s390x.o", "clang-macho.o", "lld.pdb.xz"])
def test_what_clang_read_is_what_the_checkout_holds(tmp_path: Path, checkout: Path, name: str) -> None:
    found = check(artifact(tmp_path, name), checkout)
    assert statuses(found) == {"src/main.c": Status.MATCHED, "include/util.h": Status.MATCHED}
    assert found.roots == ("/build/app",)
    assert not found.problems
    assert {one.algorithm for one in found.sources} == {"md5"}


def test_rustc_for_windows_gives_sha256(tmp_path: Path, checkout: Path) -> None:
    found = check(artifact(tmp_path, "rust.pdb.xz"), checkout)
    assert statuses(found) == {"src/same.rs": Status.MATCHED}
    assert found.sources[0].digest == hashlib.sha256((checkout / "src/same.rs").read_bytes()).hexdigest()


def test_roslyn_gives_sha256() -> None:
    found = read(BytesView(ROSLYN.read_bytes()))
    by_name = {one.path.rpartition("/")[2]: one for one in found.sources}
    assert found.kind == "portable-pdb"
    assert {name: by_name[name].digest for name in ROSLYN_FILES} == ROSLYN_FILES
    assert {one.algorithm for one in found.sources} == {"sha256"}


def test_a_portable_pdb_inside_an_assembly() -> None:
    pdb = ROSLYN.read_bytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"MPDB" + struct.pack("<I", len(pdb)) + packer.compress(pdb) + packer.flush()
    directories = bytes(6 * 8) + struct.pack("<II", 0x1000, 28) + bytes(9 * 8)
    optional = struct.pack("<HBBIIIII", 0x10B, 48, 0, 0, 0, 0, 0, 0x1000) + struct.pack(
        "<IIII", 0, 0x400000, 0x1000, 0x200) + bytes(16) + struct.pack("<IIIHH", 0x4000, 0x200, 0, 3, 0) + bytes(
        16) + struct.pack("<II", 0, 16) + directories
    section = struct.pack("<8sIIIIIIHHI", b".rdata", 0x2000, 0x1000, 0x2000, 0x200, 0, 0, 0, 0, 0x40000040)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack(
        "<HHIIIHH", 0x14C, 1, 0, 0, 0, len(optional), 0x2102) + optional + section
    entry = struct.pack("<IIHHIIII", 0, 0, 0x100, 0x100, 17, len(packed), 0x1000 + 28, 0x200 + 28)
    found = read(BytesView(head.ljust(0x200, b"\0") + (entry + packed).ljust(0x2000, b"\0")))
    assert found.kind == "portable-pdb"
    assert {one.digest for one in found.sources} >= set(ROSLYN_FILES.values())


BLOCK = 4096


@pytest.mark.parametrize("name", ["lld.pdb.xz", "rust.pdb.xz"])
@pytest.mark.parametrize("harm", ["cut", "zeros", "other"])
def test_a_damaged_pdb_does_not_pass_for_one_of_fewer_sources(name: str, harm: str) -> None:
    data = content(SOURCES / name)
    whole = read(BytesView(data))
    assert whole.problems == []
    lost = 0
    for start in range(0, len(data), BLOCK):
        filled = {"cut": b"", "zeros": bytes(BLOCK), "other": b"\x5a" * BLOCK}[harm]
        found = read(BytesView(data[:start] + filled + (data[start + BLOCK :] if filled else b"")))
        fewer = {one.path for one in found.sources} < {one.path for one in whole.sources}
        assert found.problems or not fewer, start
        lost += fewer
    assert lost


@pytest.mark.parametrize("cut", [0, 100, 1000])
def test_a_damaged_portable_pdb_is_said_to_be(cut: int) -> None:
    data = bytearray(ROSLYN.read_bytes())
    whole = read(BytesView(bytes(data)))
    assert whole.problems == []
    start = data.index(b"#Blob") if not cut else len(data) - cut
    data[start:] = b"\xff" * len(data[start:])
    found = read(BytesView(bytes(data)))
    assert found.problems or len(found.sources) == len(whole.sources)


@pytest.mark.parametrize(("name", "why"), [
    ("gcc.o", "GCC writes none"), ("clang-dwarf4.o", "DWARF before version 5"), ("rust.o", "rustc none")])
def test_without_checksums_all_is_unknown_and_never_clean(
        tmp_path: Path, checkout: Path, name: str, why: str) -> None:
    file = artifact(tmp_path, name)
    found = check(file, checkout)
    assert set(statuses(found).values()) == {Status.UNKNOWN}
    assert all(why in one.reason for one in found.sources if one.status is Status.UNKNOWN)
    result = CliRunner().invoke(app, ["verify-sources", str(file), str(checkout)])
    assert (result.exit_code, why in result.output) == (3, True)


def test_changed_missing_and_generated(tmp_path: Path, checkout: Path) -> None:
    file = artifact(tmp_path, "clang.o")
    with (checkout / "src/main.c").open("a") as source:
        source.write("/* one line more */\n")
    (checkout / "include/util.h").unlink()
    found = check(file, checkout)
    assert statuses(found) == {"src/main.c": Status.CHANGED, "include/util.h": Status.MISSING}
    assert found.sources[0].status is Status.CHANGED, "the worst comes first"
    assert statuses(check(file, checkout, generated=("include/*",)))["include/util.h"] is Status.GENERATED
    result = CliRunner().invoke(app, ["verify-sources", str(file), str(checkout)])
    assert result.exit_code == 1
    assert "src/main.c  md5" in result.output


@pytest.mark.parametrize("change", [
    lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"),
])
def test_line_ends_are_named_as_such(tmp_path: Path, checkout: Path, change: object) -> None:
    source = checkout / "src/main.c"
    source.write_bytes(change(source.read_bytes()))  # type: ignore[operator]  # one of the lambdas above
    file = artifact(tmp_path, "clang.o")
    found = check(file, checkout)
    (one,) = [one for one in found.sources if one.status is Status.LINE_ENDINGS]
    assert one.file == "src/main.c"
    assert one.reason.startswith("the compiler read")
    assert CliRunner().invoke(app, ["verify-sources", str(file), str(checkout)]).exit_code == 0


def test_the_same_in_a_folder_below(tmp_path: Path, checkout: Path) -> None:
    found = check(artifact(tmp_path, "clang.o"), checkout / "src")
    assert found.roots == ("/build/app/src",)
    assert statuses(found) == {"main.c": Status.MATCHED}
    assert found.counts[Status.OUTSIDE] == 1


def test_the_folder_of_the_build_can_be_said(tmp_path: Path, checkout: Path) -> None:
    file = artifact(tmp_path, "clang.o")
    assert check(file, checkout, root="/build/app").counts == {"matched": 2}
    assert check(file, checkout, root="/elsewhere").counts == {"outside": 2}
    assert CliRunner().invoke(app, ["verify-sources", str(file), str(checkout), "--root", "/else"]).exit_code == 3


def test_another_checkout_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/README").write_text("nothing")
    found = check(artifact(tmp_path, "clang.o"), tmp_path / "other")
    assert found.counts == {"outside": 2}
    assert found.problems


@pytest.mark.parametrize(("data", "why"), [
    (b"", "no format"), (b"\x7fELF", "truncated"), (b"text", "no format"),
    ((FIXTURES / "elf/lld-stripped").read_bytes(), "no debug data")])
def test_what_holds_nothing_is_said_to(tmp_path: Path, checkout: Path, data: bytes, why: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    result = CliRunner().invoke(app, ["verify-sources", str(file), str(checkout)])
    assert (result.exit_code, why in result.output) == (3, True)


def test_the_json(tmp_path: Path, checkout: Path) -> None:
    file = artifact(tmp_path, "clang.o")
    result = CliRunner().invoke(app, ["verify-sources", str(file), str(checkout), "-f", "json"])
    assert msgspec.json.decode(result.output, type=Check).counts == {"matched": 2}


@pytest.mark.parametrize("path", [*FILES, ROSLYN], ids=lambda path: path.name)
def test_bad_bytes_raise_nothing(path: Path) -> None:
    raw, chance = content(path), random.Random(path.name)
    for _ in range(60):
        data = bytearray(raw)
        for _ in range(chance.choice((1, 4, 40))):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        read(BytesView(bytes(data[: chance.choice((len(data), chance.randrange(len(data) + 1)))])))
