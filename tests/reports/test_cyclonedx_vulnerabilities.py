"""`vulnerabilities` in CycloneDX: each affects what the hole is in."""

import json
from typing import Any

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from builtby.model import Action, Artifact, Exposure, ExposureStatus
from builtby.reports.base import ReportOptions
from tests.reports.exposures import BUILD_HOST, GO, LINKED, NOT_LINKED, exposed
from tests.reports.hostile import hostile
from tests.reports.records import artifact, render

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


def inside(*exposures: Exposure, settled: tuple[Exposure, ...] = ()) -> Artifact:
    """A Go program, which holds Go's library."""
    return artifact(1, "usr/bin/server", GO, exposures=exposures, not_exposed=settled, facts={"go.table": "1.18"})


def states(document: dict[str, Any], name: str, ref: str = "library:go@1.19.8") -> list[str]:
    """What is said of an advisory for a component, in the order in which scanners read it."""
    return [entry["analysis"]["state"] for entry in named(document, name)
            if {"ref": ref} in entry["affects"]]


@pytest.mark.parametrize(("name", "version"), NAMES[:2])
def test_gos_library_is_shipped_under_the_name_that_scanners_know(name: str, version: SchemaVersion) -> None:
    raw = render(name, exposed((inside(LINKED),)))
    assert JsonStrictValidator(version).validate_str(raw.decode()) is None
    document = json.loads(raw)
    (library,) = (one for one in document["components"] if one["type"] == "library")
    assert (library["purl"], library["scope"]) == ("pkg:golang/stdlib@v1.19.8", "required")
    assert document["dependencies"][0]["dependsOn"] == [library["bom-ref"]]


def test_of_gos_library_only_what_is_linked_is_exploitable() -> None:
    document = bom_of(inside(LINKED, BUILD_HOST, settled=(NOT_LINKED,)))
    assert states(document, LINKED.id) == ["exploitable"]
    assert states(document, BUILD_HOST.id) == ["not_affected"]
    said = [entry["analysis"]["state"] for entry in named(document, BUILD_HOST.id)]
    assert said == ["exploitable", "not_affected"], "trivy goes by the last"
    assert states(document, NOT_LINKED.id) == ["not_affected"]


def test_the_library_of_several_programs_is_as_bad_as_in_the_worst_of_them() -> None:
    other = msgspec.structs.replace(inside(settled=(msgspec.structs.replace(
        LINKED, status=ExposureStatus.NOT_LINKED, action=Action.NONE),)), path="usr/bin/other")
    assert states(bom_of(inside(LINKED), other), LINKED.id) == ["not_affected", "exploitable"]


def bom_of(*records: Artifact) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render("cyclonedx-json", exposed(records)))
    return document
