"""Honest builds succeed in a guard, and raise no finding above info."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from builtby.builds.guard.learn import learnt
from builtby.builds.guard.policy import parse
from builtby.builds.model import SCHEMA, Endpoint, FileUse, Record
from tests.builds.guard.guarded import POSSIBLE, guarded
from tests.builds.guard.index import NAME, index
from tests.builds.recorded import PYTHON

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")


class Case(NamedTuple):
    program: str
    preset: str
    command: tuple[str, ...]
    write: Callable[[Path], None]
    made: str


def _make(folder: Path) -> None:
    (folder / "Makefile").write_text("out: in\n\tmkdir -p $@.d && t=$$(mktemp) && cat in > $$t && mv $$t out\n")
    (folder / "in").write_text("x")


def _c(folder: Path) -> None:
    (folder / "Makefile").write_text("app: app.o\n\tcc -o app app.o\n")
    (folder / "app.c").write_text("#include <stdio.h>\nint main(void) { return puts(\"x\") < 0; }\n")


def _npm(folder: Path) -> None:
    hook = "node -e \"require('fs').writeFileSync('built', 'x')\""
    (folder / "dep").mkdir()
    (folder / "dep/package.json").write_text(json.dumps(
        {"name": "dep", "version": "1.0.0", "scripts": {"postinstall": hook}}))
    (folder / "package.json").write_text(json.dumps(
        {"name": "app", "version": "1.0.0", "dependencies": {"dep": "file:dep"}, "allowScripts": {"dep": True}}))
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--offline", "--no-audit"],
                   cwd=folder, check=True, capture_output=True)


def _go(folder: Path) -> None:
    (folder / "go.mod").write_text("module app\n")
    (folder / "main.go").write_text("package main\n\nfunc main() { println(1) }\n")


def _cargo(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text('[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n')
    (folder / "Cargo.lock").write_text('version = 3\n\n[[package]]\nname = "app"\nversion = "0.1.0"\n')
    (folder / "build.rs").write_text('fn main() { println!("cargo:rustc-env=X=1"); }\n')
    (folder / "src/main.rs").write_text('fn main() { println!("{}", env!("X")); }\n')


CASES = (
    Case("make", "make", ("make",), _make, "out"), Case("cc", "make", ("make",), _c, "app"),
    Case("npm", "npm", ("npm", "ci"), _npm, "dep/built"), Case("cargo", "cargo", ("cargo", "build"), _cargo,
                                                             "target/debug/app"),
    Case("go", "make", ("go", "build", "-o", "app", "."), _go, "app"),
)
SLOW = ("npm", "cargo", "go")
HAD = [case for case in CASES if shutil.which(case.program)]
"""Those whose tools this machine has: make always, for these tests are started by it."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder.resolve()


@pytest.mark.parametrize("level", POSSIBLE)
@pytest.mark.parametrize("case", [
    pytest.param(case, id=case.program, marks=[pytest.mark.slow] * (case.program in SLOW)) for case in HAD])
def test_builds_succeed_quietly(place: Path, level: int, case: Case) -> None:
    case.write(place)
    rust = os.environ.get("RUSTUP_HOME") or str(Path("~/.rustup").expanduser())  # toolchains are known by their home
    ran = guarded(place, level, *case.command, preset=case.preset, environment={"RUSTUP_HOME": rust})
    assert ran.code == 0, ran.err + ran.out
    assert (place / case.made).exists()
    assert ran.loud() == []
    assert ran.record["guard"]["hosts"] == []
    assert ran.record["complete"] is True, ran.record["unobserved"]


