"""A guarded build behaves as without us, and nothing of it or of the guard outlives the guard."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds.guard.guarded import POSSIBLE, guarded, surroundings
from tests.builds.recorded import BUILTBY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


def started(place: Path, level: int, text: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*BUILTBY, "guard", "-q", "--level", str(level), "-o", str(place.parent / "record"), "--", "/bin/sh", "-c",
         text], cwd=place, stdout=subprocess.PIPE, start_new_session=True,
        env={**surroundings(place), "TMPDIR": str(place.parent)})


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def of_session(session: int) -> list[str]:
    """Return the commands of a session's processes that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((entry / "cmdline").read_bytes().decode("utf-8", "replace"))
        except (OSError, IndexError):
            continue
    return found


@pytest.mark.parametrize("level", POSSIBLE)
def test_the_build_is_as_without_us(place: Path, level: int) -> None:
    text = 'read line; echo "got $line"; echo err >&2; kill -0 $$; pwd; exit 7'
    bare = subprocess.run(["/bin/sh", "-c", text], input="hello\n", capture_output=True, text=True, check=False,
                          cwd=place)
    done = subprocess.run([*BUILTBY, "guard", "-q", "--level", str(level), "-o", str(place.parent / "r"), "--",
                           "/bin/sh", "-c", text], input="hello\n", capture_output=True, text=True, check=False,
                          cwd=place, env=surroundings(place), timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (bare.returncode, bare.stdout, bare.stderr)


@pytest.mark.parametrize("level", POSSIBLE)
def test_exit_codes(place: Path, level: int) -> None:
    assert guarded(place, level, "/bin/sh", "-c", "kill -KILL $$").code == 128 + signal.SIGKILL
    assert guarded(place, level, "no-such-command").code == 127
    assert guarded(place, level, "/bin/sh", "-c", "echo x >/etc/x; :", options=("--fail-on", "medium")).code == 1


@pytest.mark.parametrize("level", POSSIBLE)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_build(place: Path, level: int, number: int) -> None:
    text = "trap 'exit 9' TERM INT; echo ready; while :; do sleep 0.05; done"
    with started(place, level, text) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.2)
        running.send_signal(number)
        assert running.wait(30) == 9
    assert json.loads((place.parent / "record/record.json").read_text())["exit_code"] == 9
    assert soon(lambda: not of_session(running.pid))


@pytest.mark.parametrize("level", POSSIBLE)
def test_keys_of_the_terminal_end_everything(place: Path, level: int) -> None:
    """Ctrl-C reaches the whole foreground group at once."""
    with started(place, level, "echo ready; sleep 60 & sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(30) == 128 + signal.SIGINT
    assert soon(lambda: not of_session(running.pid))


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_build_that_stops_itself_stops_the_guard(place: Path, level: int) -> None:
    """As a shell sees it: what is let go on goes on."""
    with started(place, level, "kill -STOP $$; echo after; exit 7") as running:
        _, status = os.waitpid(running.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert os.WSTOPSIG(status) == signal.SIGSTOP
        running.send_signal(signal.SIGCONT)
        assert running.stdout is not None
        assert running.stdout.readline() == b"after\n"
        assert running.wait(30) == 7


@pytest.mark.parametrize("level", POSSIBLE)
def test_killing_the_guard_leaves_nothing(place: Path, level: int) -> None:
    with started(place, level, "echo $https_proxy; sleep 60 & sleep 60") as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.2)
        assert len(of_session(running.pid)) > 2
        running.kill()
        running.wait(30)
    assert soon(lambda: not of_session(running.pid)), of_session(running.pid)
    assert list(place.parent.glob("builtby-guard-*"))
    after = guarded(place, level, "true", environment={"TMPDIR": str(place.parent)})
    assert after.code == 0, after.err
    assert not list(place.parent.glob("builtby-guard-*"))


@pytest.mark.parametrize("level", POSSIBLE)
def test_daemons_end_and_are_told(place: Path, level: int) -> None:
    ran = guarded(place, level, "/bin/sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & sleep 0.3")
    assert ran.code == 0
    assert len(ran.record["survivors"]) >= 1


def test_nothing_is_left_of_stages(place: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("builtby-guard-*"))
    ran = guarded(place, POSSIBLE[0], "/bin/sh", "-c", "mkdir ~/a && touch ~/a/b && chmod -w ~/a")
    assert ran.code == 0, ran.err
    left = set(Path(tempfile.gettempdir()).glob("builtby-guard-*")) - before
    assert not [folder for folder in left if (folder / "home/a").exists()]
