"""The level is what the machine allows, tried and said; what cannot be given is not promised."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builds.guard.guarded import POSSIBLE, surroundings
from tests.builds.recorded import BUILTBY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")
DENYING = str(Path(__file__).with_name("denying.py"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


def run(place: Path, forbidden: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DENYING, forbidden, *BUILTBY, "guard", *options, "-o", str(place.parent / "record"), "--",
         "/bin/sh", "-c", "echo ran > ran; exit 4"], cwd=place, capture_output=True, text=True, check=False,
        env=surroundings(place), timeout=60)


def test_this_machine_has_walls() -> None:
    assert POSSIBLE


def test_without_namespaces_landlock_is_taken_and_said(place: Path) -> None:
    done = run(place, "namespaces")
    assert done.returncode == 4, done.stderr
    assert "guard level 2: Landlock" in done.stderr
    assert "not level 1: bubblewrap" in done.stderr
    record = json.loads((place.parent / "record/record.json").read_text())
    assert record["guard"]["level"] == 2
    assert record["guard"]["reasons"][0].startswith("level 1: ")


def test_without_anything_nothing_is_run(place: Path) -> None:
    done = run(place, "namespaces,landlock")
    assert done.returncode == 3
    assert "the command was not run" in done.stderr
    assert "--best-effort" in done.stderr
    assert not (place / "ran").exists()
    assert not (place.parent / "record").exists()


def test_best_effort_is_taken_when_asked_for(place: Path) -> None:
    done = run(place, "namespaces,landlock", "--best-effort")
    assert done.returncode == 4, done.stderr
    assert "guard level 3: looking only" in done.stderr
    record = json.loads((place.parent / "record/record.json").read_text())
    assert record["guard"]["level"] == 3
    assert any("gets past" in one for one in record["guard"]["leaves_open"])


@pytest.mark.parametrize(("level", "forbidden"), [("1", "namespaces"), ("2", "landlock")])
def test_a_forced_level_is_taken_or_none(place: Path, level: str, forbidden: str) -> None:
    done = run(place, forbidden, "--level", level, "--best-effort")
    assert done.returncode == 3
    assert f"level {level}: " in done.stderr
    assert not (place / "ran").exists()


def test_without_bubblewrap_it_is_said(place: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    done = subprocess.run([*BUILTBY, "guard", "-o", str(tmp_path / "record"), "--", "sh", "-c", ":"], cwd=place,
                          capture_output=True, text=True, check=False, timeout=60,
                          env={**surroundings(place), "PATH": str(tools)})
    assert done.returncode == 0, done.stderr
    assert "not level 1: bubblewrap (bwrap) is not installed" in done.stderr


def test_a_home_is_no_place_for_a_build(tmp_path: Path) -> None:
    done = subprocess.run([*BUILTBY, "guard", "-o", str(tmp_path / "record"), "--", "touch", "ran"], cwd=tmp_path,
                          capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 3
    assert "home folder" in done.stderr
    assert not (tmp_path / "ran").exists()
