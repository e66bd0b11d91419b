"""Logs of other recorders become records, whatever is in them. ORIGIN.md beside the logs says where they are from."""

import gzip
import hashlib
import json
import platform
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from builtby.builds.book import read
from builtby.builds.imports import scene
from builtby.builds.imports.auditd_values import address, argv, fields, title
from builtby.builds.imports.calls import accesses, meaning, permitted
from builtby.builds.imports.here import CHANGED, NOW, OTHERS
from builtby.builds.imports.importing import Imported, import_logs
from builtby.builds.imports.read import Trouble, documents
from builtby.builds.model import ToolUsed
from tests.builds.recorded import BUILTBY

FIXTURES = Path(__file__).parents[2] / "fixtures" / "recorders"
LOGS = sorted(path.name for path in FIXTURES.iterdir() if path.suffix != ".md")


def imported(folder: Path, *names: str, form: str | None = None) -> Imported:
    return import_logs([FIXTURES / name for name in names], folder / "record", form)


def programs(found: Imported) -> list[Any]:
    return [(one.id, one.parent, one.pid, one.argv, one.cwd, one.replaces, one.exit_code)
            for one in found.record.processes]


def uses(found: Imported) -> set[Any]:
    return {(use.process, use.access, use.path, use.to) for use in found.record.files}


def turns(found: Imported) -> set[Any]:
    return {(one.kind, one.host, one.address, one.port) for one in found.record.network}


def rules(found: Imported) -> set[Any]:
    return {(one.rule, one.owner, one.hook) for one in found.record.findings}


def test_tetragon(tmp_path: Path) -> None:
    found = imported(tmp_path, "tetragon.jsonl")
    assert (found.troubles, found.events, found.idle) == ((), 15, 1)
    evil = "/src/app/node_modules/evil"
    assert programs(found) == [
        (1, 0, 1, ("/sbin/init",), "/", None, None),
        (2, 1, 100, ("/bin/sh", "-c", "npm ci"), "/src/app", None, 1),
        (3, 2, 101, ("/usr/bin/node", "/usr/bin/npm", "ci"), "/src/app", None, None),
        (4, 3, 102, ("/bin/sh", "-c", "node steal.js"), evil, None, None),
        (5, 4, 102, ("/usr/bin/node", "steal.js"), evil, 4, 7)]
    assert uses(found) == {(5, "read", "/home/dev/.npmrc", None), (5, "write", "/home/dev/.bashrc", None),
                           (5, "remove", f"{evil}/setup.log", None)}
    assert turns(found) == {("connect", None, "169.254.169.254", 80), ("connect", None, "203.0.113.9", 4444)}
    assert found.record.processes[4].absent == 1
    assert [(one.call, one.detail) for one in found.record.notable] == [("ptrace", "16, 4711")]
    owner = "pkg:npm/evil@1.0.1"
    assert {("credential-read", owner, "postinstall"), ("persistence-written", owner, "postinstall"),
            ("cloud-metadata", owner, "postinstall")} <= rules(found)


def test_falco(tmp_path: Path) -> None:
    found = imported(tmp_path, "falco.jsonl")
    assert (found.troubles, found.idle) == ((), 1)  # the one of Kubernetes' audit log
    assert [one[:4] for one in programs(found)] == [
        (1, 0, 201, ("sh", "-c", "node", "steal.js")), (2, 1, 202, ("node", "steal.js")), (3, 0, 0, ("bash",))]
    assert uses(found) == {(2, "read", "/home/dev/.ssh/id_rsa", None), (2, "write", "/etc/cron.d/job", None)}
    assert turns(found) == {("connect", None, "169.254.169.254", 80)}
    assert "falco: Terminal shell in container" in {one.call for one in found.record.notable}
    assert {"credential-read", "persistence-written", "cloud-metadata"} <= {one[0] for one in rules(found)}


def test_tracee(tmp_path: Path) -> None:
    found = imported(tmp_path, "tracee.jsonl")
    assert (found.troubles, found.idle) == ((), 1)
    assert programs(found) == [
        (1, 0, 301, ("node", "/usr/bin/npm", "ci"), None, None, None), (2, 1, 302, ("node", "steal.js"), None, None, 3)]
    first, second = found.record.processes
    assert (first.executable, first.sha256) == ("/usr/bin/node", "a" * 64)
    assert second.absent == 1
    assert uses(found) == {(2, "read", "/home/dev/.npmrc", None), (2, "rename", "/src/a", "/src/b")}
    assert turns(found) == {("dns", "sink.test", "", 53), ("connect", "sink.test", "203.0.113.9", 443)}
    assert ("credential-read", "pkg:npm/evil@1.0.1", "postinstall") in rules(found)
    assert b"abcdefgh12345678" not in (tmp_path / "record" / "record.json").read_bytes()


