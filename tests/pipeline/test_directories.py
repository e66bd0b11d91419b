"""Directories: what is walked, what is not, and what is said of it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builtby.model import Artifact
from builtby.pipeline.attribute import System, root_of
from builtby.pipeline.filters import Filters
from builtby.pipeline.options import Settings
from builtby.pipeline.tree import Walk
from builtby.pipeline.workers import inspect_file, inspector
from builtby.scanning import Options, scan
from builtby.sources.view import FileView
from tests.pipeline.parts import artifacts, elf, numbered, records, skipped, tar

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


def test_a_systems_databases_are_read_once_for_many_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`scan /usr/bin/*` gives thousands of targets."""
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("Package: tool\nStatus: install ok installed\nVersion: 1.0-1\n")
    (tmp_path / "var/lib/dpkg/info/tool.list").write_text("/.\n/usr/bin/1\n/usr/bin/2\n/usr/bin/3\n")
    for number in range(1, 4):
        (tmp_path / f"usr/bin/{number}").write_bytes(numbered(number))
    read: list[Path] = []
    at = System.at

    def once(root: Path) -> System:
        read.append(root)
        return at(root)

    monkeypatch.setattr(System, "at", once)
    monkeypatch.setattr("builtby.pipeline.run.root_of", root_of)
    found = [record for record in scan(*sorted((tmp_path / "usr/bin").iterdir())) if isinstance(record, Artifact)]
    assert [artifact.package for artifact in found] == ["pkg:deb/tool@1.0-1"] * 3
    assert read == [tmp_path.resolve()]


def test_a_packaged_file_without_a_mark_has_the_compiler_of_its_suite(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "usr/lib").mkdir()
    (tmp_path / "usr/lib/os-release").write_text("ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")
    (tmp_path / "var/lib/dpkg/status").write_text(
        "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n")
    (tmp_path / "var/lib/dpkg/info/tool.list").write_text("/.\n/usr/bin/tool\n")
    program = tmp_path / "usr/bin/tool"
    built = (Path(__file__).parent.parent / "fixtures/elf/gnu-ld-pie").read_bytes()
    at = built.index(b"GCC: (Debian")
    program.write_bytes(built[:at] + bytes(built.index(b"\0", at) - at) + built[built.index(b"\0", at):])
    day = datetime(2022, 11, 5, tzinfo=UTC).timestamp()
    os.utime(program, (day, day))
    [found] = [record for record in records(tmp_path) if isinstance(record, Artifact) and record.format == "elf"]
    told = {(tool.tool, tool.version, str(tool.claim)) for tool in found.built_by}
    assert ("gcc", "12.2.0", "inferred") in told


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/a").write_bytes(numbered(1))
    (tmp_path / "b").write_bytes(numbered(2))
    return tmp_path


def test_every_file_at_any_depth_is_looked_at(tree: Path) -> None:
    assert artifacts(records(tree)) == ["b", "usr/bin/a"]


def test_a_file_of_many_names_is_looked_at_once(tree: Path) -> None:
    (tree / "usr/bin/c").hardlink_to(tree / "b")
    assert artifacts(records(tree)) == ["b", "usr/bin/a"]


