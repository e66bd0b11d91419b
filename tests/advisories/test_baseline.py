"""What is new beside an earlier result."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from builtby.advisories.baseline import Baseline, BaselineError, load
from builtby.model import Artifact, Present, Record, Skipped
from tests.reports.exposures import BUILD_HOST, DATA, EXPLOITED, GO, LINKED, NODE, exposed
from tests.reports.records import artifact, render

SERVER = artifact(1, "usr/bin/server", GO, exposures=(LINKED, BUILD_HOST))


def baseline(tmp_path: Path, *records: Record, judged: bool = True) -> Baseline:
    file = tmp_path / "old.json"
    file.write_bytes(render("json", exposed(records, data=DATA if judged else None)))
    return load(file)


def news(record: Record) -> list[bool | None]:
    assert isinstance(record, Artifact | Present)
    return [exposure.new for exposure in record.exposures]


def test_the_same_path_tool_and_advisory_is_known_whatever_the_bytes_are(tmp_path: Path) -> None:
    old = baseline(tmp_path, SERVER, NODE)
    rebuilt = replace(SERVER, sha256="f" * 64, exposures=(EXPLOITED, replace(LINKED, version="1.19.9"), BUILD_HOST))
    assert news(old.apply(rebuilt)) == [True, False, False]
    assert news(old.apply(NODE)) == [False]
    assert old.gone == 0


def test_another_path_or_tool_is_new_and_what_is_not_met_is_gone(tmp_path: Path) -> None:
    old = baseline(tmp_path, SERVER)
    assert news(old.apply(replace(SERVER, path="usr/bin/other"))) == [True, True]
    assert news(old.apply(replace(SERVER, exposures=(replace(LINKED, tool="gcc"), BUILD_HOST)))) == [True, False]
    assert old.gone == 1


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    old = baseline(tmp_path, SERVER)
    clean = artifact(2, "x")
    skipped = Skipped(0, "x", "why")
    assert old.apply(clean) is clean
    assert old.apply(skipped) is skipped


def test_a_baseline_that_was_not_judged_says_so(tmp_path: Path) -> None:
    assert baseline(tmp_path, SERVER).judged
    assert not baseline(tmp_path, judged=False).judged


def test_a_result_from_before_there_were_exposures_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    old = {"schema": "builtby/scan/1", "artifacts": [{"path": "x", "built_by": []}], "present": []}
    file.write_text(json.dumps(old))
    assert not load(file).judged


@pytest.mark.parametrize(("text", "told"), [
    ("", "not a result"), ("[]", "not a result"), ('{"schema": "builtby/scan/1"}', "artifacts"),
    ('{"schema": "other/9", "artifacts": [], "present": []}', "'other/9'"), ("[" * 100_000, "not a result"),
    ('{"schema": "builtby/scan/1", "artifacts": [{"path": 3}], "present": []}', "artifacts"),
])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "old.json"
    file.write_text(text)
    with pytest.raises(BaselineError, match=r"old\.json") as error:
        load(file)
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="No such file"):
        load(tmp_path / "none.json")
