"""Programs that a guard does not let run: wrappers before the system's tools, and programs in memory."""

import os
import sys
from pathlib import Path

import pytest

from tests.builds.guard.guarded import POSSIBLE, guarded
from tests.builds.recorded import PYTHON

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")
MEMORY = "import os; f = os.memfd_create('x'); os.write(f, open('/bin/true', 'rb').read()); " \
    "os.execv(f'/proc/self/fd/{f}', ['true'])"
ALLOWED = 'name = "x"\n[programs]\nmemory = true\nshadowing = true\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with wrappers of its own: `sed`, that there is elsewhere too, and `mine`, that there is not."""
    folder = (tmp_path / "work").resolve()
    (folder / "bin").mkdir(parents=True)
    for name in ("sed", "mine"):
        file = folder / "bin" / name
        file.write_text("#!/bin/sh\necho the project\\'s\n")
        file.chmod(0o755)
    return folder


@pytest.mark.parametrize("level", POSSIBLE)
@pytest.mark.parametrize("search", ["{place}/bin", "bin", "./bin"])
def test_a_wrapper_gives_way_to_the_systems_tool(place: Path, level: int, search: str) -> None:
    text = f"PATH={search.format(place=place)}:$PATH; export PATH; echo the real one | env sed s/x/y/"
    ran = guarded(place, level, "/bin/sh", "-c", text)
    assert (ran.code, ran.out) == (0, "the real one\n"), ran.err
    (found,) = ran.findings("guard-program-denied")
    assert (found["path"], found["blocked"]) == (f"{place}/bin/sed", True)
    assert ran.findings("tool-shadowed") == []
    assert {"call": "exec", "detail": f"{place}/bin/sed", "refused": True}.items() <= ran.record["notable"][-1].items()


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_link_by_a_tools_name_is_one(place: Path, level: int) -> None:
    (place / "bin/gcc").symlink_to("mine")
    ran = guarded(place, level, "/bin/sh", "-c", "PATH=$PWD/bin:$PATH; gcc --version")
    assert "the project's" not in ran.out
    assert [one["path"] for one in ran.findings("guard-program-denied")] == [f"{place}/bin/mine"]


@pytest.mark.parametrize("level", POSSIBLE)
@pytest.mark.parametrize("text", [
    "./bin/sed",  # asked for by its place
    "PATH=$PWD/bin:$PATH; mine",  # no tool
    "PATH=$PATH:$PWD/bin; mine",
    "PATH=$PWD/bin; sed",  # there is no other
])
def test_programs_of_the_project_run(place: Path, level: int, text: str) -> None:
    ran = guarded(place, level, "/bin/sh", "-c", text)
    assert (ran.code, ran.out) == (0, "the project's\n"), ran.err
    assert ran.findings("guard-program-denied") == []


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_program_in_memory_is_not_run(place: Path, level: int) -> None:
    ran = guarded(place, level, PYTHON, "-c", MEMORY)
    assert ran.code != 0
    assert "PermissionError" in ran.err
    assert [one["path"].partition(" ")[0] for one in ran.findings("guard-program-denied")] == ["/memfd:x"]


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_policy_can_allow_both(place: Path, level: int) -> None:
    text = f"PATH=$PWD/bin:$PATH; sed && {PYTHON} -c \"$0\""
    ran = guarded(place, level, "/bin/sh", "-c", text, MEMORY, policy=ALLOWED)
    assert (ran.code, ran.out) == (0, "the project's\n"), ran.err
    assert ran.findings("guard-program-denied") == []
    assert {one["rule"] for one in ran.loud()} >= {"tool-shadowed", "memory-file-run"}


def test_where_the_users_own_toolchain_stands_is_left_alone(place: Path) -> None:
    """What is in PATH and cannot be written by the build is the user's word."""
    tools = place.parent / "tools"
    tools.mkdir()
    (place / "bin/sed").rename(tools / "sed")
    ran = guarded(place, POSSIBLE[0], "sed", environment={"PATH": f"{tools}:{os.environ['PATH']}"})
    assert (ran.code, ran.out) == (0, "the project's\n"), ran.err
