"""`builtby scan`: options, streams, exit codes, and what people are told."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from builtby.cli.app import app


class Done(NamedTuple):
    """What a run came to."""

    returncode: int
    stdout: str
    stderr: str


def go(*args: object, **env: str) -> Done:
    """Run the program in this process, with no terminal anywhere; the catalogue is read once for all tests."""
    given = list(map(str, args))
    given += [] if any(word.startswith("-j") for word in given) else ["-j1"]
    around: dict[str, str | None] = {"NO_COLOR": None, "SOURCE_DATE_EPOCH": None, **env}
    done = CliRunner(env=around).invoke(app, given, prog_name="builtby")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a jar that says what made it, and a text that says nothing."""
    place = tmp_path / "things"
    place.mkdir()
    with zipfile.ZipFile(place / "app.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nCreated-By: 17.0.9 (Debian)\r\n"
                                             "Ant-Version: Apache Ant 1.10.13\r\n\r\n")
    (place / "read.txt").write_text("nothing here")
    return place


def test_json_goes_to_standard_output_and_talk_to_standard_error(folder: Path) -> None:
    done = go("scan", folder, "-f", "json", "-j1")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [a["path"] for a in document["artifacts"]] == ["app.jar"]
    assert any(made["tool"] == "ant" for made in document["artifacts"][0]["built_by"])
    assert done.stderr.startswith("builtby: 1 artifact · 1 marked by ")
    assert done.stderr.count("\n") == 1


def test_quiet_is_silent(folder: Path) -> None:
    assert go("scan", folder, "-f", "json", "-q").stderr == ""


def test_terminal_view_has_no_colour_when_it_is_no_terminal(folder: Path) -> None:
    done = go("scan", folder)
    assert "Built by" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_colour_can_be_forced_and_forbidden(folder: Path) -> None:
    assert "\x1b[" in go("scan", folder, FORCE_COLOR="1").stdout
    assert "\x1b" not in go("scan", folder, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_any_number_of_workers_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    forms = ("json", "cyclonedx-json", "cyclonedx-json@1.7", "spdx-json", "csv", "terminal")
    for jobs in "12":
        (tmp_path / jobs).mkdir()
        files = [f"{form}={tmp_path}/{jobs}/{form}" for form in forms]
        assert go("scan", folder, f"-j{jobs}", "-q", *(word for file in files for word in ("-f", file))).returncode == 0
    for form in forms:
        assert (tmp_path / "1" / form).read_bytes() == (tmp_path / "2" / form).read_bytes()


def test_several_formats_each_to_its_file(folder: Path, tmp_path: Path) -> None:
    done = go("scan", folder, "-f", f"json={tmp_path}/a.json", "-f", f"csv={tmp_path}/a.csv", "-f", "terminal")
    assert done.returncode == 0
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "builtby/scan/1"
    assert (tmp_path / "a.csv").read_text().startswith("target,path")
    assert "Built by" in done.stdout


def test_output_file_is_replaced_whole_and_keeps_its_mode(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("old")
    out.chmod(0o600)
    assert go("scan", folder, "-f", "json", "-o", out).returncode == 0
    assert json.loads(out.read_text())["artifacts"]
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".out*")) == []


def test_output_to_a_device_is_written_and_not_replaced(folder: Path) -> None:
    assert go("scan", folder, "-f", "json", "-o", os.devnull).returncode == 0
    assert Path(os.devnull).is_char_device() or os.name == "nt"


def test_output_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    done = go("scan", folder, "-f", "json", "-o", tmp_path / "no" / "out.json")
    assert done.returncode == 3
    assert "cannot write" in done.stderr
    assert "folder that is there" in done.stderr


def test_time_is_taken_from_source_date_epoch(folder: Path) -> None:
    bom = json.loads(go("scan", folder, "-f", "cyclonedx-json", SOURCE_DATE_EPOCH="1700000000").stdout)
    assert bom["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    assert go("scan", folder, SOURCE_DATE_EPOCH="yesterday").returncode == 2


@pytest.mark.parametrize(("args", "told"), [
    (["-f", "xml"], "there are: csv"), (["-f", "json", "-f", "csv"], "same place"), (["--max-size", "big"], "64MB"),
    (["-j", "0"], "-j"), (["--frobnicate"], "No such option"), (["--rules", "/not/there"], "--rules"),
])
def test_wrong_usage_is_2_and_says_what_helps(folder: Path, args: list[str], told: str) -> None:
    done = go("scan", folder, *args)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_no_target_there_is_wrong_usage_and_some_missing_is_incomplete(folder: Path) -> None:
    none = go("scan", "not/there")
    assert (none.returncode, none.stdout) == (2, "")
    assert "no such file or folder: not/there" in none.stderr
    some = go("scan", folder, "not/there", "-f", "json")
    assert some.returncode == 3
    assert len(json.loads(some.stdout)["artifacts"]) == 1
    assert "not/there" in some.stdout


def test_a_damaged_archive_is_3_and_the_rest_is_reported(folder: Path) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        tar.add(folder / "app.jar", "inner/app.jar")
    (folder / "cut.tar.gz").write_bytes(whole.getvalue()[:-40])
    done = go("scan", folder, "-f", "json")
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert "app.jar" in [a["path"] for a in document["artifacts"]]
    assert [s["path"] for s in document["skipped"]]


def test_what_was_asked_to_be_passed_over_is_no_failure(folder: Path) -> None:
    large = go("scan", folder, "--max-size", "10B", "-f", "json")
    assert large.returncode == 0
    assert json.loads(large.stdout)["skipped"][0]["expected"] is True
    assert json.loads(go("scan", folder, "--exclude", "*.jar", "-f", "json").stdout)["artifacts"] == []
    assert json.loads(go("scan", folder, "--include", "*.txt", "-f", "json").stdout)["artifacts"] == []


def test_standard_input_as_people_run_it(folder: Path) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        tar.add(folder / "app.jar", "inner/app.jar")
    done = subprocess.run([sys.executable, "-m", "builtby", "scan", "-", "-f", "json"], input=whole.getvalue(),
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [artifact["format"] for artifact in json.loads(done.stdout)["artifacts"]] == ["jar"]
    assert done.stderr.startswith(b"builtby: 1 artifact")


def test_explain_and_by_artifact(folder: Path) -> None:
    assert "app.jar  jar" in go("scan", folder, "--by-artifact").stdout
    explained = go("scan", folder, "--explain").stdout
    assert "jar.manifest" in explained
    assert "Ant 1.10.13" in explained.replace("\n", "") or "41 6e 74" in explained


def test_a_reader_that_leaves_is_no_error(folder: Path) -> None:
    for number in range(400):
        (folder / f"{number}.jar").write_bytes((folder / "app.jar").read_bytes())
    with subprocess.Popen([sys.executable, "-m", "builtby", "scan", str(folder), "-q", "-f", "json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_an_internal_error_gives_people_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    from builtby.cli.app import run
    from builtby.reports.results import Results

    def broken(*_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.delenv("BUILTBY_DEBUG", raising=False)
    monkeypatch.setattr(Results, "collect", broken)
    monkeypatch.setattr("sys.argv", ["builtby", "scan", str(folder)])
    with pytest.raises(SystemExit) as left:
        run()
    told = capsys.readouterr().err
    assert left.value.code == 3
    assert "internal error: RuntimeError: out of cheese" in told
    assert "Traceback" not in told


def test_ctrl_c_is_130(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.reports.results import Results

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Results, "collect", interrupted)
    assert CliRunner().invoke(app, ["scan", str(folder)]).exit_code == 130