def test_tracee_of_today(tmp_path: Path) -> None:
    found = imported(tmp_path, "tracee-protobuf.jsonl")
    assert [one[:4] for one in programs(found)] == [(1, 0, 401, ("node", "steal.js"))]
    assert uses(found) == {(1, "read", "/home/dev/.aws/credentials", None)}
    assert turns(found) == {("connect", None, "2001:db8::9", 443)}
    assert found.record.exit_code == 0


def test_auditd(tmp_path: Path) -> None:
    found = imported(tmp_path, "audit.log")
    assert found.troubles == ()
    assert programs(found) == [
        (1, 0, 501, ("sh", "-c", "node steal.js"), "/src/app", None, 7),
        (2, 1, 502, ("node", "steal.js", "x" * 20 + " y"), "/src/app", None, None),
        (3, 0, 503, ("rm", "-f", "log"), "/src", None, None)]
    assert uses(found) == {
        (2, "read", "/home/dev/.ssh/id_rsa", None), (2, "write", "/src/app/made ü", None),
        (2, "rename", "/src/app/old", "/src/app/new"), (3, "remove", "/src/log", None)}
    assert turns(found) == {("connect", None, "169.254.169.254", 80), ("unix", None, "/run/docker.sock", None),
                            ("connect", None, "2001:db8::9", 443)}
    assert found.record.processes[1].absent == 1
    assert [(one.call, one.refused) for one in found.record.notable] == [("ptrace", True)]
    assert {"credential-read", "cloud-metadata"} <= {one[0] for one in rules(found)}


@pytest.mark.parametrize("name", LOGS)
def test_what_a_log_cannot_tell_is_said(tmp_path: Path, name: str) -> None:
    found = imported(tmp_path, name).record
    kind = "auditd" if name == "audit.log" else name.partition(".")[0].partition("-")[0]
    assert (found.backend, found.complete) == (f"import:{kind}", False)
    assert any(text.startswith(f"{kind}: ") for text in found.unobserved)
    assert any("whether the log is whole" in text for text in found.unobserved)
    assert found.started.startswith("2026-01-31T12:00:0")
    assert read(tmp_path / "record") == found


def test_several_logs_give_one_record(tmp_path: Path) -> None:
    found = imported(tmp_path, "tetragon.jsonl", "audit.log", "falco.jsonl")
    assert found.record.backend == "import:auditd+import:falco+import:tetragon"
    assert len(found.record.processes) == 11


def test_another_format_than_the_one_asked_for(tmp_path: Path) -> None:
    found = imported(tmp_path, "falco.jsonl", form="auditd")
    assert found.events == 0
    assert "no event of" in found.troubles[0]


@pytest.mark.parametrize(("make", "why"), [
    (gzip.compress, None), (lambda data: gzip.compress(data)[:-40], "damaged or cut off"),
    (lambda data: data.decode().encode("utf-16"), "UTF-16"), (lambda data: b"\xef\xbb\xbf" + data, None),
    (lambda data: b"(\xb5\x2f\xfd" + data, "zstd"), (lambda data: data[:-30], "line 15: no JSON"),
    (lambda data: b"\x00\xff\xfe garbage\n{\n" + data, "line 1"), (lambda data: data.replace(b"\n", b"\r\n"), None),
    (lambda data: b"".join(b"2026-01-31T12:00:00.1Z stdout F " + line + b"\n" for line in data.splitlines()), None),
    (lambda data: b"[\n" + b",\n".join(data.splitlines()) + b"\n]\n", None),
    (lambda data: b"[" + b",".join(data.splitlines()) + b"]\n", None),
    (lambda data: data.replace(b'"tid":', b'"x":"\xff\xfe","tid":', 1), "line 1: no JSON")])
def test_files_of_all_kinds(tmp_path: Path, make: Callable[[bytes], bytes], why: str | None) -> None:
    log = tmp_path / "log"
    log.write_bytes(make((FIXTURES / "tetragon.jsonl").read_bytes()))
    found = import_logs([log], tmp_path / "record")
    if why is None:
        assert (found.troubles, found.events) == ((), 15)
    else:
        assert why in found.troubles[0]
        assert f"not readable: {found.troubles[0]}" in found.record.unobserved


def test_a_line_that_is_too_long_is_left_out_and_the_rest_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtby.builds.imports.read.LONGEST", 4096)
    log = tmp_path / "log"
    lines = (FIXTURES / "tetragon.jsonl").read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + b'{"process_exec":"' + b"x" * 10_000 + b'"}\n' + b"".join(lines[1:]))
    found = import_logs([log], tmp_path / "record")
    assert found.events == 15
    assert "line 2: longer than" in found.troubles[0]


def test_too_many_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "MOST_EVENTS", 5)
    found = imported(tmp_path, "tetragon.jsonl")
    assert "more than 5 events" in found.troubles[0]


