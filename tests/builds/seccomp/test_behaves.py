"""A recorded build behaves as without us, and a fault of ours never passes for a green build."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import builtby
from tests.builds.recorded import BUILTBY, recorded
from tests.builds.seccomp.compiled import compiled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds are recorded on Linux")
MANY = """
import os, sys
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
print(os.getpid(), flush=True)
while True:
    pass
"""
"""Busy processes that make no call that is looked at, each in a session of its own."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def until(what: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something becomes so within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return what()


def with_mark(mark: str) -> list[int]:
    """Return the living processes whose environment holds a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "environ").read_bytes() and "\nState:\tZ" not in (path / "status").read_text():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def recording(place: Path, mark: str, *command: str) -> "subprocess.Popen[bytes]":
    """Start a recording, whose build carries a mark in its environment."""
    words = [*BUILTBY, "record", "-o", str(place.parent / "kept"), "--", "env", f"MARK={mark}", *command]
    return subprocess.Popen(words, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_nothing_goes_on_when_the_recorder_is_killed(place: Path) -> None:
    mark = f"builtby-test-{os.getpid()}-{place.parent.name}"
    with recording(place, mark, sys.executable, "-c", MANY) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        assert until(lambda: len(with_mark(mark)) == 4)
        running.kill()
        assert running.wait() == -signal.SIGKILL
        assert until(lambda: not with_mark(mark))
        assert b"the recorder was killed: the build was ended" in running.stderr.read()


def test_a_killed_warden_ends_the_build_and_is_told(place: Path) -> None:
    """What stands between recorder and build can be killed too, by one who has run out of memory."""
    mark = f"builtby-test-{os.getpid()}-{place.parent.name}"
    with recording(place, mark, sys.executable, "-c", MANY) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        build = int(running.stdout.readline())
        warden = int(Path(f"/proc/{build}/stat").read_text().rsplit(")", 1)[1].split()[1])
        assert warden != running.pid
        os.kill(warden, signal.SIGKILL)
        assert running.wait(30) == 128 + signal.SIGKILL
        assert b"the record is incomplete" in running.stderr.read()
        assert not with_mark(mark)


def test_an_error_of_ours_is_no_green_build(place: Path) -> None:
    """A fault in the recorder itself, while the build runs."""
    mark = f"builtby-test-{os.getpid()}-{place.parent.name}"
    script = f"""
import sys
from builtby.builds.seccomp.notify import Listener
real, calls = Listener.receive, []
def receive(self):
    calls.append(1)
    if len(calls) > 20:
        raise RuntimeError("made for a test")
    return real(self)
Listener.receive = receive
sys.argv = ["builtby", "record", "-o", "../kept", "--", "env", "MARK={mark}", "sh", "-c",
            "(setsid sleep 60 &) ; for i in 1 2 3 4 5 6 7 8 9; do cat /dev/null; done; exit 0"]
from builtby.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=place, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode not in (0, 1), done.stderr
    assert "made for a test" in done.stderr
    assert json.loads((place.parent / "kept" / "record.json").read_text())["complete"] is False
    assert until(lambda: not with_mark(mark))


