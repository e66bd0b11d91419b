"""`spdx-json`: read back by the official model's bindings, which refuse what the model does not allow."""

import io
import json
from typing import Any

import pytest
from spdx_python_model.bindings import v3_0_1 as spdx

from builtby.reports.base import ReportOptions
from tests import official
from tests.reports.exposures import exposed
from tests.reports.records import render, results


def read(raw: bytes) -> Any:  # noqa: ANN401  # the bindings are made at run time
    objects = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(raw), objects)
    return objects


def named(objects: Any, kind: Any, name: str) -> Any:  # noqa: ANN401
    return next(thing for thing in objects.foreach_type(kind) if thing.name == name)


@pytest.mark.parametrize("raw", [render("spdx-json"), render("spdx-json", results((), ()))])
def test_the_model_accepts_it_and_writes_it_again(raw: bytes) -> None:
    objects = read(raw)
    assert objects.missing_ids == set()
    out = io.BytesIO()
    spdx.JSONLDSerializer().write(objects, out)  # checks what must be there
    assert len(json.loads(out.getvalue())["@graph"]) > 1


@pytest.mark.parametrize("raw", [render("spdx-json"), render("spdx-json", results((), ())),
                                 render("spdx-json", exposed())])
def test_it_validates(raw: bytes) -> None:
    official.validate("spdx", json.loads(raw))


def test_a_build_uses_the_tool_and_has_the_artifact_as_its_output() -> None:
    objects = read(render("spdx-json"))
    app = named(objects, spdx.software_File, "/srv/app:usr/bin/app")
    gcc = {p._id for p in objects.foreach_type(spdx.software_Package)
           if p.name == "gcc" and p.software_packageVersion == "12.2.0"}
    relations = list(objects.foreach_type(spdx.LifecycleScopedRelationship))
    output = next(r for r in relations if r.relationshipType.endswith("hasOutput") and r.to[0] is app)
    uses = [r for r in relations if r.relationshipType.endswith("usesTool") and r.from_ is output.from_]
    assert len(uses) == 2
    assert {r.to[0]._id for r in uses} & gcc
    assert all(r.scope.endswith("build") for r in uses)
    assert any("claim" not in r.comment and "observed" in r.comment and "elf.comment" in r.comment for r in uses)
    assert output.from_.build_parameter[0].value == "-O2 -g"


def test_what_was_left_inside_is_a_static_link() -> None:
    objects = read(render("spdx-json"))
    links = [r for r in objects.foreach_type(spdx.LifecycleScopedRelationship)
             if r.relationshipType.endswith("hasStaticLink")]
    assert [(r.from_.name, r.to[0].software_packageVersion) for r in links] == [("image.tar:usr/bin/rg", "8.5.0")]


def test_unknown_and_skipped_are_said() -> None:
    objects = read(render("spdx-json"))
    assert "not marked" in named(objects, spdx.software_File, "/srv/app:lib/naïve\\xff.so").comment
    assert sorted(note.statement for note in objects.foreach_type(spdx.Annotation)) == [
        "not scanned: layer/a.tar.gz: truncated after 12 bytes", "not scanned: usr/bin/secret: permission denied"]


def test_time_comes_from_the_caller() -> None:
    told = json.loads(render("spdx-json", options=ReportOptions(timestamp=1_700_000_000)))
    assert told["@graph"][0]["created"] == "2023-11-14T22:13:20Z"
    assert json.loads(render("spdx-json"))["@graph"][0]["created"] == "1970-01-01T00:00:00Z"


def test_names_are_unique() -> None:
    ids = [element.get("spdxId") for element in json.loads(render("spdx-json"))["@graph"]]
    assert len(ids) == len(set(ids))


def test_exposures_are_the_security_profile() -> None:
    objects = read(render("spdx-json", exposed()))
    assert objects.missing_ids == set()
    spdx.JSONLDSerializer().write(objects, io.BytesIO())
    document = next(iter(objects.foreach_type(spdx.SpdxDocument)))
    assert any(profile.endswith("security") for profile in document.profileConformance)
    hole = named(objects, spdx.security_Vulnerability, "CVE-2023-44487")
    hit = [r for r in objects.foreach_type(spdx.security_VexAffectedVulnAssessmentRelationship) if r.from_ is hole]
    assert [thing.name for r in hit for thing in r.to] == ["/srv/app:usr/bin/server"]
    assert hit[0].security_actionStatement.startswith("Update go to 1.20.10")
    spared = [r for r in objects.foreach_type(spdx.security_VexNotAffectedVulnAssessmentRelationship)
              if r.from_ is hole]
    assert [thing.name for r in spared for thing in r.to] == ["/srv/app:usr/bin/hello"]
    score = next(r for r in objects.foreach_type(spdx.security_CvssV3VulnAssessmentRelationship) if r.from_ is hole)
    assert (score.security_score, score.security_severity.rpartition("/")[2]) == (7.5, "high")


def test_a_builders_hole_affects_the_package_of_the_tool() -> None:
    objects = read(render("spdx-json", exposed()))
    hole = named(objects, spdx.security_Vulnerability, "CVE-2023-29402")
    (hit,) = [r for r in objects.foreach_type(spdx.security_VexAffectedVulnAssessmentRelationship) if r.from_ is hole]
    assert [(tool.name, tool.software_packageVersion) for tool in hit.to] == [("go", "1.19.8")]


def test_without_exposures_there_is_no_security_profile() -> None:
    assert b'"security' not in render("spdx-json")