@pytest.mark.parametrize("name", LOGS)
def test_hostile_bytes_stop_nothing(tmp_path: Path, name: str) -> None:
    """Values of other types, other numbers, lines cut and mixed: a record or a reason, never an error."""
    rng, data = random.Random(7), (FIXTURES / name).read_bytes()
    odd = (b"null", b"{}", b"[]", b'""', b"-1", b"99999999999999999999", b"1e999", b"true", b'"\\u0000"', b"[[]]",
           b"zz")
    log = tmp_path / "log"
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 40)):
            place = rng.randrange(len(changed))
            colon = changed.find(b":" if name != "audit.log" else b"=", place) + 1
            end = colon
            while end < len(changed) and changed[end] not in b",}] \n":
                end += 1
            changed[colon:end] = rng.choice((*odd, bytes((rng.randrange(256),))))
        log.write_bytes(bytes(changed))
        import_logs([log], tmp_path / "record")
        assert read(tmp_path / "record").schema == "builtby/record/1"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    trouble = Trouble("x")
    assert list(documents(tmp_path / "x", trouble)) == []
    assert str(trouble) == "x: No such file or directory"


def test_values_of_audit_records() -> None:
    assert fields(b'a=1 name="a b" key=(null)\x1dUID="root"') == {"a": "1", "name": '"a b"', "key": "(null)",
                                                                  "UID": '"root"'}
    assert title("6C73002D6C00") == ("ls", "-l")
    assert title('"ls"') == ("ls",)
    assert argv([{"argc": "3", "a0": '"cc"'}, {"a1_len": "4", "a1[0]": '"ab"'}, {"a1[1]": "6364", "a2": '"x"'}]) == (
        "cc", "abcd", "x")
    assert argv([{"argc": "99999999999", "a0": '"x"'}]) == ("x",)
    assert address("0100002F78") is not None
    assert (address("10000000"), address("02"), address("(null)")) == (None, None, None)


def test_what_calls_mean() -> None:
    assert [meaning(name) for name in ("__x64_sys_openat", "security_file_open", "sys_unlink", "tcp_connect", "fsync")
            ] == ["open", "open", "remove", "connect", None]
    assert accesses("O_RDWR|O_CREAT") == ("read", "write")
    assert accesses("O_WRONLY|O_CREAT|O_TRUNC") == ("write",)
    assert accesses(0o102) == ("read", "write")
    assert accesses(None) == ("read",)
    assert permitted(6) == ("read", "write")


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BUILTBY, "record", "import", *args], capture_output=True, text=True, check=False)


def test_the_command(tmp_path: Path) -> None:
    kept, log = tmp_path / "kept", str(FIXTURES / "tetragon.jsonl")
    done = run(log, "-o", str(kept), "--fail-on", "high")
    assert done.returncode == 1
    assert "credential-read" in done.stderr
    assert json.loads((kept / "record.json").read_text())["backend"] == "import:tetragon"
    assert len((kept / "events.ndjson").read_text().splitlines()) > 15
    assert run(log, "-o", str(kept)).returncode == 2
    assert run(log, "-o", str(kept), "--force", "-q").returncode == 0


def test_the_command_says_what_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("hello\nworld\n")
    done = run(str(tmp_path / "log"), "-o", str(tmp_path / "kept"))
    assert done.returncode == 3
    assert "line 1: no event of Tetragon, Falco, Tracee or auditd (and 1 more)" in done.stderr
    assert "No event was found" in done.stderr
    assert run(str(tmp_path / "nowhere"), "-o", str(tmp_path / "other")).returncode == 3


def execution(path: str, digest: str | None) -> str:
    args = [{"name": "pathname", "value": path}, {"name": "argv", "value": [path, "-c", "x.c"]},
            *([{"name": "sha256", "value": digest}] if digest else [])]
    return json.dumps({"timestamp": 1767000000000000000, "hostProcessId": 7, "processId": 7, "hostParentProcessId": 1,
                       "parentProcessId": 1, "processName": "cc", "eventName": "sched_process_exec", "args": args})


@pytest.mark.parametrize(("told", "same_machine", "claim", "note"), [
    ("same", False, "recorded", None),
    ("other", True, None, CHANGED),
    (None, False, None, OTHERS),
    (None, True, "inferred", NOW),
])
def test_an_executable_is_identified_by_the_file_that_ran(
    tmp_path: Path, told: str | None, claim: str | None, note: str | None, *, same_machine: bool,
) -> None:
    path = str(Path(sys.executable).resolve())
    digest = {"same": hashlib.sha256(Path(path).read_bytes()).hexdigest(), "other": "0" * 64, None: None}[told]
    (tmp_path / "log").write_text(execution(path, digest))
    found = import_logs([tmp_path / "log"], tmp_path / "record", same_machine=same_machine).record
    (one,) = [one for one in found.processes if one.executable == path]
    assert one.tool == (ToolUsed("python", platform.python_version(), "runtime", ANY, claim) if claim else None)
    assert one.sha256 == digest
    notes = [text for text in found.unobserved if text.startswith((CHANGED, OTHERS, NOW))]
    assert [text.startswith(note) for text in notes] == [True] if note else notes == []
