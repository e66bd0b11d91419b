"""Runs the steps of a composite action as GitHub's runner does: expressions replaced, files for outputs and summary."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


@dataclass
class Outcome:
    """What a run of the action gave."""

    code: int
    told: str
    summary: str
    outputs: dict[str, str] = field(default_factory=dict)


def action() -> dict[str, Any]:
    """Return action.yml."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return document


def run(workspace: Path, temporary: Path, inputs: dict[str, str], *, skip: int = 0) -> Outcome:
    """Run the steps of the action from `skip` on in a workspace; later steps are not run after one that fails."""
    steps, told, code = action()["runs"]["steps"], "", 0
    known = {name: one.get("default", "") for name, one in action()["inputs"].items()}
    assert set(inputs) <= set(known)
    values = {f"inputs.{name}": value for name, value in (known | inputs).items()} | {"github.action_path": str(ROOT)}
    files = {name: temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.touch()
    for step in steps[skip:]:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _filled(step["run"], values)],
            cwd=_filled(step.get("working-directory", str(workspace)), values), capture_output=True, text=True,
            check=False, timeout=280, stdin=subprocess.DEVNULL,
            env=os.environ | {name: str(file) for name, file in files.items()}
            | {name: _filled(value, values) for name, value in step.get("env", {}).items()}
            | {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temporary), "GITHUB_ACTION_PATH": str(ROOT)})
        told, code = told + done.stdout + done.stderr, done.returncode
        if code:
            break
    outputs = _outputs(files["GITHUB_OUTPUT"].read_text("utf-8"))
    named = {name: outputs.get(one["value"].split(".outputs.")[1].removesuffix("}}").strip(), "")
             for name, one in action()["outputs"].items()}
    return Outcome(code, told, files["GITHUB_STEP_SUMMARY"].read_text("utf-8"), named)


def _filled(text: str, values: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: values[match[1]], text)


def _outputs(text: str) -> dict[str, str]:
    """Read what a step wrote to GITHUB_OUTPUT, in its form for values of several lines."""
    found, lines = dict[str, str](), iter(text.splitlines())
    for line in lines:
        name, _, word = line.partition("<<")
        held: list[str] = []
        for value in lines:
            if value == word:
                break
            held.append(value)
        found[name] = "\n".join(held)
    return found
