"""What a pipeline asks for, taken from variables, and the commands that do it."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BUILDS, LOOKS = ("record", "guard"), ("audit", "scan")
MODES = (*BUILDS, *LOOKS)
_PREFIX = "BUILTBY_"


class WrongInput(Exception):  # noqa: N818  # a statement about what was asked, told as it is
    """The pipeline asks for something that cannot be done; the message says what."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a step was asked to do."""

    mode: str
    run: str
    """The build's commands, for `record` and `guard`."""
    shell: str
    targets: tuple[str, ...]
    args: tuple[str, ...]
    """Further options of the command, as they are."""
    policy: str
    fail_on: str
    folder: Path
    """Where results go; made when it is not there."""

    @property
    def record(self) -> Path:
        """The folder of the record."""
        return self.folder / "record"


def read(variables: Mapping[str, str]) -> Inputs:
    """Return the inputs that stand in `BUILTBY_…` variables. Raises WrongInput."""

    def told(name: str, default: str = "") -> str:
        return variables.get(_PREFIX + name, "").strip() or default

    mode, run = told("MODE", "audit"), variables.get(f"{_PREFIX}RUN", "")
    if mode not in MODES:
        raise WrongInput(f"mode is {mode!r}; it must be one of {', '.join(MODES)}")
    if mode in BUILDS and not run.strip():
        raise WrongInput(f"mode {mode} needs `run`: the commands of the build")
    if mode in LOOKS and run.strip():
        raise WrongInput(f"mode {mode} runs nothing; `run` is for {' and '.join(BUILDS)}")
    if told("POLICY") and mode != "guard":
        raise WrongInput("`policy` is for mode guard")
    return Inputs(
        mode=mode, run=run, shell=told("SHELL", "bash"), targets=_rows(told("TARGETS", ".")), policy=told("POLICY"),
        args=_rows(told("ARGS")), fail_on=told("FAIL_ON"), folder=Path(told("FOLDER", "builtby-results")).absolute())


def _rows(text: str) -> tuple[str, ...]:
    return tuple(row.strip() for row in text.splitlines() if row.strip())


def command(inputs: Inputs) -> list[str]:
    """Return the command that does what was asked. Raises WrongInput when a shell is not there."""
    python = [sys.executable, "-I", "-m", "builtby", inputs.mode]
    if inputs.mode in BUILDS:
        policy = ["--policy", inputs.policy] if inputs.policy else []
        return [*python, "-o", str(inputs.record), *policy, *inputs.args, "--", *_script(inputs)]
    failing = ["--fail-on", inputs.fail_on] if inputs.fail_on else []
    outputs = ["-f", "terminal", "-f", f"json={inputs.folder / inputs.mode}.json",
               "-f", f"sarif={inputs.folder / inputs.mode}.sarif"]
    if inputs.mode == "audit":
        outputs += ["-f", f"markdown={inputs.folder / 'audit.md'}"]
    return [*python, *outputs, *failing, *inputs.args, "--", *inputs.targets]


def _script(inputs: Inputs) -> list[str]:
    """Return how the commands of the build are run: like a step's, which ends at the first that fails."""
    shell = shutil.which(inputs.shell)
    if shell is None:
        raise WrongInput(f"no shell {inputs.shell!r} is here")
    strict = ["--noprofile", "--norc", "-eo", "pipefail"] if Path(shell).name == "bash" else ["-e"]
    if inputs.mode == "guard":  # in there the runner's temporary folder is not seen
        return [shell, *strict, "-c", inputs.run]
    file = inputs.folder / "build.sh"
    file.write_text(inputs.run, "utf-8", newline="\n")
    return [shell, *strict, str(file)]
