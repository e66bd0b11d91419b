"""SUNSPOT: a source is swapped while the compiler reads it and put back, with its time of modification."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builds.recorded import BUILTBY
from tests.builds.watch.outside import EVIL

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
HERE = Path(__file__).parent
SWAPS = 20
GOOD = b"int f(void) { return 1; }\n"
BAD = hashlib.sha256(EVIL).hexdigest()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Twenty sources; the build's compiler is the system's if there is one, else one that only reads."""
    folder = tmp_path.resolve() / "project"
    for name in ("src", "out", "sync", "bin"):
        (folder / name).mkdir(parents=True)
    for number in range(SWAPS):
        (folder / f"src/m{number}.c").write_bytes(GOOD)
    return folder


@contextmanager
def outsider(how: str, folder: Path) -> Iterator[None]:
    """Run the process that swaps; it is a child of the test, not of the recorder."""
    process = subprocess.Popen([sys.executable, HERE / "outside.py", how, folder])
    until = time.monotonic() + 20
    while not (folder / "sync/ready").exists() and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield
    finally:
        (folder / "sync/end").touch()
        process.wait(20)


def build(who: str, how: str, folder: Path, repository: bool = False) -> dict[str, Any]:
    if repository:
        subprocess.run("git init -q && git add src", shell=True, cwd=folder, check=True)
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (folder / "src").iterdir()}
    done = subprocess.run([*BUILTBY, "record", "-o", folder.parent / "record", "--",
                           sys.executable, HERE / "build.py", who, how, folder],
                          cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (folder / "src").iterdir()} == before
    found: dict[str, Any] = json.loads((folder.parent / "record/record.json").read_text("utf-8"))
    return found


def swapped(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {Path(one["path"]).name: one for one in record["changes"]
            if one["place"] == "source" and one["what"] == "swapped-and-put-back"}




@pytest.mark.parametrize("how", ["rename", "in-place"])
@pytest.mark.parametrize("who", ["inside", "outside"])
def test_each_of_twenty_swaps_is_seen(who: str, how: str, project: Path) -> None:
    if who == "outside":
        with outsider(how, project):
            record = build(who, how, project)
    else:
        record = build(who, how, project)
    found = swapped(record)
    assert sorted(found) == sorted(f"m{number}.c" for number in range(SWAPS))
    compilers = {one["id"] for one in record["processes"] if one["tool"] and one["tool"]["role"] == "compiler"}
    for one in found.values():
        assert one["seen_by"] == ["ctime", "inotify", "hash"]
        assert one["before"] == one["after"] == hashlib.sha256(GOOD).hexdigest()
        assert one["read_as"] == [BAD]
        assert compilers.intersection(one["readers"])
        assert (one["process"] is None) is (who == "outside")
        assert one["mtime_kept"]
    findings = [one for one in record["findings"] if one["rule"] == "source-swapped"]
    assert len(findings) == SWAPS
    assert {(one["severity"], one["confidence"]) for one in findings} == {("critical", "high")}
    assert {one["process"] is None for one in findings} == {who == "outside"}


def test_each_of_twenty_fleeting_swaps_is_seen_though_nobody_read_them(project: Path) -> None:
    with outsider("fleeting", project):
        record = build("outside", "fleeting", project)
    found = swapped(record)
    assert len(found) == SWAPS
    assert all(one["read_as"] == [] and one["process"] is None and "ctime" in one["seen_by"] for one in found.values())


def test_a_build_that_swaps_nothing_has_no_changes(project: Path) -> None:
    record = build("nobody", "", project, repository=True)
    assert record["changes"] == []
