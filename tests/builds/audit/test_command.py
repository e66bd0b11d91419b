"""`builtby audit`: outputs and exit codes."""

import json
from pathlib import Path

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from builtby.builds.audit.base import rules
from builtby.builds.audit.model import SEVERITIES, Audit
from builtby.cli.app import app
from tests import official

PAGE = Path(__file__).parents[3] / "docs/audit.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".npmrc").write_text("strict-ssl=false\n")
    (tmp_path / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": {
        "node_modules/esbuild\x1b[31m": {"version": "0.19.0", "hasInstallScript": True}}}))
    return tmp_path


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", *args])
    return done.exit_code, done.stdout


def test_the_terminal_says_who_and_the_safer_line(project: Path) -> None:
    code, told = run(str(project))
    assert code == 0
    assert "\x1b" not in told
    assert "esbuild\\x1b[31m 0.19.0" in told
    assert "→ in .npmrc write: strict-ssl=true" in told
    assert told.endswith("npm: 1 package, 1 runs code\n")


@pytest.mark.parametrize(("word", "code"), [("critical", 0), ("high", 1), ("low", 1), ("code", 1)])
def test_fail_on(project: Path, word: str, code: int) -> None:
    assert run(str(project), "--fail-on", word)[0] == code


def test_exit_codes_of_what_cannot_be_read(project: Path) -> None:
    assert run(str(project / "gone"))[0] == 2
    (project / "uv.lock").write_text("[")
    code, told = run(str(project))
    assert code == 3
    assert "not read  uv.lock" in told


def test_json_is_of_its_types(project: Path) -> None:
    code, told = run(str(project), "-f", "json")
    assert code == 0
    result = msgspec.json.decode(told, type=Audit)
    assert result.schema == "builtby/audit/1"
    assert result.dependencies[0].purl is not None
    assert run(str(project), "-f", "json")[1] == told


def test_sarif_points_at_lines(project: Path) -> None:
    document = json.loads(run(str(project), "-f", "sarif")[1])
    official.validate("sarif", document)
    result = document["runs"][0]["results"][0]
    assert result["ruleId"] == "npm-strict-ssl"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == ".npmrc"
    assert document["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "npm-strict-ssl"


def test_two_targets_keep_their_names(project: Path, tmp_path: Path) -> None:
    code, told = run(str(project / ".npmrc"), str(project / "package-lock.json"), "-f", "json")
    assert code == 0
    assert {one["path"] for one in json.loads(told)["settings"]} == {f"{project}/.npmrc"}


def test_every_rule_is_on_its_page_with_a_severity_that_is_one() -> None:
    page = PAGE.read_text("utf-8")
    for name, rule in rules().items():
        assert f"`{name}`" in page, name
        assert rule.severity in SEVERITIES, name


def test_the_pre_commit_hook_fails_where_it_should(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = yaml.safe_load((PAGE.parents[1] / ".pre-commit-hooks.yaml").read_text("utf-8"))[0]
    monkeypatch.chdir(project)
    assert hook["entry"] == "builtby audit"
    assert run(*hook["args"])[0] == 1
    (project / ".npmrc").unlink()
    assert run(*hook["args"])[0] == 0
