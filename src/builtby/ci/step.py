"""One step of a pipeline: `python -m builtby.ci.step`, with what it is to do in `BUILTBY_…` variables.

The step ends as the build ends. On GitHub it writes outputs and a summary of the job, elsewhere the summary alone.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from builtby.builds.audit.model import SEVERITIES
from builtby.ci import summary
from builtby.ci.inputs import BUILDS, Inputs, WrongInput, command, read

_OWN = ("BUILTBY_MODE", "BUILTBY_RUN", "BUILTBY_SHELL", "BUILTBY_TARGETS", "BUILTBY_ARGS", "BUILTBY_POLICY",
        "BUILTBY_FAIL_ON", "BUILTBY_FOLDER")
_FINDINGS, _USAGE = 1, 2
_MOST = 900_000
"""Bytes of a summary; GitHub takes a mebibyte."""


def main() -> int:
    """Do what the variables ask for and return the exit code."""
    try:
        inputs = read(os.environ)
        inputs.folder.mkdir(parents=True, exist_ok=True)
        limit = _limit(inputs)
        code = _run(inputs)
    except WrongInput as error:
        print(f"builtby: {error}", file=sys.stderr)
        return _USAGE
    found = summary.findings(inputs)
    met = summary.worse(found, limit) if limit else []
    _tell(inputs, code, len(found))
    if met and not code:
        print(f"builtby: {len(met):,} findings meet fail-on {limit}", file=sys.stderr)
        return _FINDINGS
    return code


def _limit(inputs: Inputs) -> str:
    """Return the severity at which a build fails. Audits and scans look to that themselves."""
    if inputs.mode not in BUILDS or not inputs.fail_on:
        return ""
    if inputs.fail_on not in SEVERITIES:
        raise WrongInput(f"fail-on is {inputs.fail_on!r}; for {inputs.mode} it is one of {', '.join(SEVERITIES)}")
    return inputs.fail_on


def _run(inputs: Inputs) -> int:
    """Run the command; the build does not see what the step was asked for.

    What an audit or scan prints holds names that others chose: GitHub is told to take no commands from it. A build
    may give GitHub commands, as it may without us.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OWN}
    word = secrets.token_hex(16) if inputs.mode not in BUILDS and "GITHUB_ACTIONS" in os.environ else ""
    if word:
        print(f"::stop-commands::{word}", flush=True)
    try:
        done = subprocess.run(command(inputs), env=environment, check=False).returncode
    finally:
        if word:
            print(f"::{word}::", flush=True)
    return done if done >= 0 else 128 - done


def _tell(inputs: Inputs, code: int, count: int) -> None:
    text = summary.markdown(inputs, code)
    inputs.folder.joinpath("summary.md").write_text(text, "utf-8", newline="\n")
    if place := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(place, text if len(text.encode()) < _MOST else text[: _MOST // 4] + "\n\n… (see summary.md)\n")
    if place := os.environ.get("GITHUB_OUTPUT"):
        sarif, record = inputs.folder / f"{inputs.mode}.sarif", inputs.record
        outputs = {"exit-code": str(code), "findings": str(count), "folder": str(inputs.folder),
                   "sarif": str(sarif) if sarif.exists() else "", "record": str(record) if record.exists() else ""}
        _append(place, "".join(map(_output, outputs.items())))


def _output(item: tuple[str, str]) -> str:
    """Return an output as GitHub reads it; a value may hold anything, also lines."""
    word = secrets.token_hex(16)
    return f"{item[0]}<<{word}\n{item[1]}\n{word}\n"


def _append(place: str, text: str) -> None:
    with Path(place).open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
