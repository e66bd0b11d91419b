"""Recording real commands: what they do is written down, and they behave as they do without us."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builds.recorded import BUILTBY, gone, recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def python(folder: Path, name: str, text: str) -> Path:
    script = folder / name
    script.write_text(text, "utf-8")
    return script


BOTH = pytest.mark.parametrize("backend", ["seccomp-notify", "strace"])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


def test_what_is_read_and_written_has_its_digest(place: Path) -> None:
    (place / "in.txt").write_bytes(b"source\n")
    ran = recorded(place, "/bin/sh", "-c", "cat in.txt > out.txt; mv out.txt kept.txt; rm in.txt")
    assert ran.code == 0, ran.err
    assert ran.record["complete"] is True
    assert [use["sha256"] for use in ran.uses(place / "in.txt", "read")] == [digest(b"source\n")]
    assert [use["sha256"] for use in ran.uses(place / "out.txt", "write")] == [None]
    (moved,) = ran.uses(place / "out.txt", "rename")
    assert (moved["to"], moved["sha256"]) == (str(place / "kept.txt"), digest(b"source\n"))
    assert ran.uses(place / "in.txt", "remove")


def test_a_file_that_changes_has_the_digest_of_each_reading(place: Path) -> None:
    script = python(place, "swap.py", """
import os
for number in range(40):
    before = os.stat("source")
    with open("source", "w") as file:
        file.write("evil" if number % 2 else "good")
    os.utime("source", ns=(before.st_atime_ns, before.st_mtime_ns))
    open("source").read()
""")
    (place / "source").write_text("good")
    ran = recorded(place, sys.executable, str(script))
    read = {use["sha256"]: use["times"] for use in ran.uses(place / "source", "read")}
    assert read == {digest(b"good"): 20, digest(b"evil"): 20}


def test_the_tree_of_programs(place: Path) -> None:
    ran = recorded(place, "/bin/sh", "-c", "/bin/sh -c 'cat /dev/null; true'; exec cat /dev/null")
    (first,) = [one for one in ran.record["processes"] if one["parent"] == 0 and one["replaces"] is None]
    (inner,) = [one for one in ran.programs("sh") if one["parent"] == first["id"]]
    replaced = [one for one in ran.programs("cat") if one["replaces"] == first["id"]]
    assert len(replaced) == 1
    assert [one["parent"] for one in ran.programs("cat") if one["replaces"] is None] in ([inner["id"]], [])
    assert first["cwd"] == str(place)
    assert first["sha256"] == digest(Path(first["executable"]).read_bytes())
    assert replaced[0]["exit_code"] == 0


def test_a_script_and_its_interpreter(place: Path) -> None:
    script = python(place, "build", "#!/bin/sh\nexit 4\n")
    script.chmod(0o755)
    ran = recorded(place, "./build")
    assert ran.code == 4
    (process,) = [one for one in ran.record["processes"] if one["script"]]
    assert process["script"] == str(script)
    assert process["script_sha256"] == digest(script.read_bytes())
    assert process["executable"] == str(Path("/bin/sh").resolve())
    assert process["exit_code"] == 4


def test_compiler_reads_what_it_is_said_to_read(place: Path) -> None:
    """A stand-in for a compiler, which every machine has: Python compiling modules."""
    for number in range(20):
        (place / f"m{number}.py").write_text(f"x = {number}\n")
    ran = recorded(place, sys.executable, "-m", "compileall", "-q", ".")
    for number in range(20):
        assert digest(f"x = {number}\n".encode()) in {
            use["sha256"] for use in ran.uses(place / f"m{number}.py", "read")}
    left = {Path(use["to"]): use["sha256"] for use in ran.record["files"] if use["access"] == "rename"}
    compiled = list((place / "__pycache__").glob("*.pyc"))
    assert len(compiled) == 20
    assert all(left[file] == digest(file.read_bytes()) for file in compiled)


def test_the_build_is_as_without_us(place: Path) -> None:
    text = 'read line; echo "got $line"; echo err >&2; kill -0 $$; ulimit -c; exit 7'
    bare = subprocess.run(["/bin/sh", "-c", text], input="hello\n", capture_output=True, text=True, check=False)
    ran = recorded(place, "/bin/sh", "-c", text, given="hello\n")
    assert (ran.code, ran.out) == (bare.returncode, bare.stdout)
    assert ran.err.startswith(bare.stderr)


def test_signals_are_as_python_found_them(place: Path) -> None:
    """SIGPIPE, which Python ignores, must end a build's `yes | head`."""
    ran = recorded(place, "/bin/sh", "-c", "grep -E 'SigIgn|SigBlk' /proc/self/status")
    bare = subprocess.run(["grep", "-E", "SigIgn|SigBlk", "/proc/self/status"], capture_output=True, text=True,
                          check=True)
    assert ran.out == bare.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_build_and_the_record_is_written(place: Path, number: int) -> None:
    kept = place.parent / "record"
    text = "echo ready; trap 'exit 9' TERM INT; while :; do sleep 0.05; done"
    with subprocess.Popen([*BUILTBY, "record", "-q", "-o", str(kept), "--", "/bin/sh", "-c", text], cwd=place,
                          stdout=subprocess.PIPE, start_new_session=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.2)
        running.send_signal(number)
        assert running.wait(30) == 9
    assert json.loads((kept / "record.json").read_text())["exit_code"] == 9


