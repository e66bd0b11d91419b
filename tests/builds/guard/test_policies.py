"""Policies say what is wrong with them, and presets are good ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from builtby.builds.guard import fetching
from builtby.builds.guard.policy import PolicyError, parse, preset, preset_text, presets

BUILTBY = (sys.executable, "-m", "builtby")


@pytest.mark.parametrize(("text", "says"), [
    ("", "name"),
    ('name = "x"\nnetwrok = {}', "netwrok"),
    ('name = "x"\n[files]\nsource = "writeable"', "writeable"),
    ('name = "x"\n[network]\ntools = ["apt"]', "no such tool: apt"),
    ('name = "x"\n[network]\nhosts = ["https://example.org/"]', "is no host"),
    ('name = "x"\n[network]\nhosts = ["*.org"]', "too much"),
    ('name = "x"\n[network]\nhosts = ["*"]', "too much"),
    ('name = "x"\n[files]\noutputs = ["dist"]', "copy"),
    ('name = "x"\n[[fetch]]\ncommand = []', "needs a command"),
    ("name = ", ""),
    ('name = "x"\n[home]\ncaches = "shared"', "shared"),
])
def test_mistakes_are_named(text: str, says: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse(text.encode(), "here.toml")
    assert "here.toml" in str(error.value)
    assert says in str(error.value)


def test_presets_are_good() -> None:
    assert set(presets()) == {"default", "make", "pip", "npm", "cargo", "go", "maven"}
    for name in presets():
        assert preset(name).name == name
        assert preset(name).description
        assert preset(name).network.tools == preset(name).network.hosts == ()
    with pytest.raises(PolicyError, match="there is no preset 'pypi'"):
        preset("pypi")


def test_they_are_listed_and_printed() -> None:
    listed = subprocess.run([*BUILTBY, "guard", "policies"], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(presets())
    printed = subprocess.run([*BUILTBY, "guard", "policies", "npm"], capture_output=True, text=True, check=True)
    assert printed.stdout == preset_text("npm")
    wrong = subprocess.run([*BUILTBY, "guard", "policies", "nope"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2


def test_a_wrong_policy_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('name = "x"\n[file]\n')
    words = ["--policy", str(file), "-o", str(tmp_path / "record"), "--", "touch", "x"]
    done = subprocess.run([*BUILTBY, "guard", *words], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown field `file`" in done.stderr
    assert not (tmp_path / "x").exists()


def test_words_of_fetching(tmp_path: Path) -> None:
    step, second = preset("pip").fetch
    command = ["python3", "-m", "pip", "install", "--target", "t", "-q", "x==1", "-r", "r.txt"]
    assert fetching.words(step, command, "/store", tmp_path) == [
        "python3", "-m", "pip", "download", "--quiet", "--dest", "/store", "x==1", "-r", "r.txt"]
    wheel = ["python3", "-m", "pip", "wheel", "--no-deps", "-w", "out", "--wheel-dir=out", "x"]
    assert (fetching.words(step, wheel, "/store", tmp_path) or [])[-2:] == ["--no-deps", "x"]
    assert fetching.words(second, ["pip", "install", "x"], "/store", tmp_path) is None


def test_steps_are_for_projects_that_have_their_files(tmp_path: Path) -> None:
    locked, free = preset("cargo").fetch
    assert (fetching.wanted(locked, tmp_path), fetching.wanted(free, tmp_path)) == (False, True)
    (tmp_path / "Cargo.lock").touch()
    assert (fetching.wanted(locked, tmp_path), fetching.wanted(free, tmp_path)) == (True, False)
