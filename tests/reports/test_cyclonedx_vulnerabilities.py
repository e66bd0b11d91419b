"""`vulnerabilities` in CycloneDX: each affects what the hole is in."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from builtby.reports.base import ReportOptions
from tests.reports.exposures import exposed
from tests.reports.hostile import hostile
from tests.reports.records import render

NAMES = [("cyclonedx-json", SchemaVersion.V1_6), ("cyclonedx-json@1.7", SchemaVersion.V1_7),
         ("cyclonedx-vex-json", SchemaVersion.V1_6)]


def bom(name: str = "cyclonedx-json") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(name, exposed()))
    return document


def properties(thing: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in thing["properties"]}


def named(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [entry for entry in document["vulnerabilities"] if entry["id"] == name]


@pytest.mark.parametrize(("name", "version"), NAMES)
@pytest.mark.parametrize("timestamp", [None, 1_790_000_000])
def test_it_validates(name: str, version: SchemaVersion, timestamp: int | None) -> None:
    raw = render(name, exposed(), ReportOptions(timestamp=timestamp)).decode()
    assert JsonStrictValidator(version).validate_str(raw) is None


@pytest.mark.parametrize(("name", "version"), NAMES)
def test_nothing_and_hostile_words_validate(name: str, version: SchemaVersion) -> None:
    assert JsonStrictValidator(version).validate_str(render(name, exposed((), ())).decode()) is None
    assert JsonStrictValidator(version).validate_str(render(name, hostile()).decode()) is None


def test_every_reference_is_there() -> None:
    document = bom()
    refs = {component["bom-ref"] for component in document["components"]}
    refs |= {tool["bom-ref"] for tool in document["formulation"][0]["components"]}
    assert {affected["ref"] for entry in document["vulnerabilities"] for affected in entry["affects"]} <= refs


def test_a_builders_hole_affects_the_tool_in_the_formulation_only() -> None:
    document = bom()
    (entry,) = named(document, "CVE-2023-29402")
    (affected,) = entry["affects"]
    (tool,) = (t for t in document["formulation"][0]["components"] if t["bom-ref"] == affected["ref"])
    assert (tool["name"], tool["version"], tool["scope"]) == ("go", "1.19.8", "excluded")
    assert properties(entry)["builtby:action"] == "update-builder"


def test_linked_code_affects_the_artifact_and_its_absence_is_said() -> None:
    document = bom()
    names = {component["bom-ref"]: component["name"] for component in document["components"]}
    spared, hit = named(document, "CVE-2023-44487")
    assert [names[affected["ref"]] for affected in hit["affects"]] == ["/srv/app:usr/bin/server"]
    assert [names[affected["ref"]] for affected in spared["affects"]] == ["/srv/app:usr/bin/hello"]
    assert hit["analysis"] == {"state": "exploitable", "response": ["update"],
                               "detail": "vulnerable library code of the tool is inside"}
    assert (spared["analysis"]["state"], spared["analysis"]["justification"]) == ("not_affected", "code_not_present")
    assert properties(hit)["builtby:kev"] == "yes"


@pytest.mark.parametrize(("name", "method"), [
    ("CVE-2023-29402", "CVSSv31"), ("CVE-2023-29403", "CVSSv3"), ("CVE-2022-27943", "CVSSv2")])
def test_the_method_is_that_of_the_vector(name: str, method: str) -> None:
    assert {rating["method"] for entry in named(bom(), name) for rating in entry["ratings"]} == {method}


def test_states_follow_the_status() -> None:
    states = {entry["id"]: entry["analysis"]["state"] for entry in bom()["vulnerabilities"]}
    assert (states["CVE-2022-27943"], states["CVE-2023-4039"]) == ("resolved", "in_triage")
    assert states["GO-2024-9999"] == "in_triage"
    assert not any(name.startswith("EOL") for name in states)


def test_a_vex_links_to_the_bill_of_the_same_scan() -> None:
    document, vex = bom(), bom("cyclonedx-vex-json")
    start = f"urn:cdx:{document['serialNumber'].removeprefix('urn:uuid:')}/1#"
    links = [a["ref"] for entry in vex["vulnerabilities"] for a in entry["affects"]]
    assert all(link.startswith(start) for link in links)
    plain = [a["ref"] for entry in document["vulnerabilities"] for a in entry["affects"]]
    assert [link.removeprefix(start) for link in links] == plain


def test_of_one_advisory_the_gravest_comes_last() -> None:
    assert [entry["analysis"]["state"] for entry in named(bom(), "CVE-2023-4039")] == ["not_affected", "in_triage"]
