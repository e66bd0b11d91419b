"""Names of what a program has open itself mean what it has open, not what the recorder has."""

import hashlib
from pathlib import Path

import pytest

from tests.builds.recorded import recorded


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILTBY_STATE", str(tmp_path / "state"))
    found = tmp_path / "place"
    found.mkdir()
    (found / "in").write_text("x")
    return found


@pytest.mark.parametrize("script", [
    "cat /dev/fd/3 3<in", "cat /dev/stdin <in", "cat /proc/self/fd/3 3<in",
    "exec 3<in; cat <in /dev/fd/0", "cat //proc/./self/fd/3 3<in", "exec 3<in; cd /; cat proc/self/fd/3",
    "exec 3<in; cd /proc; cat ./self/../self/fd/3",
])
def test_a_file_that_is_read_by_its_descriptor(place: Path, script: str) -> None:
    ran = recorded(place, "/bin/sh", "-c", script)
    digest = hashlib.sha256(b"x").hexdigest()
    assert ran.out == "x"
    (cat,) = ran.programs("cat")
    assert [use["sha256"] for use in ran.uses(place / "in", "read") if use["process"] == cat["id"]] == [digest]


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/stderr", "/dev/fd/1"])
def test_a_stream_that_is_written_by_its_name(place: Path, name: str) -> None:
    ran = recorded(place, "/bin/sh", "-c", f"(echo made > {name}) > out 2>&1")
    assert (place / "out").read_text() == "made\n"
    assert [use["sha256"] for use in ran.uses(place / "out", "write")] == [hashlib.sha256(b"made\n").hexdigest()]


def test_what_only_the_recorder_has_open_is_nobodys(place: Path) -> None:
    """It holds the memory of processes that it looks at, and jobs of make ask for descriptors by their number."""
    ran = recorded(place, "/bin/sh", "-c", "for i in 3 4 5 6 7 8 9 10 11 12; do cat /dev/fd/$i; done 2>/dev/null; :")
    assert [use["path"] for use in ran.record["files"] if use["path"].startswith("/proc/")] == []
    assert ran.findings("memory-of-others") == []
