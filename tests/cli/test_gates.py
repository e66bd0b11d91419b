"""`builtby scan` with --fail-on, --ignore-file and --baseline: exit codes and what is said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builtby.cli.gates import threshold
from builtby.model import AdvisoryData, Artifact, Record, Skipped, Target
from tests.cli.test_scan import Done, go
from tests.reports.exposures import DATA, LINKED, RECORDS, TARGETS


class Told:
    """A scan that is over: what it found is given."""

    def __init__(self, records: tuple[Record, ...], data: AdvisoryData | None) -> None:
        self._records, self.advisories, self.targets = records, data, TARGETS

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> "Found":
    return Found(monkeypatch)


class Found:
    """Lets `builtby scan` find what a test wants."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self(*RECORDS)

    def __call__(self, *records: Record, data: AdvisoryData | None = DATA) -> None:
        self._patch.setattr("builtby.scanning.scan", lambda *_targets, **_more: Told(records, data))


def scan(*args: object, **env: str) -> Done:
    return go("scan", ".", *args, **{"SOURCE_DATE_EPOCH": "1795000000", **env})


def at(done: Done, path: str) -> dict[str, Any]:
    (found,) = [artifact for artifact in json.loads(done.stdout)["artifacts"] if artifact["path"] == path]
    return dict(found)


def ignore(folder: Path, name: str, day: str = "2027-01-31", more: str = "") -> Path:
    file = folder / "ignore.toml"
    file.write_text(f'[[ignore]]\nid = "{name}"\nreason = "so be it"\nexpires = {day}\n{more}')
    return file


@pytest.mark.parametrize(("words", "code"), [
    ("critical", 1), ("HIGH", 1), ("low", 1), ("kev", 1), ("eol", 1), ("end-of-life", 1), ("artifact-linked", 1),
    ("build-host", 1), ("runtime,platform", 1), ("unknown", 1), ("platform", 0),
])
def test_what_fails(found: Found, words: str, code: int) -> None:
    assert scan("-f", "json", "--fail-on", words).returncode == code


def test_severities_mean_at_least() -> None:
    def ratings(*words: str) -> set[str]:
        limit = threshold(words)
        assert limit is not None
        return set(limit.ratings)

    assert ratings("high") == {"critical", "high"}
    assert ratings("critical,medium") == {"critical", "high", "medium"}
    assert ratings("kev") == set()
    assert threshold([]) is None
    assert threshold(["", " , "]) is None


def test_what_nobody_scored_is_not_taken_for_harmless(found: Found) -> None:
    done = scan("-f", "json", "--fail-on", "low")
    assert "builtby: 1 exposure (1 advisory) not scored by anybody and not counted; add 'unscored'" in done.stderr
    counted = scan("-f", "json", "--fail-on", "unscored")
    assert counted.returncode == 1
    assert "1 exposure (1 advisory) meets --fail-on unscored; the worst is GO-2024-9999" in counted.stderr
    assert "not counted" not in counted.stderr


def test_one_sentence_says_how_many_and_the_worst_after_the_results(found: Found, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = scan("-q", "-f", f"json={out}", "--fail-on", "critical", "--fail-on", "kev")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "to count them\n"
        "builtby: 5 exposures (3 advisories) meet --fail-on critical,kev; the worst is CVE-2023-44487 (high 7.5, known "
        "to be exploited) of go 1.19.8, in usr/bin/server\n")
    assert len(json.loads(out.read_text())["artifacts"]) == 6


def test_nothing_is_said_when_nothing_meets_it(found: Found) -> None:
    done = scan("-q", "-f", "json", "--fail-on", "platform")
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_come_before_what_could_not_be_read(found: Found) -> None:
    found(*RECORDS, Skipped(0, "x", "permission denied"))
    assert scan("-f", "json").returncode == 3
    assert scan("-f", "json", "--fail-on", "platform").returncode == 3
    assert scan("-f", "json", "--fail-on", "high").returncode == 1


def test_what_was_not_judged_is_not_passed(found: Found) -> None:
    found(*RECORDS, data=None)
    done = scan("-q", "-f", "json", "--fail-on", "high")
    assert done.returncode == 3
    assert "cannot be decided" in done.stderr