def test_death_by_a_signal(place: Path) -> None:
    ran = recorded(place, "/bin/sh", "-c", "kill -KILL $$")
    assert ran.code == 128 + signal.SIGKILL
    assert ran.record["exit_code"] == 128 + signal.SIGKILL


def test_a_command_that_is_not_there(place: Path) -> None:
    ran = recorded(place, "no-such-command")
    assert ran.code == 127
    assert "cannot run no-such-command: No such file or directory" in ran.err


def test_killed_recorder_leaves_a_log_and_an_incomplete_record(place: Path) -> None:
    kept = place.parent / "record"
    (place / "in.txt").write_text("x")
    text = "cat in.txt; echo $$; while :; do sleep 0.05; done"
    with subprocess.Popen([*BUILTBY, "record", "-o", str(kept), "--", "/bin/sh", "-c", text], cwd=place,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline().lstrip(b"x"))
        running.kill()
    record = json.loads((kept / "record.json").read_text())
    assert record["complete"] is False
    assert "recorder was stopped" in record["unobserved"][0]
    events = [json.loads(line) for line in (kept / "events.ndjson").read_text().splitlines()]
    assert [event["sha256"] for event in events if event.get("path") == str(place / "in.txt")] == [digest(b"x")]
    assert gone(pid)


@BOTH
def test_a_daemon_left_behind_is_ended_and_told(backend: str, place: Path) -> None:
    ran = recorded(place, "/bin/sh", "-c", "(setsid sleep 300 >/dev/null 2>&1 & echo $!)", backend=backend)
    assert ran.code == 0
    (daemon,) = ran.programs("sleep")
    assert ran.record["survivors"] == [daemon["id"]]
    assert gone(daemon["pid"])


@BOTH
def test_secrets_are_masked(backend: str, place: Path) -> None:
    environment = {**os.environ, "NPM_TOKEN": "abcdefgh12345678", "CFLAGS": "-O2 -DX=abcdefgh12345678"}
    ran = recorded(place, "/bin/sh", "-c", "cat --help >/dev/null 2>&1; :", "sh", "--password=hunter2", "--token",
                   "t0psecret", "https://me:pw1234@host/x", "abcdefgh12345678", environment=environment,
                   backend=backend)
    everything = b"".join(path.read_bytes() for path in ran.folder.iterdir())
    for secret in (b"hunter2", b"t0psecret", b"pw1234", b"abcdefgh12345678"):
        assert secret not in everything
    (surroundings, *_) = ran.record["environments"]
    assert "NPM_TOKEN" in surroundings["names"]
    assert "NPM_TOKEN" not in surroundings["values"]
    assert surroundings["values"]["CFLAGS"] == "-O2 -DX=***"


@BOTH
def test_addresses_and_names(backend: str, place: Path) -> None:
    script = python(place, "net.py", r"""
import socket
query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x04test\x00\x00\x01\x00\x01"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
    resolver.sendto(query, ("127.0.0.1", 53))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
    resolver.connect(("127.0.0.1", 53))
    resolver.sendmsg([query.replace(b"example", b"another")])
with socket.socket() as other:
    other.connect_ex(("127.0.0.1", 1))
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
    other.connect_ex(("::1", 9))
with socket.socket(socket.AF_UNIX) as other:
    other.connect_ex("nobody.sock")
with socket.socket(socket.AF_UNIX) as other:
    other.connect_ex("\0abstract")
""")
    ran = recorded(place, sys.executable, str(script), backend=backend)
    assert ran.code == 0, ran.err
    found = {(one["kind"], one["host"], one["address"], one["port"]) for one in ran.record["network"]}
    assert {("dns", "example.test", "127.0.0.1", 53), ("dns", "another.test", "", 53),
            ("connect", "another.test", "127.0.0.1", 1), ("connect", "another.test", "::1", 9),
            ("unix", None, str(place / "nobody.sock"), None), ("unix", None, "@abstract", None)} <= found


