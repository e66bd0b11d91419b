"""The program: quick to answer, helpful, the same everywhere."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builtby import __version__
from builtby.cli.app import app
from builtby.cli.output import plan
from builtby.cli.progress import shortened
from builtby.cli.values import epoch, size
from builtby.reports.registry import all_reports

HEAVY = {"rich", "msgspec", "hyperscan", "multiprocessing", "isal", "tomli"}


def imported(*args: str) -> tuple[str, set[str]]:
    """Return what the program prints, and what it imports for it: how long that takes is measured in bench/."""
    code = f"import atexit, sys; sys.argv[1:] = {[*args]}; atexit.register(lambda: print(*sys.modules)); " \
           "from builtby.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    *told, modules = done.stdout.splitlines()
    return "\n".join(told), set(modules.split())


def test_version_imports_nothing() -> None:
    told, modules = imported("--version")
    assert told == f"builtby {__version__}"
    assert {name for name in modules if name.startswith("builtby")} == {
        "builtby", "builtby.__main__", "builtby._version"}
    assert not (HEAVY | {"typer"}) & modules


def test_help_imports_nothing_but_commands() -> None:
    told, modules = imported("--help")
    assert told.startswith("Usage: builtby ")
    assert "builtby.cli.app" in modules
    assert {name.split(".")[1] for name in modules if name.startswith("builtby.")} == {"__main__", "_version", "cli"}
    assert not HEAVY & modules


def test_help_is_in_sections() -> None:
    told = CliRunner().invoke(app, ["scan", "--help"], prog_name="builtby").output
    assert told.startswith("Usage: builtby scan [OPTIONS] TARGET…\n")
    for title in ("Arguments:", "What is looked at:", "How it is done:", "What comes out:", "Options:"):
        assert f"\n{title}\n" in told


def test_help_names_every_output() -> None:
    told = "".join(CliRunner().invoke(app, ["scan", "--help"], terminal_width=200).output.split())
    for report in all_reports():
        assert report.name in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_offers_commands(shell: str) -> None:
    words = {"COMP_WORDS": "builtby sc", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "builtby sc"}
    done = subprocess.run([sys.executable, "-m", "builtby"], capture_output=True, text=True, check=False,
                          env=os.environ | words | {"_BUILTBY_COMPLETE": f"complete_{shell}",
                                                    "_TYPER_COMPLETE_FISH_ACTION": "get-args"})
    assert "scan" in done.stdout, done.stderr


def test_completion_offers_formats() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "builtby"], capture_output=True, text=True, check=False,
        env=os.environ | {"_BUILTBY_COMPLETE": "complete_bash", "COMP_WORDS": "builtby scan -f cyc", "COMP_CWORD": "3"})
    assert done.stdout.split() == ["cyclonedx-json", "cyclonedx-json@1.7", "cyclonedx-vex-json"]


def test_completion_can_be_installed(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m builtby --install-completion; exit $?"  # the shell stays, to be recognised
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False,
                          env=os.environ | {"HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    script = tmp_path / ".bash_completions/builtby.sh"
    assert "_BUILTBY_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()


@pytest.mark.parametrize(("written", "meant"), [
    ("64MB", 64_000_000), ("64M", 64_000_000), ("1.5GiB", 1_610_612_736), ("4096", 4096), ("10k", 10_000), (" 7 b ", 7),
])
def test_sizes_as_people_write_them(written: str, meant: int) -> None:
    assert size(written) == meant


@pytest.mark.parametrize("wrong", ["", "big", "-1", "1XB", "1.2.3MB"])
def test_what_is_no_size_is_refused(wrong: str) -> None:
    with pytest.raises(Exception, match="is no size"):
        size(wrong)


def test_small_values() -> None:
    assert epoch(None) is None
    assert epoch("0") == 0
    assert [output.report.name for output in plan([], None)] == ["terminal"]


def test_a_long_path_keeps_its_end() -> None:
    assert shortened("usr/lib/python3/x.so", 10) == "…hon3/x.so"
    assert shortened("short", 10) == "short"
    assert shortened("anything", 0) == ""


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.cli import progress

    with progress.shown(quiet=False) as told:
        assert told is None


def test_progress_fits_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.cli import progress
    from builtby.pipeline.options import Progress

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(quiet=False) as told:
        assert told is not None
        told(Progress(1200, 3_400_000, 17, "usr/lib/" + "very/" * 40 + "deep.so", 10_000_000))
        time.sleep(0.3)
    assert "1,200 files · 3.4 MB of 10.0 MB · 17 artifacts" in screen.getvalue()
    assert "deep.so" in screen.getvalue()


def test_progress_is_shown_to_nobody_who_asked_for_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.cli import progress

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress.shown(quiet=True) as told:
        assert told is None
