"""The GitHub action, run as GitHub runs it but for the installation, which takes from an index."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.runner import ROOT, Outcome, action, run


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Return the runner's temporary folder, in which builtby is installed."""
    program = tmp_path / "runner/builtby-venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    return tmp_path / "runner"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/.npmrc").write_text("strict-ssl=false\n")
    return tmp_path / "work"


def step(workspace: Path, temporary: Path, **inputs: str) -> Outcome:
    """Run the action's second step."""
    return run(workspace, temporary, {name.replace("_", "-"): value for name, value in inputs.items()}, skip=1)


def test_an_audit_gives_all_it_promises(workspace: Path, temporary: Path) -> None:
    done = step(workspace, temporary, fail_on="high")
    assert done.code == 1
    assert done.outputs["exit-code"] == "1"
    assert done.outputs["findings"] == "1"
    assert Path(done.outputs["sarif"]).is_file()
    assert done.outputs["record"] == ""
    assert "| high | npm does not check certificates | .npmrc:1 | strict-ssl=true |" in done.summary


def test_names_of_files_give_github_no_commands(workspace: Path, temporary: Path) -> None:
    (workspace / "::warning::x").mkdir()
    (workspace / "::warning::x/.npmrc").write_text("strict-ssl=false\n")
    told = step(workspace, temporary).told
    word = re.match(r"::stop-commands::(\w{32})\n", told)
    assert word is not None
    assert told.index("::warning::x") < told.rindex(f"::{word[1]}::")


def test_a_recorded_build_ends_as_it_ends(workspace: Path, temporary: Path) -> None:
    done = step(workspace, temporary, mode="record", run="echo one > made\necho \"$0 $BUILTBY_MODE\"\nexit 7\n")
    assert done.code == 7
    assert done.outputs["exit-code"] == "7"
    assert (workspace / "made").read_text() == "one\n"
    assert (Path(done.outputs["record"]) / "record.json").is_file()
    assert "the build ended with exit code 7" in done.summary


def test_a_build_ends_at_the_first_command_that_fails(workspace: Path, temporary: Path) -> None:
    done = step(workspace, temporary, mode="record", run="false | true\ntouch made\n")
    assert done.code == 1
    assert not (workspace / "made").exists()


def test_a_guarded_build_leaves_a_record(workspace: Path, temporary: Path) -> None:
    done = step(workspace, temporary, mode="guard", run="echo one > made\nexit 5\n", args="--best-effort")
    assert done.code == 5, done.told
    assert (workspace / "made").read_text() == "one\n"
    assert (Path(done.outputs["record"]) / "record.json").is_file()
    assert "builtby guard: the build ended with exit code 5" in done.summary


def test_a_scan_counts(workspace: Path, temporary: Path) -> None:
    done = step(workspace, temporary, mode="scan", targets="\n.\n", args="--offline")
    assert done.code == 0
    assert "builtby scan: exit code 0" in done.summary


@pytest.mark.parametrize(("inputs", "told"), [
    ({"mode": "guess"}, "mode is 'guess'"), ({"mode": "record"}, "needs `run`"), ({"run": "true"}, "runs nothing"),
    ({"mode": "record", "run": "true", "fail_on": "much"}, "fail-on is 'much'"),
    ({"policy": "p.toml"}, "`policy` is for mode guard"),
    ({"mode": "record", "run": "true", "shell": "no-such-shell"}, "no shell")])
def test_wrong_inputs_are_said(workspace: Path, temporary: Path, inputs: dict[str, str], told: str) -> None:
    done = step(workspace, temporary, **inputs)
    assert done.code == 2
    assert told in done.told


def test_inputs_reach_no_shell_as_text() -> None:
    for one in action()["runs"]["steps"]:
        assert "${{" not in one["run"]


def test_the_action_installs_from_its_own_files_with_hashes() -> None:
    first = action()["runs"]["steps"][0]
    assert first["working-directory"] == "${{ github.action_path }}"
    assert "requirements/run.txt" in first["run"]
    assert "--require-hashes" in (ROOT / ".ci/venv").read_text("utf-8")


@pytest.mark.parametrize("name", ["github-audit.yml", "github-record.yml"])
def test_examples_use_what_the_action_has(name: str) -> None:
    workflow = yaml.safe_load((ROOT / "docs/ci" / name).read_text("utf-8"))
    steps = [one for job in workflow["jobs"].values() for one in job["steps"]]
    assert all(re.fullmatch(r".+@[0-9a-f]{40}", one["uses"]) for one in steps)
    ours = next(one for one in steps if one["uses"].startswith("OWNER/builtby@"))
    assert set(ours["with"]) <= set(action()["inputs"])
    asked = set(re.findall(r"outputs\.([\w-]+)", (ROOT / "docs/ci" / name).read_text("utf-8")))
    assert asked <= set(action()["outputs"])


def test_gitlabs_template_asks_for_modes_that_are_there(workspace: Path, temporary: Path) -> None:
    template = yaml.safe_load((ROOT / "docs/ci/gitlab.yml").read_text("utf-8"))
    assert {one["variables"]["BUILTBY_MODE"] for one in template.values() if "variables" in one} == {
        "audit", "record", "guard"}
    assert template[".builtby"]["artifacts"]["paths"] == ["builtby-results/"]


@pytest.mark.parametrize("name", ["github-audit.yml", "github-record.yml", "gitlab.yml"])
def test_the_page_shows_the_examples_as_they_are(name: str) -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    assert (ROOT / "docs/ci" / name).read_text("utf-8").rstrip() in page
    assert all(f"| `{one}` |" in page for one in (*action()["inputs"], *action()["outputs"]))
