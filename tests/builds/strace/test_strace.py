"""Recording real commands with strace: the same is written down, and they behave as they do without us."""

import hashlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.builds.recorded import BUILTBY, gone
from tests.builds.recorded import recorded as recorded_by

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")
NEEDED = "strace must be installed for these tests (.ci/run does it: apt-get install strace)"


@pytest.fixture(autouse=True, scope="module")
def _strace() -> None:
    assert shutil.which("strace"), NEEDED


recorded = partial(recorded_by, backend="strace")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


def script(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def test_files_programs_and_what_became_of_them(place: Path) -> None:
    (place / "in.txt").write_bytes(b"source\n")
    ran = recorded(place, "/bin/sh", "-c", "cat in.txt > out.txt; mv out.txt kept.txt; rm in.txt; cat gone; exit 7")
    assert ran.code == 7, ran.err
    assert (ran.record["backend"], ran.record["complete"], ran.record["exit_code"]) == ("strace", True, 7)
    assert any("strace tells of it afterwards" in text for text in ran.record["unobserved"])
    (moved,) = ran.uses(place / "out.txt", "rename")
    assert (moved["to"], moved["sha256"]) == (str(place / "kept.txt"), digest(b"source\n"))
    assert ran.uses(place / "in.txt", "remove")
    assert ran.uses(place / "in.txt", "read")
    (cat, again) = ran.programs("cat")
    assert (cat["exit_code"], again["exit_code"]) == (0, 1)
    assert again["absent"] >= 1
    assert cat["sha256"] == digest(Path(cat["executable"]).read_bytes())
    assert cat["cwd"] == str(place)


def test_both_back_ends_tell_the_same(place: Path) -> None:
    (place / "in.txt").write_bytes(b"x")
    (place / "sub").mkdir()
    text = ("cd sub; ln -s ../in.txt link; cat link > out; chmod 600 out; /bin/sh -c 'cat ../in.txt; exit 3'; "
            "/bin/true; ln out hard")
    both = []
    for name in ("strace", "seccomp-notify"):
        both.append(recorded(place, "/bin/sh", "-c", text, backend=name))
        assert both[-1].code == 0, both[-1].err
        for path in (place / "sub").iterdir():
            path.unlink()
    one, other = both
    uses = [{(use["path"], use["access"], use["to"], use["sha256"]) for use in ran.record["files"]
             if use["path"].startswith(str(place))} for ran in (one, other)]
    assert uses[0] == uses[1]
    trees = [[(one["id"], one["parent"], one["replaces"], one["argv"], one["executable"], one["cwd"], one["exit_code"])
              for one in ran.record["processes"]] for ran in (one, other)]
    assert trees[0] == trees[1]
    assert one.record["environments"] == other.record["environments"]


def test_a_script_and_its_interpreter(place: Path) -> None:
    script(place, "build", "#!/bin/sh\nexit 4\n")
    (place / "build").chmod(0o755)
    ran = recorded(place, "./build")
    assert ran.code == 4
    (process,) = [one for one in ran.record["processes"] if one["script"]]
    assert process["script"] == str(place / "build")
    assert process["script_sha256"] == digest((place / "build").read_bytes())


def test_threads_belong_to_their_process(place: Path) -> None:
    name = script(place, "threads.py", """
import os, subprocess, sys, threading
def work(number):
    open(f"file{number}", "w").close()
    subprocess.run([sys.executable, "-S", "-c", f"open('from{number}', 'w')"], check=True)
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
os.execv("/bin/true", ["true"])
""")
    ran = recorded(place, sys.executable, name)
    assert ran.code == 0, ran.err
    assert ran.record["complete"] is True, ran.record["unobserved"]
    (main,) = [one for one in ran.record["processes"] if one["parent"] == 0 and one["replaces"] is None]
    children = {one["id"] for one in ran.record["processes"] if one["parent"] == main["id"]}
    for number in range(8):
        assert [use["process"] for use in ran.uses(place / f"file{number}", "write")] == [main["id"]]
        assert ran.uses(place / f"from{number}", "write")[0]["process"] in children
    assert [one["argv"] for one in ran.record["processes"] if one["replaces"] == main["id"]] == [["true"]]


def test_strange_names(place: Path) -> None:
    names = ["a b", 'quo"te', "new\nline", "back\\slash", "<angle>", "ünï", "\x01\x02", ") = 3", "a, b",
             "x <unfinished ...>"]
    text = f"for name in {names!r}:\n    open(name, 'w').write(name)\n    open(name).read()\n"
    name = script(place, "names.py", text)
    ran = recorded(place, sys.executable, name)
    assert ran.code == 0, ran.err
    found = {use["path"]: use["sha256"] for use in ran.record["files"] if use["access"] == "read"}
    for one in names:
        assert found[str(place / one)] == digest(one.encode())
    assert ran.record["complete"] is True


@pytest.mark.parametrize("backend", ["strace", "seccomp-notify"])
def test_names_that_are_no_utf8(place: Path, backend: str) -> None:
    Path(os.fsdecode(bytes(place) + b"/\xff.txt")).write_bytes(b"x")
    ran = recorded(place, "/bin/sh", "-c", "cat *.txt; cp *.txt copy", backend=backend)
    assert (ran.code, ran.out) == (0, "x"), ran.err
    assert ran.record["complete"] is True
    assert [use["sha256"] for use in ran.uses(f"{place}/\\xff.txt", "read")] == [digest(b"x")] * 2


def test_the_build_is_as_without_us(place: Path) -> None:
    text = 'read line; echo "got $line"; echo err >&2; grep -E "SigIgn|SigBlk|SigCgt" /proc/self/status; exit 7'
    bare = subprocess.run(["/bin/sh", "-c", text], input="hello\n", capture_output=True, text=True, check=False)
    ran = recorded(place, "/bin/sh", "-c", text, given="hello\n")
    assert (ran.code, ran.out) == (bare.returncode, bare.stdout)
    assert ran.err.startswith(bare.stderr)


def test_the_command_is_our_child_and_no_descriptor_leaks(place: Path) -> None:
    ran = recorded(place, "/bin/sh", "-c", "ls /proc/self/fd | wc -l; ps -o comm= -p $PPID 2>/dev/null || true")
    assert ran.out.split()[0] == "4"  # in, out, err and the folder that ls reads
    assert "strace" not in ran.out


def test_a_terminal_stays_one(place: Path) -> None:
    kept = place.parent / "record"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.execv(BUILTBY[0], [*BUILTBY, "record", "-q", "--backend", "strace", "-o", str(kept), "--", "/bin/sh", "-c",
                              "trap 'exit 5' INT; tty; test -t 0 && echo yes; while :; do sleep 0.1; done"])
    said = b""
    while b"yes" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 5
    assert json.loads((kept / "record.json").read_text())["exit_code"] == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_build_and_the_record_is_written(place: Path, number: int) -> None:
    kept = place.parent / "record"
    text = "echo ready; trap 'exit 9' TERM INT; while :; do sleep 0.05; done"
    command = [*BUILTBY, "record", "-q", "--backend", "strace", "-o", str(kept), "--", "/bin/sh", "-c", text]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, start_new_session=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.3)
        running.send_signal(number)
        assert running.wait(30) == 9
    record = json.loads((kept / "record.json").read_text())
    assert (record["exit_code"], record["complete"]) == (9, True)


