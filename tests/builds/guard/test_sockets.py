"""Sockets in the project: those of daemons that stood there before are out of reach, the build's own are not."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builtby.builds.guard.sockets import identity, standing
from tests.builds.guard.guarded import POSSIBLE, guarded
from tests.builds.recorded import PYTHON

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")
CONNECT = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print('reached')"
OWN = ("import socket; s = socket.socket(socket.AF_UNIX); s.bind('own.sock'); s.listen(); "
       "socket.socket(socket.AF_UNIX).connect('own.sock'); print('reached')")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project in which a daemon listens."""
    folder = (tmp_path / "work").resolve()
    (folder / "run").mkdir(parents=True)
    opened = os.open(folder / "run", os.O_PATH)
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(f"/proc/self/fd/{opened}/d.sock")  # the name of a socket is short, a test's folder is not
        daemon.listen()
        yield folder
    os.close(opened)


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_daemon_in_the_project_is_not_reached(place: Path, level: int) -> None:
    ran = guarded(place, level, PYTHON, "-c", CONNECT, "run/d.sock")
    assert "reached" not in ran.out
    assert ran.code != 0
    (found,) = ran.findings("guard-socket-denied")
    assert found["path"] == str(place / "run/d.sock")


@pytest.mark.parametrize("level", POSSIBLE)
def test_another_name_does_not_help(place: Path, level: int) -> None:
    text = f"mv run/d.sock x.sock || ln run/d.sock x.sock || ln -s run/d.sock x.sock; {PYTHON} -c \"$0\" x.sock"
    ran = guarded(place, level, "/bin/sh", "-c", text, CONNECT)
    assert "reached" not in ran.out
    assert ran.findings("guard-socket-denied") or "x.sock" in ran.err


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_policy_can_allow_it(place: Path, level: int) -> None:
    ran = guarded(place, level, PYTHON, "-c", CONNECT, "run/d.sock",
                  policy='name = "x"\n[files]\nwrite = ["run/d.sock"]\n')
    assert ran.out == "reached\n", ran.err


@pytest.mark.parametrize("level", POSSIBLE)
def test_the_builds_own_sockets_work(place: Path, level: int) -> None:
    assert guarded(place, level, PYTHON, "-c", OWN).out == "reached\n"


def test_sockets_are_known_by_what_they_are(place: Path) -> None:
    (place / "file").write_text("x")
    (place / "link").symlink_to(place / "run/d.sock")
    (found,) = standing(str(place), ())
    assert found.path == str(place / "run/d.sock")
    assert identity(found.path) == (found.device, found.inode)
    assert standing(str(place), [found.path]) == ()
    assert identity(str(place / "file")) is None
    assert identity(str(place / "none")) is None
