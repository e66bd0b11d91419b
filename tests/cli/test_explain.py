"""`builtby explain`, and the scan that is kept for it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from builtby.cli import last
from builtby.cli.last import FILE, MOST_ALL, Recorder
from builtby.model import Record
from tests.cli.test_gates import Found, Told, scan
from tests.cli.test_scan import Done
from tests.reports.exposures import BUILD_HOST, DATA, EXPLOITED, GO, RECORDS, exposed
from tests.reports.records import artifact, render


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    return Found(monkeypatch)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the last scan that nothing has used."""
    monkeypatch.setenv("BUILTBY_STATE", str(tmp_path / "deep/state"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "deep/state"


@pytest.fixture
def scanned(state: Path, found: Found) -> Path:
    assert scan("-f", "json").returncode == 0
    return state / FILE


def explain(*args: object) -> Done:
    from typer.testing import CliRunner

    from builtby.cli.app import app

    done = CliRunner().invoke(app, ["explain", *map(str, args)], prog_name="builtby")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def test_an_advisory_is_explained_from_the_data_and_the_last_scan(scanned: Path) -> None:
    done = explain("cve-2023-29402")
    assert done.returncode == 0, done.stderr
    assert "GO-2023-1839" in done.stdout
    assert "build-host: the machine that ran the tool was exposed" in done.stdout
    assert "<1.19.10" in done.stdout
    assert "CVE-2023-29402  go 1.19.8  build-host, affected  3 places" in done.stdout
    assert "Update go to 1.19.10 or 1.20.5 on the machines that build" in done.stdout
    assert "/srv/app:usr/bin/hello" in done.stdout
    assert explain("GO-2023-1839").stdout == done.stdout


def test_what_is_no_exposure_is_told_with_its_reason(scanned: Path) -> None:
    told = explain(EXPLOITED.id).stdout
    assert "artifact-linked, affected  1 place" in told
    assert "the vulnerable code is not linked in: none of its packages is linked: net/http" in told
    assert told.index("artifact-linked, affected") < told.index("artifact-linked, not-linked")


def test_an_end_of_support_is_known_from_the_scan(scanned: Path) -> None:
    told = explain("EOL-go-1.19").stdout
    assert "nobody patches this version any more" in told
    assert "support of 1.19 ended on 2023-09-06" in told
    assert "Move to a supported version of go to 1.26" in told


def test_a_tool_is_explained_with_its_marks_advisories_and_versions(scanned: Path) -> None:
    told = explain("Go").stdout
    assert "go.buildinfo" in told
    assert "build-host: the machine that ran the tool was exposed" in told
    assert "1.19.8  3" in told
    assert "more exposures: --all lists them" not in told
    assert "CVE-2023-44487" in told


def test_a_rule_is_explained_alone_with_what_bears_it(scanned: Path) -> None:
    told = explain("gcc/comment").stdout
    assert "proof" in told
    assert told.count("pattern") == 1
    assert "12.2.0  3" in told
    assert "/srv/app:usr/bin/clean" in told


@pytest.mark.parametrize(("word", "meaning", "place"), [
    ("build-host", "the machine that ran the tool was exposed", "usr/bin/hello"),
    ("update-and-rebuild", "update and rebuild", "usr/bin/server"),
    ("not-linked", "the vulnerable code is not linked in", "usr/bin/hello"),
    ("unknown", "the data does not say", "GO-2024-9999"),
])
def test_words_of_the_results_are_explained(scanned: Path, word: str, meaning: str, place: str) -> None:
    told = explain(word).stdout
    assert meaning in told
    assert place in told


def test_lists_are_short_unless_asked(state: Path, found: Found) -> None:
    found(*(artifact(n, f"bin/{n:02}", GO, exposures=(BUILD_HOST,)) for n in range(30)))
    scan("-f", "json")
    assert "and 22 more: --all lists them" in explain(BUILD_HOST.id).stdout
    assert "bin/29" in explain(BUILD_HOST.id, "--all").stdout


def test_another_result_can_be_looked_into(state: Path, tmp_path: Path) -> None:
    assert "No scan is kept" in explain("CVE-2023-29402").stdout
    file = tmp_path / "result.json"
    file.write_bytes(render("json", exposed()))
    assert "go 1.19.8  build-host, affected  3 places" in explain("CVE-2023-29402", "--from", file).stdout


@pytest.mark.parametrize("text", ["", "{}", "[" * 10_000, '{"schema": "other"}'])
def test_what_is_no_result_is_wrong_usage(state: Path, tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    done = explain("go", "--from", bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a result of builtby" in done.stderr
    assert explain("go", "--from", tmp_path / "none").returncode == 2
    state.mkdir(parents=True)
    (state / FILE).write_text(text)
    assert "Scan again" in explain("go").stderr


def test_names_that_are_not_known(scanned: Path) -> None:
    done = explain("build-hots")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Is it build-host?" in done.stderr
    assert "builtby marks list" in explain("CVE-1999-99999").stderr


def test_only_exposures_and_identities_are_kept(scanned: Path) -> None:
    kept = json.loads(scanned.read_text())
    assert kept["schema"] == "builtby/last-scan/1"
    assert "GCC: (Debian" not in scanned.read_text()
    assert len(kept["items"]) == len(RECORDS)
    assert scanned.stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert [file.name for file in scanned.parent.iterdir()] == [FILE]


def test_the_size_is_bounded_and_what_is_left_out_is_said(state: Path, found: Found,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last, "MOST", 400)
    scan("-f", "json")
    assert (state / FILE).stat().st_size < MOST_ALL
    assert "artifacts are not looked at" in explain("go").stdout
    monkeypatch.setattr(last, "MOST_ALL", 0)
    before = (state / FILE).read_bytes()
    assert scan("-f", "json").returncode == 0
    assert (state / FILE).read_bytes() == before
    assert len(list(state.iterdir())) == 1


def test_a_scan_that_fails_leaves_the_one_before(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scanned.read_bytes()

    class Broken(Told):
        def __iter__(self) -> Iterator[Record]:
            yield RECORDS[0]
            raise KeyboardInterrupt

    monkeypatch.setattr("builtby.scanning.scan", lambda *_targets, **_more: Broken((), DATA))
    assert scan("-f", "json").returncode == 130
    assert scanned.read_bytes() == before
    assert [file.name for file in scanned.parent.iterdir()] == [FILE]


def test_a_folder_that_cannot_be_written_is_no_matter(found: Found, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = scan("-q", "-f", "json", BUILTBY_STATE=str(tmp_path / "file/state"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "not kept" in scan("-q", "-f", "json", BUILTBY_STATE=str(tmp_path / "file/state"), BUILTBY_DEBUG="1").stderr


def test_nothing_found_is_kept_too(state: Path) -> None:
    recorder = Recorder()
    recorder.keep(exposed(()))
    recorder.close()
    kept = last.last()
    assert kept is not None
    assert (kept.items, kept.advisories) == ([], DATA)

