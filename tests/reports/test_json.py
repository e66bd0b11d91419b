"""`json`: the contract, as published."""

import json
from importlib import resources

import jsonschema
import pytest

from builtby.reports.base import ReportOptions
from builtby.reports.registry import all_reports
from builtby.reports.scan_json import json_schema
from tests.reports.exposures import RECORDS as EXPOSED
from tests.reports.exposures import exposed
from tests.reports.records import RECORDS, render, results


def published() -> dict[str, object]:
    raw = resources.files("builtby.schemas").joinpath("scan-1.schema.json").read_text("utf-8")
    schema: dict[str, object] = json.loads(raw)
    return schema


def test_it_validates_against_the_published_schema() -> None:
    jsonschema.Draft202012Validator(published()).validate(json.loads(render("json")))


def test_the_published_schema_is_the_types() -> None:
    assert published() == json.loads(json.dumps(json_schema())), "run `make generate`"


@pytest.mark.parametrize("break_it", [
    lambda d: d.pop("skipped"), lambda d: d["artifacts"][0].pop("sha256"),
    lambda d: d["artifacts"][0].update(size="big"), lambda d: d.update(schema="builtby/scan/2"),
])
def test_the_schema_refuses_what_breaks_the_contract(break_it: object) -> None:
    document = json.loads(render("json"))
    break_it(document)  # type: ignore[operator]  # one of the lambdas above
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(published()).validate(document)


def test_fields_of_the_contract() -> None:
    document = json.loads(render("json"))
    assert list(document) == ["schema", "targets", "artifacts", "present", "skipped", "advisories"]
    assert document["targets"][0] == {"ref": "/srv/app", "kind": "directory", "digest": None}
    app = next(a for a in document["artifacts"] if a["path"] == "usr/bin/app")
    assert app["layer"] is None
    assert app["package"] == "pkg:deb/debian/app@1.0-1"
    gcc = app["built_by"][0]
    assert (gcc["tool"], gcc["version"], gcc["role"], gcc["claim"]) == ("gcc", "12.2.0", "compiler", "observed")
    assert gcc["marks"][0]["offset"] == 12345
    assert document["skipped"][0]["reason"] == "permission denied"


def test_one_artifact_a_line() -> None:
    assert sum(line.startswith(b'{"target"') and b'"sha256"' in line for line in render("json").splitlines()) == 6


def test_an_empty_scan_is_valid() -> None:
    document = json.loads(render("json", results((), ())))
    jsonschema.Draft202012Validator(published()).validate(document)
    assert document["artifacts"] == []


@pytest.mark.parametrize("name", [report.name for report in all_reports()])
def test_two_runs_give_the_same_bytes(name: str) -> None:
    options = ReportOptions(timestamp=1_790_000_000)
    with exposed(EXPOSED[::-1] + RECORDS[::-1], buffer=700) as other_order:
        assert render(name, exposed(RECORDS + EXPOSED), options) == render(name, other_order, options)
