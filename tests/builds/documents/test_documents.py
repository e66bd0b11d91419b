"""Documents of a record: valid by the official schemas, each thing in its place, the same bytes each time."""

import io
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model.bindings import v3_0_1 as spdx

from builtby.builds.documents.registry import all_documents
from builtby.builds.model import Record
from builtby.builds.provenance import provenance
from tests.builds.documents.builds import CC1, EMPTY, build, digest


def made(name: str, record: Record) -> bytes:
    return b"".join(all_documents()[name].write(record))


def read(name: str, record: Record | None = None) -> Any:  # noqa: ANN401  # JSON
    return json.loads(made(name, record or build()))


def properties(thing: dict[str, Any]) -> dict[str, str]:
    return {one["name"].removeprefix("builtby:"): one["value"] for one in thing["properties"]}


@pytest.mark.parametrize("name", all_documents())
@pytest.mark.parametrize("record", [build(), EMPTY], ids=["build", "empty"])
def test_the_same_record_gives_the_same_bytes(name: str, record: Record) -> None:
    assert made(name, record) == made(name, record) != b""


@pytest.mark.parametrize("record", [build(), EMPTY], ids=["build", "empty"])
def test_cyclonedx_is_valid(record: Record) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made("cyclonedx-json", record).decode()) is None


def test_cyclonedx_has_tools_recorded_and_excluded() -> None:
    document = read("cyclonedx-json")
    (formula,) = document["formulation"]
    by_name = {one["name"]: one for one in formula["components"]}
    gcc = by_name["gcc"]
    assert (gcc["version"], gcc["scope"], gcc["purl"]) == ("12.2.0", "excluded", "pkg:generic/gcc@12.2.0")
    assert gcc["cpe"].startswith("cpe:2.3:a:gnu:gcc:12.2.0:")
    assert gcc["evidence"]["identity"][0]["methods"][0]["technique"] == "dynamic-analysis"
    assert gcc["evidence"]["occurrences"] == [{"location": CC1}]
    assert properties(gcc) == {
        "relation": "built-by", "claim": "recorded", "role": "compiler", "as-packaged": "false"}
    assert properties(by_name["app.c"])["claim"] == "recorded"
    assert [one["name"] for one in document["components"]] == ["app", "app.o"]
    assert [one["name"] for one in document["metadata"]["tools"]["components"]] == ["builtby"]
    assert "app" not in by_name, "what the build made itself is no tool of it"


def test_cyclonedx_flow_refers_to_what_is_there() -> None:
    document = read("cyclonedx-json")
    (formula,) = document["formulation"]
    known = {one["bom-ref"] for one in (*formula["components"], *document["components"])}
    (workflow,) = formula["workflows"]
    tasks = {one["name"]: one for one in workflow["tasks"]}
    used = [ref["resource"]["ref"] for task in workflow["tasks"]
            for ref in (*task.get("inputs", ()), *task.get("outputs", ()))]
    used += [ref["ref"] for task in workflow["tasks"] for ref in task.get("resourceReferences", ())]
    assert set(used) <= known
    assert len(tasks["cc1"]["inputs"]) == 2
    assert tasks["cc1"]["steps"][0]["commands"][0]["executed"].startswith(CC1)
    assert len(tasks["ld.bfd"]["outputs"]) == 2
    assert (workflow["timeStart"], workflow["timeEnd"]) == ("2026-01-31T12:00:00Z", "2026-01-31T12:00:02Z")


def loaded(record: Record) -> Any:  # noqa: ANN401  # the bindings are made at run time
    objects = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(made("spdx-json", record)), objects)
    assert objects.missing_ids == set()
    spdx.JSONLDSerializer().write(objects, io.BytesIO())  # checks what must be there
    return objects


def test_spdx_is_valid_and_its_build_uses_tools() -> None:
    objects = loaded(build())
    relations = {one.relationshipType.rpartition("/")[2]: one
                 for one in objects.foreach_type(spdx.LifecycleScopedRelationship)}
    assert {(one.name, one.software_packageVersion) for one in relations["usesTool"].to} == {
        ("make", "4.3"), ("gcc", "12.2.0"), ("ld", "2.40"), ("dash", None)}
    assert sorted(one.name for one in relations["hasInput"].to) == ["/usr/include/stdio.h", "app.c"]
    assert sorted(one.name for one in relations["hasOutput"].to) == ["app", "app.o"]
    assert all(one.scope.endswith("build") for one in relations.values())
    (made_so,) = objects.foreach_type(spdx.build_Build)
    assert {entry.key: entry.value for entry in made_so.build_environment} == {"CFLAGS": "-O2", "PATH": "/usr/bin"}


def test_spdx_of_an_empty_record_is_valid_and_says_what_was_not_seen() -> None:
    (note,) = loaded(EMPTY).foreach_type(spdx.Annotation)
    assert note.statement == "not observed: everything"


def test_provenance_and_trace_speak_of_the_same_build() -> None:
    statement, trace = provenance(build()), read("runtime-trace")
    run = statement["predicate"]["runDetails"]["metadata"]
    assert trace["predicate"]["monitoredProcess"]["event"] == run["invocationId"]
    assert run["finishedOn"] == trace["predicate"]["metadata"]["buildFinishedOn"] == "2026-01-31T12:00:02Z"
    assert trace["subject"] == statement["subject"] == [
        {"name": "app", "digest": {"sha256": digest(5)}}, {"name": "app.o", "digest": {"sha256": digest(4)}}]
    assert read("slsa") == statement


def test_provenance_lists_compilers_as_dependencies() -> None:
    found = {one["name"]: one for one in provenance(build())["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert found["cc1"]["uri"] == "pkg:generic/gcc@12.2.0"
    assert found["cc1"]["annotations"]["asPackaged"] is False
    assert found["app.c"]["digest"] == {"sha256": digest(1)}
    assert "app" not in found


def test_runtime_trace_has_what_the_predicate_asks_for() -> None:
    trace = read("runtime-trace")
    assert trace["predicateType"] == "https://in-toto.io/attestation/runtime-trace/v0.1"
    predicate = trace["predicate"]
    assert {"type", "tracePolicy"} <= predicate["monitor"].keys()
    assert {"hostID", "type", "event"} == predicate["monitoredProcess"].keys()
    log = predicate["monitorLog"]
    assert [one["id"] for one in log["process"]] == [1, 2, 3, 4, 5, 6]
    assert log["network"][0] == {
        "ip": "192.0.2.7", "hostname": "files.example.org", "port": 443, "protocol": "tcp", "kind": "connect",
        "hostnameClaim": "inferred", "allowed": True, "times": 3, "invokingProcess": {"id": 2}}
    assert log["network"][2]["socket"] == "/run/nscd/socket"
    assert {"name": "/src/app/app.c", "uri": "file:///src/app/app.c", "digest": {"sha256": digest(1)},
            "annotations": {"access": "read", "times": 1}} in log["fileAccess"]
    assert predicate["monitor"]["tracePolicy"]["unobserved"] == ["what daemons do"]