@pytest.mark.parametrize("command", ["record", "guard"])
@pytest.mark.parametrize(("name", "text", "said"), [
    ("rules/broken.toml", "[[rule]]\nid = ", "the rules cannot be used: TOMLDecodeError"),
    ("detectors/broken.py", "import nothing_of_that_name", "the rules cannot be used: ModuleNotFoundError"),
])
def test_a_faulty_rule_shows_before_the_build(command: str, name: str, text: str, said: str, place: Path) -> None:
    """A copy of the program has one file that is broken."""
    copy = place.parent / "copy"
    shutil.copytree(Path(builtby.__file__).parent, copy / "builtby", copy_function=os.symlink,
                    ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "builtby/builds/detect" / name).write_text(text)
    done = subprocess.run([*BUILTBY, command, "-o", "../kept", "--", "touch", "ran"], cwd=place, capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONPATH": str(copy)})
    assert done.returncode == 3
    assert said in done.stderr
    assert "the command was not run" in done.stderr
    assert list(place.iterdir()) == []
    assert not (place.parent / "kept").exists()


def test_a_full_disk_is_no_green_build(place: Path) -> None:
    """The log outgrows what one file may hold."""
    build = "sh -c 'seq 400 | xargs -n1 ls -d >/dev/null 2>&1; exit 0'"
    text = f"ulimit -f 64; exec {' '.join(BUILTBY)} record -o ../kept -- {build}"
    done = subprocess.run(["bash", "-c", text], cwd=place, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    assert "could not be written" in done.stderr
    assert "The build was stopped" in done.stderr


class Terminal:
    """A shell with job control in a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PS1": "$ ", "HISTFILE": ""})
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def shows(self, text: str, seconds: float = 30) -> bool:
        """Whether a text appears from here on; what comes before is taken off."""
        end = time.monotonic() + seconds
        while text not in self.seen and time.monotonic() < end:
            if select.select([self.end], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.end, 65536).decode("utf-8", "replace")
                except OSError:
                    break
        before, found, after = self.seen.partition(text)
        self.seen = after if found else before
        return bool(found)

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.fixture
def terminal(place: Path) -> Iterator[Terminal]:
    shell = Terminal(place)
    yield shell
    shell.close()


@pytest.fixture
def beat(place: Path) -> Path:
    """What a build, `loop.py`, adds to as long as it runs."""
    (place / "loop.py").write_text(LOOP)
    return place / "beat"


def stands_still(beat: Path) -> int:
    """Return how far a stopped build had come."""
    held = beat.stat().st_size
    time.sleep(0.5)
    assert beat.stat().st_size <= held + 1
    return held


LOOP = """
import sys, time
print("rea" + "dy", sys.stdin.isatty(), flush=True)
while True:
    time.sleep(0.05)
    open("beat", "a").write("x")
"""


def test_stopping_and_going_on_in_a_terminal(terminal: Terminal, beat: Path) -> None:
    """Ctrl-Z stops the whole, `fg` lets it go on, Ctrl-C ends it: as the shell sees it, and as the build does."""
    terminal.type(f"{' '.join(BUILTBY)} record -q -o ../kept -- {sys.executable} loop.py\n")
    assert terminal.shows("ready True")
    assert until(beat.exists)
    terminal.type("\x1a")
    assert terminal.shows("Stopped")
    held = stands_still(beat)
    terminal.type("fg\n")
    assert until(lambda: beat.stat().st_size > held + 3)
    terminal.type("\x03")
    assert terminal.shows("KeyboardInterrupt")
    terminal.type("echo code $?\n")
    assert terminal.shows("code 130")


STOPS_ITSELF = """
import os, signal
print("be" + "fore", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
print("af" + "ter", flush=True)
raise SystemExit(7)
"""


@pytest.mark.parametrize("backend", ["seccomp-notify", "strace"])
def test_a_command_that_stops_itself_stops_the_job(backend: str, terminal: Terminal, place: Path) -> None:
    (place / "stops.py").write_text(STOPS_ITSELF)
    terminal.type(f"{' '.join(BUILTBY)} record -q --backend {backend} -o ../kept -- {sys.executable} stops.py\n")
    assert terminal.shows("before")
    assert terminal.shows("Stopped")
    terminal.type("fg\n")
    assert terminal.shows("after")
    terminal.type("echo code $?\n")
    assert terminal.shows("code 7")


@pytest.mark.parametrize("backend", ["seccomp-notify", "strace"])
def test_a_recorder_that_is_told_to_stop_stops_the_build(backend: str, terminal: Terminal, beat: Path) -> None:
    """`kill -TSTP` and `kill -CONT` reach the recorder only, as a job's first process."""
    words = f"record -q --backend {backend} -o ../kept -- {sys.executable} loop.py"
    terminal.type(f"{' '.join(BUILTBY)} {words} &\n")
    assert until(beat.exists)
    terminal.type("kill -TSTP $!; until jobs | grep Stopped; do sleep 0.1; done\n")
    assert terminal.shows("Stopped ")
    held = stands_still(beat)
    terminal.type("kill -CONT $!\n")
    assert until(lambda: beat.stat().st_size > held + 3)
    terminal.type("kill -TERM $!; wait $!; echo code $?\n")
    assert terminal.shows("code 143")


def test_input_output_and_code_are_the_builds_own(place: Path) -> None:
    given = os.urandom(200_000)
    words = ["sh", "-c", "cat; printf '\\377\\000' ; printf err >&2; exit 42"]
    bare = subprocess.run(words, input=given, capture_output=True, check=False)
    ran = subprocess.run([*BUILTBY, "record", "-q", "-o", str(place.parent / "kept"), "--", *words], cwd=place,
                         input=given, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (bare.returncode, bare.stdout)
    assert ran.stderr.startswith(b"err")


def test_a_reader_that_goes_away_ends_the_build(place: Path) -> None:
    text = f"{' '.join(BUILTBY)} record -q -o ../kept -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", text], cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == f"y\n{128 + signal.SIGPIPE}\n"


def test_the_process_looks_the_same_from_inside(place: Path) -> None:
    """Descriptors, group, signals and death signal: nothing of the recorder's is left to the build."""
    body = """
    int death = 0; prctl(2, &death); printf("death %d", death);
    for (int fd = 3; fd < 64; fd++) if (fcntl(fd, F_GETFD) >= 0) printf(" fd%d", fd);
    for (int n = 1; n < 65; n++) { struct sigaction a; if (!sigaction(n, 0, &a) && a.sa_handler) printf(" sig%d", n); }
    sigset_t s; sigprocmask(0, 0, &s); for (int n = 1; n < 65; n++) if (sigismember(&s, n) > 0) printf(" blocked%d", n);
    printf(" umask%o nice%d", umask(0), getpriority(0, 0));
    """
    program = compiled(place, "inside", body, "-include", "sys/prctl.h", "-include", "sys/resource.h")
    bare = subprocess.run([program], capture_output=True, text=True, check=True)
    assert recorded(place, program).out == bare.stdout
