"""The way to a file is remembered by its name: what the name means now is told all the same."""

import hashlib
from pathlib import Path

import pytest

from tests.builds.recorded import recorded


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILTBY_STATE", str(tmp_path / "state"))
    found = tmp_path / "place"
    (found / "one").mkdir(parents=True)
    (found / "one/file").write_text("one")
    return found


def read(place: Path, script: str) -> list[tuple[str, str]]:
    """Run a script, and return which files below the folder it read, in order, with their digests."""
    ran = recorded(place, "/bin/sh", "-c", script.replace("@", str(place)))
    assert ran.record["complete"]
    return [(use["path"].removeprefix(f"{place}/"), use["sha256"]) for use in ran.record["files"]
            if use["access"] == "read" and use["path"].startswith(f"{place}/")]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_folder_that_is_moved_and_linked(place: Path) -> None:
    script = "cat @/one/file; cat @/one/file; mv @/one @/two; ln -s two @/one; cat @/one/file"
    assert read(place, script) == [("one/file", sha256("one"))] * 2 + [("two/file", sha256("one"))]


def test_a_file_that_is_moved_and_linked(place: Path) -> None:
    script = "ln -s one/file @/link; cat @/link; mv @/one/file @/moved; ln -sfn moved @/link; cat @/link"
    assert read(place, script) == [("one/file", sha256("one")), ("moved", sha256("one"))]


def test_a_file_that_another_takes_the_place_of(place: Path) -> None:
    script = "cat @/one/file; echo -n two >@/new; mv @/new @/one/file; cat @/one/file"
    assert read(place, script) == [("one/file", sha256("one")), ("one/file", sha256("two"))]


def test_a_file_that_is_written_in_place(place: Path) -> None:
    script = "cat @/one/file; echo -n two >@/one/file; cat @/one/file"
    assert read(place, script) == [("one/file", sha256("one")), ("one/file", sha256("two"))]


def test_a_link_that_leads_elsewhere(place: Path) -> None:
    script = "echo -n x >@/x; ln -s one/file @/link; cat @/link; ln -sfn x @/link; cat @/link"
    assert read(place, script) == [("one/file", sha256("one")), ("x", sha256("x"))]