@POSIX
def test_links_are_not_followed(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_bytes(numbered(3))
    (tree / "file").symlink_to(outside / "secret")
    (tree / "folder").symlink_to(outside)
    (tree / "nowhere").symlink_to(outside / "none")
    found = records(tree)
    assert artifacts(found) == ["b", "usr/bin/a"]
    assert skipped(found) == {}


@POSIX
def test_links_that_go_round_are_said(tree: Path) -> None:
    (tree / "one").symlink_to("two")
    (tree / "two").symlink_to("one")
    (tree / "usr/up").symlink_to("..")
    found = records(tree)
    assert artifacts(found) == ["b", "usr/bin/a"]
    assert set(skipped(found)) == {"one", "two"}
    assert "symbolic link" in skipped(found)["one"]


@POSIX
def test_what_is_no_file_is_said_and_never_opened(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(tree)  # a socket's path must be short
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
        found = records(tree)
    assert artifacts(found) == ["b", "usr/bin/a"]
    assert skipped(found) == {"pipe": "a named pipe; not opened", "socket": "a socket; not opened"}


@pytest.mark.parametrize("target", ["pipe", "missing"])
@POSIX
def test_a_target_that_is_no_file_is_said(target: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert len(skipped(records(tmp_path / target))) == 1


def test_a_target_with_a_name_that_no_system_has() -> None:
    assert skipped(records("a\0b", "\ud800")) == {"": "there is no such file or directory"}


@POSIX
def test_names_that_are_no_text_are_escaped(tree: Path) -> None:
    name = os.fsencode(tree) + b"/\xff\xfe\n\x1b[31m"
    Path(os.fsdecode(name)).write_bytes(numbered(4))
    assert artifacts(records(tree)) == ["\\xff\\xfe\n\x1b[31m", "b", "usr/bin/a"]


def test_a_file_that_vanishes_after_the_walk_is_said(tree: Path) -> None:
    collector = inspector(Settings()).collector
    batches = list(Walk(str(tree), Filters(Settings(), collector)).batches())
    (tree / "b").unlink()
    for path in batches[0].paths:
        inspect_file(inspector(Settings()), path, Path(path).name, "")
    found = collector.take()
    assert [artifact.path for artifact in found.artifacts] == ["a"]
    assert [(item.path, item.reason) for item in found.skipped] == [
        ("b", "cannot be opened: No such file or directory")]


def test_a_file_that_vanishes_during_the_walk_is_said(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number:04}").write_bytes(numbered(number) if number == 0 else b"")
    run = iter(scan(tmp_path))
    assert isinstance(next(run), Artifact)
    (tmp_path / "0599").unlink()
    assert skipped(list(run)) == {"0599": "cannot be read: No such file or directory"}


@pytest.mark.parametrize("size", [0, 10, 64, 200, 100_000])
def test_a_file_that_shrinks_or_grows_while_it_is_read(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "a").write_bytes(elf(padding=bytes(8000)))
    (tmp_path / "b").write_bytes(numbered(2))
    def opens(descriptor: int, length: int, head: bytes) -> object:
        os.truncate(tmp_path / "a", size)
        return FileView(descriptor, length, head)

    monkeypatch.setattr("builtby.pipeline.workers.FileView", opens)
    assert "b" in artifacts(records(tmp_path))


@POSIX
def test_a_sparse_file_of_a_terabyte(tree: Path) -> None:
    for name, head in (("zeros", b""), ("elf", elf()), ("tar", tar({"x": numbered(5)})[:-1024])):
        (tree / name).write_bytes(head)
        os.truncate(tree / name, 1 << 40)
    found = records(tree)
    assert artifacts(found) == ["b", "tar!/x", "usr/bin/a"]
    assert skipped(found) == {"elf": "larger than 64 GiB: not read"}


@POSIX
def test_folders_deeper_than_any_path(tree: Path) -> None:
    here = os.open(tree, os.O_RDONLY)
    inner = here
    try:
        for _ in range(1500):
            os.mkdir("deep", dir_fd=inner)
            outer, inner = inner, os.open("deep", os.O_RDONLY, dir_fd=inner)
            if outer != here:
                os.close(outer)
        found = records(tree)
        assert artifacts(found) == ["b", "usr/bin/a"]
        assert list(skipped(found).values()) == ["the folder cannot be read: File name too long"]
    finally:
        os.close(inner)
        os.close(here)
        subprocess.run(["rm", "-r", tree / "deep"], check=True)  # rmtree recurses


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that a process without rights may enter; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="builtby-test-"))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
    shutil.rmtree(folder)


AS_NOBODY = """
import os, sys
from builtby import scan
from builtby.marks.load import catalogue
from builtby.formats.registry import all_formats
import cvss, packaging.version, univers.debian, univers.gem, univers.maven, univers.rpm, univers.versions
list(scan(sys.executable + ".none")); catalogue(); all_formats()
if os.geteuid() == 0: os.seteuid(65534)
for record in scan(*sys.argv[1:]):
    print(type(record).__name__, record.path, getattr(record, "reason", ""), sep="|")
"""


def as_nobody(*targets: Path) -> list[list[str]]:
    """Scan in a process without root's rights."""
    run = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *map(str, targets)], capture_output=True, text=True, check=True)
    return sorted(line.split("|") for line in run.stdout.splitlines())


