"""`builtby schema`: the published contracts are the types that are written, and what is written fits them."""

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from typer.testing import CliRunner

from builtby.builds.diff.compare import diff
from builtby.cli.app import app
from builtby.cli.schema import Name
from builtby.schemas.contracts import CONTRACTS, json_schema
from tests.builds.documents.builds import EMPTY, build
from tests.builds.documents.large import hostile

SOURCES = Path(__file__).parents[1] / "fixtures" / "sources"


def published(name: str) -> Any:  # noqa: ANN401  # JSON
    return json.loads(resources.files("builtby.schemas").joinpath(f"{name}-1.schema.json").read_text("utf-8"))


def validate(name: str, document: object) -> None:
    jsonschema.Draft202012Validator(published(name)).validate(document)


def test_every_contract_can_be_printed() -> None:
    assert {name.value for name in Name} == {"scan", *CONTRACTS}
    for name in Name:
        result = CliRunner().invoke(app, ["schema", name.value])
        assert (result.exit_code, json.loads(result.output)) == (0, published(name.value))


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_published_schema_is_the_types(name: str) -> None:
    schema = json_schema(CONTRACTS[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert published(name) == json.loads(json.dumps(schema)), "run `make generate`"


@pytest.mark.parametrize("record", [build(), EMPTY, hostile()], ids=["build", "empty", "hostile"])
def test_records_fit(record: object) -> None:
    validate("record", json.loads(msgspec.json.encode(record)))


def test_comparisons_fit() -> None:
    validate("record-diff", json.loads(msgspec.json.encode(diff(build(), hostile()))))


@pytest.mark.parametrize("break_it", [
    lambda d: d.pop("processes"), lambda d: d["processes"][0].pop("argv"), lambda d: d["files"][0].update(size="big"),
    lambda d: d.update(schema="builtby/record/2"),
])
def test_a_broken_record_does_not(break_it: object) -> None:
    document = json.loads(msgspec.json.encode(build()))
    break_it(document)  # type: ignore[operator]  # one of the lambdas above
    with pytest.raises(jsonschema.ValidationError):
        validate("record", document)


def printed(*words: str) -> object:
    result = CliRunner().invoke(app, [*words, "-f", "json"])
    assert result.exit_code in (0, 1, 3), result.output
    return json.loads(result.stdout)


def test_a_check_of_sources_fits() -> None:
    for name in ("clang.o", "gcc.o"):
        validate("verify-sources", printed("verify-sources", str(SOURCES / name), str(SOURCES / "checkout")))


def test_an_audit_fits(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "app", "scripts": {"postinstall": "node build.js"}}')
    (tmp_path / "requirements.txt").write_text("requests\n--extra-index-url http://example.org/simple\n")
    document = printed("audit", str(tmp_path))
    assert isinstance(document, dict)
    assert document["dependencies"]
    validate("audit", document)


@pytest.mark.skipif(sys.platform != "linux", reason="toolchains and hosts are looked at on Linux")
def test_a_toolchain_and_a_host_fit(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=debian\n")
    validate("toolchain", printed("toolchain", "verify", "--root", str(tmp_path)))
    validate("host", printed("host", "check", "--root", str(tmp_path)))
