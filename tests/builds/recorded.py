"""Runs `builtby record`, or another command that keeps records, on small builds."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BUILTBY = (sys.executable, "-m", "builtby")
_BASE = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}")
PYTHON = str(_BASE) if Path(sys.executable).is_relative_to("/tmp") else sys.executable
"""An interpreter that builds can see: guards hide /tmp, and with it the environment of a checkout there."""


class Ran(NamedTuple):
    """A command that was run so: its exit code and output, and the record."""

    code: int
    out: str
    err: str
    folder: Path
    record: dict[str, Any]

    def uses(self, path: Path | str, access: str) -> list[dict[str, Any]]:
        return [use for use in self.record["files"] if use["path"] == str(path) and use["access"] == access]

    def programs(self, name: str) -> list[dict[str, Any]]:
        """Return the programs whose first word ends so."""
        return [one for one in self.record["processes"] if one["argv"] and Path(one["argv"][0]).name == name]

    def findings(self, rule: str) -> list[dict[str, Any]]:
        return [one for one in self.record["findings"] if one["rule"] == rule]

    def loud(self) -> list[dict[str, Any]]:
        """Return the findings above info."""
        return [one for one in self.record["findings"] if one["severity"] != "info"]


def recorded(
    folder: Path, *command: str, given: str | None = None, environment: Mapping[str, str] | None = None,
    backend: str = "auto",
) -> Ran:
    """Record a command that runs in `folder`; the record is beside it."""
    return kept_by(("record", "--backend", backend), folder, command, given=given, environment=environment, seconds=60)


def kept_by(words: Sequence[str], folder: Path, command: Sequence[str], *, seconds: float,
            environment: Mapping[str, str] | None = None, given: str | None = None) -> Ran:
    """Run a command under a command of builtby's, `words`, in `folder`; the record is beside it."""
    kept = folder.parent / f"{folder.name}-record"
    done = subprocess.run(
        [*BUILTBY, *words, "--force", "-o", str(kept), "--", *command], cwd=folder, capture_output=True, text=True,
        input=given, check=False, env=environment, timeout=seconds)
    file = kept / "record.json"
    record = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return Ran(done.returncode, done.stdout, done.stderr, kept, record)


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(100):
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False