@pytest.mark.parametrize("level", POSSIBLE)
def test_pip_fetches_without_hooks_network_and_builds_without_any(place: Path, level: int) -> None:
    target = place / "installed"
    target.mkdir()
    with index() as address:
        environment = {**os.environ, "PIP_INDEX_URL": address, "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
        ran = guarded(place, level, PYTHON, "-m", "pip", "install", "-q", "--target", str(target),
                      "--no-build-isolation", NAME, preset="pip", environment=environment)
    assert ran.code == 0, ran.err + ran.out
    assert (target / "guarded_example.py").exists()
    fetch = json.loads((ran.folder / "fetch-1/record.json").read_text())
    host = address.removeprefix("http://").removesuffix("/simple")
    assert fetch["guard"]["hosts"] == [host]
    assert fetch["guard"]["phase"] == "fetch"
    assert ran.record["guard"]["hosts"] == []
    assert ran.loud() == []
    refused = [one for one in fetch["notable"] if one["call"] == "socket" and one["refused"]]
    assert refused, "the hook's socket was not refused"


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_toolchain_at_home_is_called_by_where_it_stands(
        place: Path, level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that is named by a temporary folder, where the private home may be, would be a finding."""
    monkeypatch.delenv("RUSTUP_HOME", raising=False)
    rustup = place.parent / "home/.rustup"
    rustup.mkdir(parents=True)
    ran = guarded(place, level, "/bin/sh", "-c", 'cd "${RUSTUP_HOME:-$HOME/.rustup}" && echo "$PWD"')
    assert ran.out == f"{rustup}\n", ran.err


@pytest.mark.parametrize("level", POSSIBLE)
def test_a_copy_of_the_sources(place: Path, level: int) -> None:
    (place / "in").write_text("x")
    policy = 'name = "x"\n[files]\nsource = "copy"\noutputs = ["dist", "one"]\n'
    text = "echo changed > in; mkdir dist; echo a > dist/a; echo b > one; echo c > c"
    ran = guarded(place, level, "/bin/sh", "-c", text, policy=policy)
    assert ran.code == 0, ran.err
    assert (place / "in").read_text() == "x"
    assert ((place / "dist/a").read_text(), (place / "one").read_text()) == ("a\n", "b\n")
    assert not (place / "c").exists()


def test_a_failed_fetch_runs_nothing_more(place: Path) -> None:
    policy = 'name = "x"\n[[fetch]]\ncommand = ["/bin/sh", "-c", "exit 6"]\n'
    ran = guarded(place, POSSIBLE[0], "touch", "ran", policy=policy)
    assert ran.code == 6
    assert "the command was not run" in ran.err
    assert not (place / "ran").exists()


@pytest.mark.parametrize("level", POSSIBLE)
def test_policies_give_what_they_say(place: Path, level: int) -> None:
    more = place.parent / "more"
    more.mkdir()
    (place / "secrets").mkdir()
    (place / "secrets/key").write_text("x")
    policy = (f'name = "x"\n[files]\nwrite = ["{more}"]\nhide = ["secrets"]\n[home]\ncanaries = false\n'
              '[environment]\nkeep = ["MY_TOKEN"]\nremove = ["GONE"]\nset = { MODE = "ci" }\n')
    text = f'echo x > {more}/y; cat secrets/key; echo "$MY_TOKEN $GONE $MODE"; ls -A ~/.ssh; :'
    ran = guarded(place, level, "/bin/sh", "-c", text, policy=policy,
                  environment={"MY_TOKEN": "given", "GONE": "gone", "MODE": "x"})
    assert ran.out == "given  ci\n"
    assert (more / "y").exists()


def test_learning(place: Path) -> None:
    ran = guarded(place, POSSIBLE[0], "/bin/sh", "-c", "echo x > made")
    done = subprocess.run([sys.executable, "-m", "builtby", "guard", "learn", str(ran.folder)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    again = guarded(place, POSSIBLE[0], "/bin/sh", "-c", "echo x > made", policy=done.stdout)
    assert (place / "made").exists()
    assert again.record["guard"]["policy"] == "learnt"
    assert again.record["guard"]["hosts"] == []


def test_what_is_learnt() -> None:
    record = Record(
        SCHEMA, "seccomp-notify", True, (), ("make",), "/src/app", 0, "", 1.0, {},
        files=(FileUse("/src/app/out", "write", None, 1), FileUse("/opt/x/a", "write", None, 1),
               FileUse("/opt/x/b/c", "rename", None, 1, to="/opt/x/b/d"), FileUse("/tmp/t", "write", None, 1),
               FileUse("/etc/refused", "write", None, 1, refused=True), FileUse("/lib/x", "read", None, 1)),
        network=(Endpoint("files.example.org", "192.0.2.1", 443, 1), Endpoint(None, "127.0.0.1", 80, 1),
                 Endpoint("x.example.org", "192.0.2.2", 53, 1, kind="dns")))
    policy = parse(learnt(record).encode(), "learnt")
    assert policy.files.source == "writable"
    assert policy.files.write == ("/opt/x",)
    assert policy.network.hosts == ("files.example.org:443",)


def test_nothing_is_learnt_from_an_attack(place: Path) -> None:
    ran = guarded(place, POSSIBLE[0], "/bin/sh", "-c", "cat ~/.aws/credentials")
    done = subprocess.run([sys.executable, "-m", "builtby", "guard", "learn", str(ran.folder)], capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
