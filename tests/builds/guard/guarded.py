"""Runs `builtby guard` on small builds, with a home of their own that holds secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from builtby.builds.guard import bubblewrap, landlock

BUILTBY = (sys.executable, "-m", "builtby")
SECRET = "real-secret-of-the-user"
POSSIBLE = [level for level, probe in ((1, bubblewrap.probe), (2, landlock.probe)) if probe() is None]
"""Levels that this machine allows."""


class Ran(NamedTuple):
    """A guarded command: its exit code and output, and the record."""

    code: int
    out: str
    err: str
    folder: Path
    record: dict[str, Any]

    def findings(self, rule: str) -> list[dict[str, Any]]:
        return [one for one in self.record["findings"] if one["rule"] == rule]

    def loud(self) -> list[dict[str, Any]]:
        """Return the findings above info."""
        return [one for one in self.record["findings"] if one["severity"] != "info"]


def home_of(folder: Path) -> Path:
    """Return a home with secrets, beside the folder of a build."""
    home = folder.parent / "home"
    for name in (".aws/credentials", ".ssh/id_rsa", ".netrc", ".bashrc"):
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{SECRET}\n")
    return home


def guarded(folder: Path, level: int, *command: str, policy: str | None = None, preset: str | None = None,
            options: tuple[str, ...] = (), environment: Mapping[str, str] | None = None) -> Ran:
    """Guard a command that runs in `folder`; the record is beside it."""
    kept = folder.parent / f"{folder.name}-record"
    words = ["--level", str(level), "--best-effort", "--force", "-o", str(kept), *options]
    if policy is not None:
        file = folder.parent / "policy.toml"
        file.write_text(policy)
        words += ["--policy", str(file)]
    if preset is not None:
        words += ["--preset", preset]
    done = subprocess.run([*BUILTBY, "guard", *words, "--", *command], cwd=folder, capture_output=True, text=True,
                          check=False, env=surroundings(folder, environment), timeout=120)
    file = kept / "record.json"
    record = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return Ran(done.returncode, done.stdout, done.stderr, kept, record)


def surroundings(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a guarded build's user."""
    home = home_of(folder)
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"),
            "BUILTBY_STATE": str(folder.parent / "state"), **(more or {})}