def test_death_by_a_signal(place: Path) -> None:
    ran = recorded(place, "/bin/sh", "-c", "kill -KILL $$")
    assert ran.code == 128 + signal.SIGKILL
    assert ran.record["complete"] is True
    assert ran.record["processes"][0]["exit_code"] is None


@pytest.mark.parametrize(("name", "code", "why"), [
    ("no-such-command", 127, "No such file or directory"), ("./file", 126, "Permission denied")])
def test_a_command_that_cannot_be_run(place: Path, name: str, code: int, why: str) -> None:
    (place / "file").write_text("x")
    ran = recorded(place, name)
    assert ran.code == code
    assert f"cannot run {name}: {why}" in ran.err


def test_killed_recorder_leaves_nothing_running(place: Path) -> None:
    kept = place.parent / "record"
    text = "cat /dev/null; (sleep 300 & echo $!); echo $$; while :; do sleep 0.05; done"
    with subprocess.Popen([*BUILTBY, "record", "--backend", "strace", "-o", str(kept), "--", "/bin/sh", "-c", text],
                          cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        pids = [int(running.stdout.readline()) for _ in range(2)]
        running.kill()
    assert json.loads((kept / "record.json").read_text())["complete"] is False
    assert all(gone(pid) for pid in pids)


def test_a_build_that_kills_strace_does_not_pass(place: Path) -> None:
    text = "kill -KILL $(grep TracerPid /proc/$$/status | tr -dc 0-9); sleep 0.2; cat /dev/null; echo went on"
    ran = recorded(place, "/bin/sh", "-c", text)
    assert ran.code != 0
    assert ran.record["complete"] is False
    assert "strace itself was ended" in ran.record["unobserved"][0]


def test_an_untraced_child_cannot_do_what_is_not_seen(place: Path) -> None:
    name = script(place, "untraced.py", """
import ctypes, os, platform
call, flags = (56, 0x00800000 | 17) if platform.machine() == "x86_64" else (220, 0x00800000 | 17)
if ctypes.CDLL(None).syscall(call, flags, 0, 0, 0, 0) == 0:
    try:
        os.open("secret", os.O_RDONLY)
    except OSError as error:
        os._exit(error.errno)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
""")
    (place / "secret").write_text("s")
    ran = recorded(place, sys.executable, name)
    assert (ran.code, ran.out.strip()) == (0, "38")


def test_where_strace_is_missing(place: Path) -> None:
    environment = {**os.environ, "PATH": str(place)}
    ran = recorded(place, "/bin/sh", "-c", "echo ran", environment=environment)
    assert (ran.code, ran.out) == (3, "")
    assert "strace is not installed" in ran.err
    assert "apt-get install strace" in ran.err
    assert not ran.folder.exists()


def test_an_strace_that_cannot_trace(place: Path) -> None:
    fake = place / "bin"
    fake.mkdir()
    script(fake, "strace", "#!/bin/sh\necho 'strace: unrecognized option --seccomp-bpf' >&2\nexit 1\n")
    (fake / "strace").chmod(0o755)
    ran = recorded(place, "/bin/sh", "-c", "echo ran", environment={**os.environ, "PATH": f"{fake}:/usr/bin:/bin"})
    assert (ran.code, ran.out) == (3, "")
    assert "strace cannot trace here: unrecognized option --seccomp-bpf" in ran.err