@BOTH
def test_what_could_not_be_seen_is_refused_or_told(backend: str, place: Path) -> None:
    script = python(place, "evade.py", """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(425, 4, ctypes.create_string_buffer(120))
assert ctypes.get_errno() == 38, ctypes.get_errno()
descriptor = os.memfd_create("hidden")
os.write(descriptor, open("/bin/sleep", "rb").read())
os.execv(f"/proc/self/fd/{descriptor}", ["hidden", "0.5"])
""")
    ran = recorded(place, sys.executable, str(script), backend=backend)
    assert ran.code == 0, ran.err
    calls = {(one["call"], one["refused"]) for one in ran.record["notable"]}
    assert {("io_uring_setup", True), ("memfd_create", False)} <= calls
    (hidden,) = ran.programs("hidden")
    assert hidden["sha256"] == digest(Path("/bin/sleep").read_bytes())


def test_untraced_children_are_seen(place: Path) -> None:
    """CLONE_UNTRACED hides a child from strace."""
    script = python(place, "untraced.py", """
import ctypes, os, platform
call, flags = (56, 0x00800000 | 17) if platform.machine() == "x86_64" else (220, 0x00800000 | 17)
if ctypes.CDLL(None).syscall(call, flags, 0, 0, 0, 0) == 0:
    os.open("secret", os.O_RDONLY)
    os._exit(0)
os.wait()
""")
    (place / "secret").write_text("s")
    ran = recorded(place, sys.executable, str(script))
    assert [use["sha256"] for use in ran.uses(place / "secret", "read")] == [digest(b"s")]


def test_a_recorder_within_a_recorder_says_that_it_cannot(place: Path) -> None:
    inner = place.parent / "inner"
    ran = recorded(place, *BUILTBY, "record", "-o", str(inner), "--", "/bin/sh", "-c", "echo ran")
    assert ran.code == 3
    assert "already under a seccomp listener" in ran.err
    assert "ran" not in ran.out
    assert not inner.exists()
    assert ran.record["complete"] is True


def test_a_record_that_is_there_is_not_replaced_unasked(place: Path) -> None:
    kept = place.parent / "kept"
    command = [*BUILTBY, "record", "-q", "-o", str(kept), "--", "/bin/sh", "-c", "echo ran"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (2, "")
    assert "holds a record already" in again.stderr


def test_usage() -> None:
    done = subprocess.run([*BUILTBY, "record"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "builtby record -- make" in done.stderr


def test_show_and_provenance(place: Path) -> None:
    (place / "in.txt").write_bytes(b"source\n")
    ran = recorded(place, "/bin/sh", "-c", "cat in.txt > out.txt")
    shown = subprocess.run([*BUILTBY, "record", "show", str(ran.folder)], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    for text in ("complete", "Not observed", "exit code 0"):
        assert text in shown.stdout
    statement = json.loads((ran.folder / "provenance.json").read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": "out.txt", "digest": {"sha256": digest(b"source\n")}}]
    needed = {one["uri"]: one["digest"]["sha256"] for one in
              statement["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert needed[f"file://{place}/in.txt"] == digest(b"source\n")
    assert f"file://{place}/out.txt" not in needed
    printed = subprocess.run([*BUILTBY, "record", "show", str(ran.folder), "-f", "slsa"], capture_output=True,
                             text=True, check=True)
    assert json.loads(printed.stdout) == statement


def test_no_record_to_show(tmp_path: Path) -> None:
    done = subprocess.run([*BUILTBY, "record", "show", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "no build record" in done.stderr


def test_kept_digests_are_used_and_not_trusted_too_far(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = place.parent / "state"
    monkeypatch.setenv("BUILTBY_STATE", str(state))
    big = place / "big"
    big.write_bytes(b"b" * 300_000)
    time.sleep(0.2)
    read = ("/bin/sh", "-c", "cat big >/dev/null")
    assert [use["sha256"] for use in recorded(place, *read).uses(big, "read")] == [digest(big.read_bytes())]
    kept = state / "digests.json"
    info = big.stat()
    assert [[info.st_dev, info.st_ino, info.st_ctime_ns, info.st_size], [digest(big.read_bytes()), info.st_size]] in (
        json.loads(kept.read_bytes()))
    big.write_bytes(b"c" * 300_000)
    os.utime(big, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert [use["sha256"] for use in recorded(place, *read).uses(big, "read")] == [digest(big.read_bytes())]
    recorded(place, "/bin/sh", "-c", f"echo '[]' > {kept}")
    assert not kept.exists()
    kept.write_bytes(b"{damaged")
    assert [use["sha256"] for use in recorded(place, *read).uses(big, "read")] == [digest(big.read_bytes())]
