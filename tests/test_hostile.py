"""Input that means harm: whatever it claims, time and memory are bounded, the reason is said, the rest is scanned."""

import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest

from builtby.model import Record
from builtby.pipeline import budget, layers, options
from builtby.scanning import scan
from tests import bombs
from tests.bombs import GIB, GOOD, databases, deep_paths, entry, gzipped, header, hole, image, large_member, many, pax
from tests.pipeline.parts import ImageParts, ar, artifacts, elf, numbered, records, skipped, tar, zipped, zstd

pytestmark = pytest.mark.usefixtures("no_system")
PROBES = Path(__file__).parent / "fixtures" / "archives"


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real bounds are for real machines; the code that keeps them is the same."""
    for module in (budget, layers):
        monkeypatch.setattr(module, "ENTRIES", 10_000)
        monkeypatch.setattr(module, "EXPANDED", 64 << 20)
    monkeypatch.setattr(budget.Budget.__init__, "__defaults__", (10_000, 64 << 20))


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("packer", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("start", [GOOD, header("zeros", 128 << 20)], ids=["elf", "tar"])
def test_what_expands_without_end_is_stopped(packer: str, start: bytes, tmp_path: Path) -> None:
    bombs.write(tmp_path / f"x.{packer}", bombs.zeros(packer, 128 << 20, start, unit=16 << 20))
    (tmp_path / "good").write_bytes(GOOD)
    found = records(tmp_path)
    assert artifacts(found) == ["good"]
    assert "a bomb?" in skipped(found)[f"x.{packer}"]


@pytest.mark.usefixtures("small_bounds")
def test_zips_in_zips_that_are_a_million_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(bombs.zip_of_zips(5, 16, GOOD))
    (tmp_path / "good").write_bytes(GOOD)
    found = records(tmp_path)
    assert "good" in artifacts(found)
    assert "more than" in skipped(found)["x.zip"]


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(bombs.overlapping_zip(5_000, GOOD))
    found = records(tmp_path)
    assert artifacts(found) == ["x.zip!/00000000"]
    assert set(skipped(found).values()) == {"the member shares bytes with another one (a zip bomb?)"}


@pytest.mark.parametrize("kind", ["gz", "tar", "zip"])
def test_archives_a_thousand_deep(kind: str, tmp_path: Path) -> None:
    (tmp_path / f"x.{kind}").write_bytes(bombs.nested(1000, kind))
    (tmp_path / "good").write_bytes(GOOD)
    found = records(tmp_path)
    assert artifacts(found) == ["good"]
    assert list(skipped(found).values()) == ["archives nested deeper than 16: not gone into"]


@pytest.mark.parametrize("kind", ["gz", "tar", "zip"])
def test_archives_as_deep_as_is_allowed(kind: str, tmp_path: Path) -> None:
    (tmp_path / f"x.{kind}").write_bytes(bombs.nested(options.DEPTH, kind))
    found = records(tmp_path)
    assert len(artifacts(found)) == 1
    assert skipped(found) == {}


@pytest.mark.usefixtures("small_bounds")
def test_a_tar_archive_without_end_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = bombs.Endless(many(10_000_000))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(endless)))
    assert skipped(records("-")) == {"-": "holds more than 10,000 members; the rest was not looked at"}


@pytest.mark.usefixtures("small_bounds")
def test_an_image_has_one_budget_for_all_its_layers(tmp_path: Path) -> None:
    bomb = list(gzipped(chain([header("zeros", 48 << 20)], (bytes(1 << 20) for _ in range(48)), [entry("good", GOOD)])))
    found = records(image(tmp_path / "image", [iter(bomb), iter(bomb), iter(bomb)]))
    assert "good" in artifacts(found)
    assert any("a bomb?" in reason for reason in skipped(found).values())


NAMES = ["../../etc/passwd", "/etc/shadow", "a/../../b", "..\\..\\c", "C:\\windows\\d", "\\\\host\\share\\e", "f\0g",
         "h\ni", "\x1b[2J\x1b[31mj", "k\r\x08l", "\u202em", "n" * 5000, "o/" * 3000 + "p", ".", "..", "/", "",
         "CON", "q\x9b31m"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_names_that_would_lead_elsewhere_only_name(kind: str, name: str, tmp_path: Path) -> None:
    target = tmp_path / "in" / f"x.{kind}"
    target.parent.mkdir()
    if kind == "zip":
        target.write_bytes(bombs.stored_zip({name: GOOD}))
    else:
        target.write_bytes(pax({"path": name.encode()}) + entry("plain", GOOD) + bytes(1024))
    found = records(target.parent)
    for path in artifacts(found):
        inner = path.partition("!/")[2]
        assert not inner.startswith("/")
        assert ".." not in inner.split("/")
    assert len(artifacts(found)) + len(skipped(found)) <= 1
    assert [path.name for path in tmp_path.rglob("*")] == ["in", f"x.{kind}"]


@pytest.mark.parametrize("report", ["terminal", "json"])
def test_names_cannot_steer_the_terminal(report: str, tmp_path: Path) -> None:
    files = {f"{number}/{name}": numbered(number) for number, name in enumerate(NAMES)}
    comment = elf(b"GCC: (\x1b[31mred\x1b]0;title\x07) 12.2.0\0")
    (tmp_path / "x.zip").write_bytes(bombs.stored_zip({**files, "comment": comment}))
    run = subprocess.run(
        [sys.executable, "-m", "builtby", "scan", str(tmp_path), "-f", report, "--by-artifact", "--explain", "-q"],
        capture_output=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    text = run.stdout.decode()
    assert run.returncode in (0, 3), run.stderr
    assert "\x1b" not in text
    if report == "terminal":
        assert not [character for character in text if not character.isprintable() and character != "\n"]


def base256(value: int) -> bytes:
    return (value & (1 << 96) - 1 | 1 << 95).to_bytes(12, "big")


def resized(size: bytes) -> bytes:
    """A header whose size field holds these twelve bytes."""
    block = bytearray(header("x", 0))
    block[124:136], block[148:156] = size, b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("block", [
    resized(base256(-1)), resized(base256(-1 << 80)), resized(base256(1 << 88)), resized(base256((1 << 63) - 1)),
    resized(b"-0000000001\0"), resized(b"99999999999\0"), resized(b"\xff" * 12), resized(b"0x10\0\0\0\0\0\0\0\0"),
    resized(b"            "), resized(b"777777777777"),
    header("x", 0, mtime=base256(1 << 87)), header("x", 0, mtime=base256(-1)), header("x", 0, mtime=b"zzzzzzzzzzz\0"),
    pax({"size": b"-5"}) + header("x", 0), pax({"size": b"9" * 19}) + header("x", 0),
    pax({"size": b"9" * 5000}) + header("x", 0), pax({"path": b""}) + header("x", 0),
    pax({f"k{n}": b"v" * 1000 for n in range(900)}) + header("x", 0),
    b"".join(pax({f"k{n}": b"v" * 500_000}) for n in range(40)) + header("x", 0),
    entry("x", b"9999999999999999999999 path=a\n", b"x") + header("x", 0),
    entry("x", b"0 path=a\n", b"x") + header("x", 0), entry("x", b"-3 path=a\n", b"x") + header("x", 0),
    entry("x", b"n" * 3_000_000, b"L") + header("x", 0), header("x", 1 << 40, b"L"), header("x", 1 << 40, b"x"),
    header("x", 1 << 40, b"S"), header("x", 1 << 40, b"2"), header("x", 1 << 40, b"V"), header("x", 5, b"\xff"),
    header("x", 1 << 62), pax({"GNU.sparse.major": b"1", "GNU.sparse.name": b"x"}) + header("x", 0),
])
@pytest.mark.parametrize("place", ["tar", "layer"])
def test_tar_headers_that_claim_anything(block: bytes, place: str, tmp_path: Path) -> None:
    data = entry("good", GOOD) + block + entry("last", GOOD) + bytes(1024)
    if place == "tar":
        (tmp_path / "x.tar").write_bytes(data)
        assert "x.tar!/good" in artifacts(records(tmp_path))
    else:
        assert "good" in artifacts(records(image(tmp_path / "image", [iter([data])])))


def archives() -> Iterator[tuple[str, bytes]]:
    """One archive of every kind, each with an ELF file and something before and after it."""
    files = {"first": b"text", "usr/bin/good": GOOD, "last": b"text" * 100}
    plain = tar(dict(files))
    yield "x.tar", plain
    yield from ((f"x.tar.{kind}", pack(plain)) for kind, pack in (
        ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstd.compress)))
    yield "x.tar.lzma", lzma.compress(plain, format=lzma.FORMAT_ALONE)
    yield "x.zip", zipped(files)
    yield "x.jar", zipped({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", **files})
    yield "x-lzma.zip", zipped(files, zipfile.ZIP_LZMA)
    members = {"debian-binary": b"2.0\n", "control.tar.gz": gzip.compress(plain), "data.tar.xz": lzma.compress(plain)}
    yield "x.deb", ar(members)
    yield "x.rpm", (PROBES / "tiny-1.2-3.x86_64.rpm").read_bytes()
    yield "x.cpio.gz", (PROBES / "bin.cpio.gz").read_bytes()
    parts = ImageParts()
    parts.image(plain, tar({"second": GOOD}))
    yield "image.tar", tar(dict(parts.files()))
    yield "image.tar.gz", gzip.compress(tar(dict(parts.files())))


ARCHIVES = dict(archives())


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_end_anywhere(name: str, tmp_path: Path) -> None:
    data = ARCHIVES[name]
    cuts = sorted({*range(0, min(len(data), 64), 7), *range(0, len(data), max(len(data) // 40, 1)), len(data) - 1})
    for cut in cuts:
        (tmp_path / f"{cut}-{name}").write_bytes(data[:cut])
    found = records(*sorted(tmp_path.iterdir()), tmp_path)
    assert not [reason for reason in skipped(found).values() if "internal error" in reason]


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_with_bytes_changed_anywhere(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    for number in range(60):
        data = bytearray(ARCHIVES[name])
        for _ in range(chance.choice((1, 2, 8, 64))):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        (tmp_path / f"{number}-{name}").write_bytes(data)
    found = records(*sorted(tmp_path.iterdir()), tmp_path)
    assert not [reason for reason in skipped(found).values() if "internal error" in reason]


def test_sizes_that_lie(tmp_path: Path) -> None:
    for field, value in ((18, 0), (18, 0xFFFFFFF0), (22, 0), (22, 0xFFFFFFF0), (14, 0)):
        data = bytearray(zipped({"good": GOOD, "more": numbered(1)}))
        data[field : field + 4] = value.to_bytes(4, "little")
        at = data.index(b"PK\1\2") + field + 2
        data[at : at + 4] = value.to_bytes(4, "little")
        (tmp_path / f"{field}-{value}.zip").write_bytes(data)
        (tmp_path / f"{field}-{value}.tar").write_bytes(tar({"x.zip": bytes(data)}))
    found = records(tmp_path)
    assert not [reason for reason in skipped(found).values() if "internal error" in reason]
    assert sum(path.endswith("zip!/more") for path in artifacts(found)) >= 5


def test_json_that_is_deep_or_huge(tmp_path: Path) -> None:
    for number, text in enumerate((b"[" * 1_000_000, b'{"manifests":' * 100_000, b'{"manifests": [' + b"0," * 1_000_000,
                                   b'{"manifests": ' + b"9" * 100_000 + b"}", b"\xff\xfe", b"", b"null", b"[]", b'"x"',
                                   b'{"manifests": {"a": 1}}', b'{"manifests": [null, 1, "x", {}, {"digest": 5}]}')):
        layout = tmp_path / str(number)
        (layout / "blobs").mkdir(parents=True)
        (layout / "index.json").write_bytes(text)
        found = records(layout)
        assert artifacts(found) == []
        assert not [reason for reason in skipped(found).values() if "internal error" in reason]


def test_a_large_elf_in_a_layer_goes_by(tmp_path: Path) -> None:
    size = 300 << 20
    found = records(image(tmp_path / "image", [gzipped(large_member(size))]))
    assert artifacts(found) == ["", "usr/bin/good", "usr/bin/large"]
    assert skipped(found) == {}


# What takes longer: real bounds, and their cost in time and memory

MEMORY = """
import re, sys
from pathlib import Path
from builtby import scan
from builtby.model import Artifact
count = sum(isinstance(record, Artifact) for record in scan(sys.argv[1]))
print(count, int(re.search("VmHWM: *([0-9]+)", Path("/proc/self/status").read_text().replace("\t", " "))[1]) // 1024)
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="measures with /proc")