@pytest.mark.parametrize("words", ["severe", "high,worse", "none"])
def test_words_that_mean_nothing_are_wrong_usage(found: Found, words: str) -> None:
    done = scan("--fail-on", words)
    assert done.returncode == 2
    told = " ".join(done.stderr.replace("│", "").split())
    assert "there are: critical, high, medium, low, unscored, kev, build-host" in told


def test_accepted_does_not_fail_and_is_still_there(found: Found, tmp_path: Path) -> None:
    done = scan("-f", "json", "--fail-on", "kev", "--ignore-file", ignore(tmp_path, "CVE-2023-44487"))
    assert done.returncode == 0
    assert "builtby: 1 exposure accepted by " in done.stderr
    server = at(done, "usr/bin/server")
    assert "CVE-2023-44487" not in {one["id"] for one in server["exposures"]}
    (gone,) = [one for one in server["not_exposed"] if one["id"] == "CVE-2023-44487"]
    assert (gone["status"], gone["reason"]) == ("ignored", "accepted until 2027-01-31: so be it")


def test_expired_and_idle_entries_are_said_and_do_not_count(found: Found, tmp_path: Path) -> None:
    old = scan("-f", "json", "--fail-on", "kev", "--ignore-file", ignore(tmp_path, "CVE-2023-44487", "2026-01-01"))
    assert old.returncode == 1
    assert "expired" in scan("-q", "-f", "json", "--ignore-file", tmp_path / "ignore.toml").stderr
    assert "expired and does not count: CVE-2023-44487 until 2026-01-01" in old.stderr
    idle = scan("-f", "json", "--ignore-file", ignore(tmp_path, "CVE-1999-0001"))
    assert "1 entry of " in idle.stderr
    assert "matched nothing: CVE-1999-0001 until 2027-01-31\n" in idle.stderr


def test_today_is_that_of_source_date_epoch(found: Found, tmp_path: Path) -> None:
    file = ignore(tmp_path, "CVE-2023-44487", "2024-01-01")
    assert scan("-f", "json", "--fail-on", "kev", "--ignore-file", file).returncode == 1
    assert scan("-f", "json", "--fail-on", "kev", "--ignore-file", file, SOURCE_DATE_EPOCH="1700000000").returncode == 0


@pytest.mark.parametrize("option", ["--ignore-file", "--baseline"])
def test_bad_files_are_wrong_usage_before_anything_is_scanned(found: Found, tmp_path: Path, option: str) -> None:
    bad = tmp_path / "bad"
    bad.write_text("[[ignore]]\nid = 'CVE-1'\n")
    done = scan(option, bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"builtby: {bad}: ")
    assert scan(option, tmp_path / "none").returncode == 2


def test_only_what_is_new_counts_beside_a_baseline(found: Found, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    assert scan("-f", f"json={old}").returncode == 0
    same = scan("-f", "json", "--fail-on", "low,eol", "--baseline", old)
    assert same.returncode == 0
    assert "beside the baseline: 0 new, 0 gone, 11 the same" in same.stderr

    from msgspec.structs import replace

    first = RECORDS[0]
    assert isinstance(first, Artifact)
    found(replace(first, exposures=(*first.exposures, replace(LINKED, id="CVE-2030-1"))), *RECORDS[2:])
    grown = scan("-f", "json", "--fail-on", "low", "--baseline", old)
    assert grown.returncode == 1
    assert "beside the baseline: 1 new, 2 gone, 9 the same" in grown.stderr
    assert "1 exposure (1 advisory) meets --fail-on low; the worst is CVE-2030-1" in grown.stderr
    marked = {one["id"]: one["new"] for one in at(grown, "usr/bin/server")["exposures"]}
    assert [name for name, new in marked.items() if new] == ["CVE-2030-1"]


def test_without_a_baseline_nothing_is_called_new(found: Found) -> None:
    out = json.loads(scan("-f", "json").stdout)
    assert {one["new"] for artifact in out["artifacts"] for one in artifact["exposures"]} == {None}
    assert [Target(**target) for target in out["targets"]] == list(TARGETS)
