"""What dependencies try that mean harm: it fails, and is told, at every level that has walls."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builds.guard.guarded import POSSIBLE, SECRET, guarded, home_of
from tests.builds.recorded import PYTHON, Ran

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")
POLICY = 'name = "test"\n[files]\nsource = "read-only"\nwrite = ["out"]\n'
ALLOWED = ("own build", "temporary", "bashrc", "canary")
"""What must go on."""


class Tried(NamedTuple):
    level: int
    ran: Ran
    found: dict[str, str]
    folder: Path


@pytest.fixture(scope="module", params=POSSIBLE)
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    folder = (tmp_path_factory.mktemp("guard") / "work").resolve()
    (folder / ".git/hooks").mkdir(parents=True)
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / "source.c").write_text("int x;\n")
    toolchain = folder.parent / "tools"
    (toolchain / "bin").mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as elsewhere, socket.socket(socket.AF_UNIX) as daemon, \
            socket.create_server(("127.0.0.1", 0)) as server, subprocess.Popen(["sleep", "120"]) as other:
        place = f"{elsewhere}/docker.sock"
        daemon.bind(place)
        daemon.listen()
        script = str(shutil.copy(Path(__file__).with_name("attacks.py"), folder))
        ran = guarded(
            folder, request.param, PYTHON, script, place, str(server.getsockname()[1]), str(other.pid),
            str(toolchain / "bin"), str(home_of(folder)), policy=POLICY, environment={
                "DEPLOY_TOKEN": SECRET, "HARMLESS_NAME": "ghp_" + "0" * 36, "SSH_AUTH_SOCK": place,
                "GITHUB_ENV": str(folder.parent / "env"), "PATH": f"{toolchain / 'bin'}:{os.environ['PATH']}"})
        other.kill()
    file = folder / "out/found.json"
    assert file.exists(), ran.err
    yield Tried(request.param, ran, json.loads(file.read_text()), folder)


def test_nothing_works_that_must_not(tried: Tried) -> None:
    canaries = ("real credentials",) if tried.level == 1 else ()  # what stands in their place may be read
    worked = {name: text for name, text in tried.found.items()
              if text.startswith("done") and name not in (*ALLOWED, *canaries)}
    assert worked == {}


def test_what_a_build_needs_works(tried: Tried) -> None:
    assert {name: tried.found[name] for name in ALLOWED if not tried.found[name].startswith("done")} == {}


def test_no_secret_was_seen(tried: Tried) -> None:
    assert SECRET not in json.dumps(tried.found)
    assert SECRET not in json.dumps(tried.ran.record)
    assert {"DEPLOY_TOKEN", "HARMLESS_NAME"} <= set(tried.ran.record["guard"]["secrets"])


def test_nothing_of_the_users_changed(tried: Tried) -> None:
    home = home_of(tried.folder)
    assert (home / ".bashrc").read_text() == f"{SECRET}\n"
    assert not Path("/etc/cron.d/builtby-test").exists()
    assert not Path("/etc/systemd/system/builtby-test.service").exists()
    assert not (tried.folder.parent / "tools/bin/builtby-test").exists()
    assert (tried.folder / "source.c").read_text() == "int x;\n"
    assert not list((tried.folder / ".git/hooks").iterdir())
    assert not list((tried.folder / ".github/workflows").iterdir())


def test_it_is_told(tried: Tried) -> None:
    """Each attempt is in a finding, and each of these says that it was stopped."""
    texts = [f"{one['path']} {one['message']}" for one in tried.ran.record["findings"]]
    hidden = ["/docker.sock"] if tried.level == 2 else []  # out of sight at level 1: nothing is there to turn to
    for word in ("192.0.2.1", "169.254.169.254", "attacker.example:80", "attacker.example:443", ".ssh/id_rsa",
                 "/etc/cron.d/builtby-test", "/etc/systemd/system/builtby-test.service", "tools/bin/builtby-test",
                 ".git/hooks/pre-push", ".github/workflows/x.yml", "source.c", ".bashrc", *hidden):
        assert any(word in text for text in texts), (word, texts)
    assert [one for one in tried.ran.record["findings"] if not one["blocked"] and one["process"] is not None
            and one["severity"] in ("critical", "high", "medium")] == []


def test_names_that_are_asked_for_are_seen(tried: Tried) -> None:
    if tried.level == 1:
        assert any("exfil.attacker.example" in one["message"] for one in tried.ran.findings("guard-network-denied"))
    else:
        assert tried.ran.findings("guard-datagram-denied")


def test_reading_a_canary_is_critical(tried: Tried) -> None:
    (found,) = [one for one in tried.ran.findings("guard-canary-read") if "~/.ssh/id_rsa" in one["message"]]
    assert (found["severity"], found["blocked"]) == ("critical", True)


def test_what_is_refused_is_in_the_record(tried: Tried) -> None:
    refused = {use["path"] for use in tried.ran.record["files"] if use["refused"]}
    assert "/etc/cron.d/builtby-test" in refused
    assert [turn for turn in tried.ran.record["network"] if turn["address"] == "192.0.2.1" and not turn["allowed"]]


def test_the_record_is_whole_and_says_how_it_was_guarded(tried: Tried) -> None:
    assert tried.ran.record["complete"] is True, tried.ran.record["unobserved"]
    guard = tried.ran.record["guard"]
    assert (guard["level"], guard["policy"], guard["phase"], guard["hosts"]) == (tried.level, "test", "build", [])
    assert guard["promises"]
    assert guard["leaves_open"]
    assert f"guard level {tried.level}:" in tried.ran.err


def test_digests_are_of_what_the_build_saw(tried: Tried) -> None:
    """Paths are named as the build sees them, though its home is another one."""
    reads = [use for use in tried.ran.record["files"] if use["access"] == "read" and use["path"].endswith("id_rsa")]
    assert reads
    assert reads[0]["sha256"]
    left = [use for use in tried.ran.record["files"]
            if use["path"].endswith("out/found.json") and use["access"] == "write"]
    assert left[0]["sha256"]