def measured(target: Path) -> tuple[int, int]:
    """Return the artifacts that a scan in this process finds, and the megabytes that it takes."""
    run = subprocess.run([sys.executable, "-c", MEMORY, str(target)], capture_output=True, text=True, check=True)
    count, megabytes = map(int, run.stdout.split())
    return count, megabytes


TINY = elf(padding=b"@NUMBER@")


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("place", ["layer", "tar"])
def test_a_hundred_thousand_programs(place: str, tmp_path: Path) -> None:
    made = many(100_000, TINY, "usr/bin/{}")
    layer = place == "layer"
    target = image(tmp_path / "i", [gzipped(made)]) if layer else bombs.write(tmp_path / "x.tar", made).parent
    count, megabytes = measured(target)
    assert count >= 100_000
    assert megabytes < 250


@pytest.mark.slow
@LINUX
def test_package_databases_without_end(tmp_path: Path) -> None:
    count, megabytes = measured(image(tmp_path / "image", [gzipped(databases(8))]))
    assert count == 2
    assert megabytes < 250


@pytest.mark.slow
@LINUX
def test_a_program_of_three_gigabytes_in_a_layer(tmp_path: Path) -> None:
    count, megabytes = measured(image(tmp_path / "image", [gzipped(large_member(3 * GIB))]))
    assert count == 3
    assert megabytes < 250


