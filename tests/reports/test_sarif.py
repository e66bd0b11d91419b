"""`sarif`: what code scanning takes, and what a person reads there."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace

from builtby.model import ExposureStatus, Skipped
from builtby.reports import sarif
from builtby.reports.base import ReportOptions
from tests import official
from tests.reports.exposures import (
    BUILD_HOST,
    CODEGEN,
    DATA,
    EXPLOITED,
    GO,
    LINKED,
    NOT_LINKED,
    OLD,
    RECORDS,
    TARGETS,
    UNSCORED,
    exposed,
)
from tests.reports.records import artifact, render, results

CODE_SCANNING = json.loads(Path(__file__).with_name("schemas").joinpath("code-scanning.json").read_text("utf-8"))
OPTIONS = ReportOptions(timestamp=1_790_000_000)


def log(gathered: Any = None) -> dict[str, Any]:  # noqa: ANN401
    document: dict[str, Any] = json.loads(render("sarif", gathered or exposed(), OPTIONS))
    return document


def run(gathered: Any = None) -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = log(gathered)["runs"][0]
    return found


@pytest.mark.parametrize("gathered", [exposed(), exposed((), ()), exposed(RECORDS, data=None), results()])
def test_it_validates(gathered: Any) -> None:  # noqa: ANN401
    official.validate("sarif", log(gathered))
    jsonschema.Draft202012Validator(CODE_SCANNING).validate(log(gathered))


def test_the_worst_comes_first_and_what_is_not_exposed_is_left_out() -> None:
    found = [(result["ruleId"], result["level"]) for result in run()["results"]]
    assert found[:3] == [("CVE-2023-44487", "error"), ("CVE-2023-24540", "error"), ("CVE-2024-22019", "error")]
    assert "CVE-2023-29403" not in dict(found)
    assert len(found) == 11


def test_what_is_accepted_is_suppressed_and_comes_last() -> None:
    accepted = replace(EXPLOITED, status=ExposureStatus.IGNORED, reason="accepted until 2027-01-31: not reachable")
    gathered = exposed((artifact(1, "a", GO, target=1, not_exposed=(accepted, NOT_LINKED)),
                        artifact(2, "b", GO, exposures=(UNSCORED,))))
    official.validate("sarif", log(gathered))
    assert [(one["ruleId"], one["suppressions"]) for one in run(gathered)["results"]] == [
        (UNSCORED.id, []), (EXPLOITED.id, [{"kind": "external", "status": "accepted",
                                            "justification": "accepted until 2027-01-31: not reachable"}])]
    assert "suppressions" not in run()["results"][0]


def test_one_rule_an_advisory_with_what_to_do() -> None:
    rules = run()["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == 7
    rule = next(rule for rule in rules if rule["id"] == "CVE-2023-44487")
    assert "Update go to 1.20.10 or 1.21.3, then rebuild" in rule["help"]["text"]
    assert rule["properties"]["security-severity"] == "7.5"
    assert {"known-exploited", "artifact-linked"} <= set(rule["properties"]["tags"])
    assert "security-severity" not in next(r for r in rules if r["id"] == UNSCORED.id)["properties"]


def test_results_point_at_their_rule() -> None:
    found = run()
    assert all(found["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in found["results"])


def test_messages_are_sentences() -> None:
    messages = {r["ruleId"]: r["message"]["text"] for r in run()["results"]}
    assert messages["CVE-2023-29402"] == (
        "go 1.19.8 built this and has CVE-2023-29402 (critical 9.8): the machine that ran the tool was exposed. "
        "Update go to 1.19.10 or 1.20.5 on the machines that build; nothing in the artifact needs to change.")
    assert "Unverified: vendor-patched: unverified." in messages["CVE-2023-4039"]
    assert messages["EOL-go-1.19"].startswith("go 1.19.8 built this, and nobody patches it any more. Move to")
    assert messages["CVE-2024-22019"].startswith("node 18.19.0 is installed here")


def test_paths_are_relative_and_encoded_and_members_are_logical() -> None:
    places = [result["locations"][0] for result in run()["results"]]
    uris = {place["physicalLocation"]["artifactLocation"]["uri"] for place in places}
    assert "opt/%C3%BCn%C3%AF%20code/lib%20x.so" in uris
    member = next(place for place in places if "logicalLocations" in place)
    assert member["physicalLocation"]["artifactLocation"] == {"uri": "opt/dist.tar.gz", "uriBaseId": "TARGET1"}
    assert member["logicalLocations"][0]["name"] == "tool"


def test_fingerprints_outlive_a_change_of_the_bytes_and_of_the_data() -> None:
    def prints(number: int, **more: object) -> list[str]:
        gathered = exposed((artifact(number, "bin/x", GO, exposures=(replace(LINKED, **more),)),), TARGETS[:1])
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run(gathered)["results"]]

    assert prints(1) == prints(2, severity=5.0, rating="medium", fixed_in=("2",))
    assert prints(1) != prints(1, id="CVE-1")


def test_known_exploited_is_an_error_and_no_support_a_warning() -> None:
    assert sarif.level(replace(EXPLOITED, rating="low")) == "error"
    assert [sarif.level(one) for one in (OLD, CODEGEN, UNSCORED, BUILD_HOST)] == ["warning", "warning", "note", "error"]


def test_beyond_the_limit_the_worst_are_kept_and_it_is_said() -> None:
    stream = io.BytesIO()
    sarif.write(exposed(), stream, OPTIONS, most=5)
    found = json.loads(stream.getvalue())["runs"][0]
    assert [result["ruleId"] for result in found["results"]] == [r["ruleId"] for r in run()["results"]][:5]
    assert len(found["tool"]["driver"]["rules"]) == len({result["ruleId"] for result in found["results"]})
    assert found["invocations"][0]["toolExecutionNotifications"][0] == {"level": "error", "message": {
        "text": "6 of 11 results were left out, the least pressing: code scanning takes 5."}}


def test_data_and_gaps_are_told() -> None:
    invocation = run(exposed((*RECORDS, Skipped(0, "x", "permission denied"))))["invocations"][0]
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert texts[0] == f"Advisory data: embedded, {DATA.records} records, of 2026-08-23."
    assert texts[1].endswith("ld, maturin")
    assert texts[2].startswith("1 files were not")
