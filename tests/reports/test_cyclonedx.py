"""`cyclonedx-json`: valid by the official schema, and each thing in the place that the standard gives it."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from builtby.reports.base import ReportOptions
from tests.reports.records import RECORDS, TARGETS, render, results

VERSIONS = [("cyclonedx-json", SchemaVersion.V1_6), ("cyclonedx-json@1.7", SchemaVersion.V1_7)]


def bom(name: str = "cyclonedx-json", timestamp: int | None = None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(name, options=ReportOptions(timestamp=timestamp)))
    return document


def properties(thing: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in thing["properties"]}


@pytest.mark.parametrize(("name", "version"), VERSIONS)
@pytest.mark.parametrize("timestamp", [None, 1_700_000_000])
def test_it_validates(name: str, version: SchemaVersion, timestamp: int | None) -> None:
    raw = render(name, options=ReportOptions(timestamp=timestamp)).decode()
    assert JsonStrictValidator(version).validate_str(raw) is None


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_an_empty_scan_validates(name: str, version: SchemaVersion) -> None:
    assert JsonStrictValidator(version).validate_str(render(name, results((), ())).decode()) is None


def test_the_compiler_stands_in_the_formulation_with_its_evidence() -> None:
    tools = bom()["formulation"][0]["components"]
    gcc = next(t for t in tools if t["name"] == "gcc" and properties(t)["builtby:claim"] == "observed")
    assert gcc["scope"] == "excluded"
    assert gcc["purl"] == "pkg:generic/gcc@12.2.0"
    assert gcc["cpe"].startswith("cpe:2.3:a:gnu:gcc:12.2.0:")
    method = gcc["evidence"]["identity"][0]["methods"][0]
    assert (method["technique"], method["value"]) == (
        "binary-analysis", "elf.comment: GCC: (Debian 12.2.0-14+deb12u1) 12.2.0")
    assert gcc["evidence"]["occurrences"] == [
        {"location": "/srv/app:usr/bin/app", "offset": 12345, "additionalContext": "elf.comment"}]


def test_metadata_tools_is_builtby_and_never_the_compiler() -> None:
    assert [tool["name"] for tool in bom()["metadata"]["tools"]["components"]] == ["builtby"]


def test_claims_are_never_mixed() -> None:
    tools = bom()["formulation"][0]["components"]
    assert [properties(t)["builtby:claim"] for t in tools if t["name"] == "gcc"] == ["declared", "observed"]


def test_what_was_left_inside_is_required_and_depended_on() -> None:
    document = bom()
    runtime = next(c for c in document["components"] if c.get("scope") == "required")
    assert (runtime["version"], runtime["description"]) == ("8.5.0", "crt and libgcc")
    rg = next(c for c in document["components"] if c["name"] == "image.tar:usr/bin/rg")
    assert {"ref": rg["bom-ref"], "dependsOn": [runtime["bom-ref"]]} in document["dependencies"]


def test_installed_tools_stand_apart_from_those_that_built() -> None:
    document = bom()
    present = [c for c in document["components"] if properties(c)["builtby:relation"] == "present"]
    assert {c["name"] for c in present} == {"gcc", "python"}
    assert all("scope" not in c for c in present)


def test_every_artifact_links_to_a_formula_that_is_there() -> None:
    document = bom()
    serial = document["serialNumber"].removeprefix("urn:uuid:")
    formulas = {f["bom-ref"]: f for f in document["formulation"]}
    app = next(c for c in document["components"] if c["name"] == "/srv/app:usr/bin/app")
    link, ref = app["externalReferences"][0]["url"].split("#")
    assert link == f"urn:cdx:{serial}/1"
    used = formulas[ref]["workflows"][0]["tasks"][0]["resourceReferences"]
    assert [u["ref"].split(":")[0:2] for u in used] == [["compiler", "gcc@12.2.0"], ["linker", "ld"]]
    tools = {t["bom-ref"] for t in formulas["formula:tools"]["components"]}
    assert {u["ref"] for u in used} <= tools


def test_unknown_is_said() -> None:
    document = bom()
    bare = next(c for c in document["components"] if "naïve" in c["name"])
    assert properties(bare)["builtby:built-by"] == "not marked"
    assert document["compositions"] == [{"aggregate": "incomplete"}]
    assert {"name": "builtby:skipped", "value": "/srv/app:usr/bin/secret: permission denied"} in document["properties"]


def test_references_are_unique() -> None:
    refs: list[str] = []

    def walk(thing: object) -> None:
        if isinstance(thing, dict):
            refs.extend(value for key, value in thing.items() if key == "bom-ref")
            for value in thing.values():
                walk(value)
        elif isinstance(thing, list):
            for value in thing:
                walk(value)

    walk(bom("cyclonedx-json@1.7"))
    assert len(refs) == len(set(refs))


def test_time_comes_from_the_caller_only() -> None:
    assert "timestamp" not in bom()["metadata"]
    assert bom(timestamp=0)["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"


def test_one_target_is_what_the_bom_describes() -> None:
    records = tuple(r for r in RECORDS if r.target == 0)
    document = json.loads(render("cyclonedx-json", results(records, TARGETS[:1])))
    assert document["metadata"]["component"]["name"] == "/srv/app"


def test_citations_point_at_the_tools_of_each_claim() -> None:
    document = bom("cyclonedx-json@1.7")
    tools = document["formulation"][0]["components"]
    for citation in document["citations"]:
        claim = citation["bom-ref"].removeprefix("citation:")
        for pointer in citation["pointers"]:
            assert properties(tools[int(pointer.rsplit("/", 1)[1])])["builtby:claim"] == claim
    go = next(t for t in tools if t["name"] == "go")
    assert go["versionRange"] == "vers:generic/>=1.13|<1.18"