@POSIX
def test_what_may_not_be_read_is_said(anybodys: Path) -> None:
    for name in ("open", "closed"):
        (anybodys / name).mkdir()
        (anybodys / name / "a").write_bytes(numbered(1))
    (anybodys / "open/b").write_bytes(numbered(2))
    (anybodys / "open/b").chmod(0)
    (anybodys / "closed").chmod(0)
    assert as_nobody(anybodys) == [
        ["Artifact", "open/a", ""],
        ["Skipped", "closed", "the folder cannot be read: Permission denied"],
        ["Skipped", "open/b", "cannot be opened: Permission denied"],
    ]


@POSIX
def test_targets_that_may_not_be_read_are_said_and_the_next_is_scanned(anybodys: Path) -> None:
    (anybodys / "var/lib").mkdir(parents=True)
    (anybodys / "var/lib").chmod(0)
    (anybodys / "a").write_bytes(numbered(1))
    (anybodys / "b").write_bytes(numbered(2))
    (anybodys / "a").chmod(0)
    assert as_nobody(anybodys / "a", anybodys / "var/lib/x", anybodys / "b") == [
        ["Artifact", "b", ""],
        ["Skipped", "", "cannot be read: Permission denied"],
        ["Skipped", "", "cannot be read: Permission denied"],
    ]


def test_only_what_is_wanted(tree: Path) -> None:
    (tree / "usr/lib").mkdir()
    (tree / "usr/lib/c.so").write_bytes(numbered(3))
    assert artifacts(records(tree, include=("usr/*",))) == ["usr/bin/a", "usr/lib/c.so"]
    assert artifacts(records(tree, include=("*.so",))) == ["usr/lib/c.so"]
    assert artifacts(records(tree, exclude=("usr/bin",))) == ["b", "usr/lib/c.so"]
    assert artifacts(records(tree, include=("usr/*",), exclude=("*.so",))) == ["usr/bin/a"]


@pytest.mark.parametrize(("include", "said"), [
    (("usr/bin/*",), []),
    (("./usr/*", "etc/[a-c]*"), []),
    (("var/*",), ["var/pipe"]),
    (("usr/bin/*", "*.so"), ["var/pipe"]),
])
def test_folders_that_cannot_hold_what_is_wanted_are_not_entered(
    include: tuple[str, ...], said: list[str], tree: Path,
) -> None:
    (tree / "var").mkdir()
    os.mkfifo(tree / "var/pipe")
    found = records(tree, include=include)
    assert list(skipped(found)) == said


def test_what_is_excluded_is_not_even_opened(tree: Path) -> None:
    shutil.rmtree(tree / "usr")
    (tree / "x").write_bytes(tar({"a": numbered(1)})[:700])
    assert skipped(records(tree, exclude=("x",))) == {}


def test_what_is_too_large_is_said_but_is_no_failure(tree: Path) -> None:
    (tree / "large").write_bytes(elf(padding=bytes(5000)))
    (tree / "packed.tar").write_bytes(tar({"large": elf(padding=bytes(5000)), "small": numbered(7)}))
    found = records(tree, max_size=1000)
    assert artifacts(found) == ["b", "packed.tar!/small", "usr/bin/a"]
    expected = {record.path for record in found if getattr(record, "expected", False)}
    assert expected == {"large", "packed.tar!/large"}


def test_two_runs_and_two_processes_give_the_same(tmp_path: Path) -> None:
    for number in range(700):
        (tmp_path / f"{number % 7}").mkdir(exist_ok=True)
        (tmp_path / f"{number % 7}/{number}").write_bytes(numbered(number))
    (tmp_path / "7.tar").write_bytes(tar({str(number): numbered(number) for number in range(300)}))
    once = records(tmp_path)
    assert len(artifacts(once)) == 1000
    assert records(tmp_path) == once
    assert list(scan(tmp_path, options=Options(jobs=2))) == once