@pytest.mark.slow
def test_a_tar_archive_of_a_million_members(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BufferedReader(bombs.Endless(chain(many(1_000_000), [])), 1 << 20)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
    started = time.monotonic()
    found: list[Record] = list(scan("-"))
    assert skipped(found) == {}
    assert time.monotonic() - started < 120


def test_files_in_folders_without_end_are_said(tmp_path: Path) -> None:
    found = records(image(tmp_path / "image", [iter([entry("low", GOOD)]), deep_paths(200)]))
    assert artifacts(found) == ["", "good", "low"]
    assert set(skipped(found).values()) == {"more than 128 folders deep: not looked at"}


def test_what_lies_too_deep_is_hidden_with_its_outer_folder(tmp_path: Path) -> None:
    above = entry(".wh.1", b"") + entry("2/.wh..wh..opq", b"") + bytes(1024)
    found = records(image(tmp_path / "image", [deep_paths(4), iter([above])]))
    assert {path.partition("/")[0] for path in skipped(found)} == {"0", "3"}


def test_package_databases_are_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "METADATA_ALL", 1000)
    made = chain((entry(f"var/lib/dpkg/info/{n}.list", b"/usr/bin/x\n" * 40) for n in range(5)),
                 [entry("usr/bin/good", GOOD), entry("var/lib/dpkg/status", b"\n" * (17 << 20)), bytes(1024)])
    found = records(image(tmp_path / "image", [gzipped(made)]))
    assert artifacts(found) == ["", "usr/bin/good"]
    assert set(skipped(found)) == {*(f"var/lib/dpkg/info/{n}.list" for n in (2, 3, 4)), "var/lib/dpkg/status"}


def test_a_hole_of_a_terabyte(tmp_path: Path) -> None:
    """On disk: what is not there would take an hour to hash."""
    hole(tmp_path / "large", 1 << 40)
    (tmp_path / "good").write_bytes(GOOD)
    found = records(tmp_path)
    assert (artifacts(found), skipped(found)) == (["good"], {"large": "larger than 64 GiB: not read"})


def test_python_reads_what_is_made_here() -> None:
    with tarfile.open(fileobj=io.BytesIO(b"".join(many(3, GOOD)))) as archive:
        assert archive.getnames() == ["f0", "f1", "f2"]
    with zipfile.ZipFile(io.BytesIO(bombs.stored_zip({"a": GOOD}, method=8))) as packed:
        assert packed.read("a") == GOOD
