"""What one build learns of tools holds for the next one as long as nothing changed, and no longer."""

import os
import shutil
import time
from pathlib import Path

import pytest

from builtby.builds import learnt
from builtby.builds.identify import known_tools
from builtby.builds.learnt import Known, Learnt, state_of
from builtby.builds.model import Process, ToolUsed
from tests.builds.recorded import Ran, recorded

MAKE = Known(ToolUsed("make", "4.3", "build-system", None), "pkg:deb/debian/make@4.3", True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILTBY_STATE", str(tmp_path / "state"))
    found = tmp_path / "place"
    found.mkdir()
    return found


def settled(path: Path) -> None:
    """Wait until a later change of a file or folder gives it another stamp."""
    while time.time() - path.stat().st_ctime < 0.2:
        time.sleep(0.05)


def known(ran: Ran, name: str) -> tuple[object, object, object]:
    (one,) = ran.programs(name)
    return one.get("tool"), one.get("package"), one.get("as_packaged")


def test_the_second_record_tells_what_the_first_one_did(place: Path) -> None:
    make = shutil.which("make")
    assert make is not None
    first = known(recorded(place, make, "--version"), "make")
    file = place.parent / "state" / learnt.FILE
    assert os.path.realpath(make) in learnt.load(file).tools
    assert known(recorded(place, make, "--version"), "make") == first
    assert first[0] is not None


def test_a_changed_executable_is_looked_at_again(tmp_path: Path) -> None:
    tool = tmp_path / "make"
    tool.write_bytes(b"one")
    settled(tool)
    memory = Learnt()
    memory.learn(str(tool), state_of([str(tool)]), MAKE)
    assert memory.tool(str(tool)) == MAKE
    before = tool.stat()
    tool.write_bytes(b"two")
    os.utime(tool, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert memory.tool(str(tool)) is None


def test_what_changed_a_moment_ago_is_not_remembered(tmp_path: Path) -> None:
    tool = tmp_path / "make"
    tool.write_bytes(b"one")
    memory = Learnt()
    memory.learn(str(tool), state_of([str(tool)]), MAKE)
    assert not memory.tools


def test_a_tool_of_no_package_is_looked_at_again_when_what_stands_beside_it_changed(tmp_path: Path) -> None:
    """Its version stands in a file of its own, which may change while the tool does not."""
    tool, version = tmp_path / "go/bin/go", tmp_path / "go/VERSION"
    tool.parent.mkdir(parents=True)
    shutil.copy("/bin/true", tool)
    version.write_text("go1.21.5\n")
    settled(version)
    memory = Learnt()

    def found() -> str | None:
        (one,) = known_tools((Process(1, 0, 1, (), None, str(tool), None, None, None, None, None, None, 0, 0.0, None,
                                      None),), memory)
        return one.tool.version if one.tool else None

    assert found() == "1.21.5"
    assert memory.tool(str(tool)) is not None
    version.write_text("go1.22.0\n")
    assert memory.tool(str(tool)) is None
    assert found() == "1.22.0"


def test_a_folder_of_path_is_listed_again_when_it_changed(tmp_path: Path) -> None:
    settled(tmp_path)
    memory, asked = Learnt(), []

    def tools(folder: str) -> list[str]:
        asked.append(folder)
        return sorted(one.name for one in Path(folder).iterdir())

    assert [memory.in_folder(str(tmp_path), tools) for _ in range(2)] == [[], []]
    assert len(asked) == 1
    (tmp_path / "gcc").symlink_to("/bin/true")
    assert memory.in_folder(str(tmp_path), tools) == ["gcc"]
    assert memory.in_folder(str(tmp_path / "missing"), tools) == []
    assert len(asked) == 2


def test_other_package_databases_or_rules_make_all_forgotten(tmp_path: Path) -> None:
    status, file = tmp_path / "status", tmp_path / learnt.FILE
    status.write_text("one")
    memory = Learnt(learnt.own_state(), tools={"/bin/make": ({"/bin/make": (1, 2, 3, 4, 5)}, MAKE)})
    memory.asked([str(status), str(tmp_path / "none")])
    learnt.save(memory, file)
    assert learnt.load(file).tools == memory.tools
    status.write_text("other")
    assert not learnt.load(file).tools
    memory.of = "other rules"
    learnt.save(memory, file)
    assert learnt.load(file) == Learnt(learnt.own_state())


@pytest.mark.parametrize("raw", [b"", b"{damaged", b"\x81\xa2of\x01"])
def test_a_damaged_file_counts_for_nothing(raw: bytes, tmp_path: Path) -> None:
    file = tmp_path / learnt.FILE
    file.write_bytes(raw)
    file.chmod(0o600)
    assert learnt.load(file) == Learnt(learnt.own_state())


def test_what_others_may_write_counts_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / learnt.FILE
    learnt.save(Learnt(learnt.own_state(), tools={"/bin/make": ({"/bin/make": (1, 2, 3, 4, 5)}, MAKE)}), file)
    file.chmod(0o622)
    assert not learnt.load(file).tools


def test_a_build_that_writes_what_is_remembered_has_it_taken_away(place: Path) -> None:
    file = place.parent / "state" / learnt.FILE
    recorded(place, "/bin/true")
    assert file.exists()
    recorded(place, "/bin/sh", "-c", f"echo forged > {file}")
    assert not file.exists()
