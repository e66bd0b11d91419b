"""Runs `builtby guard` on small builds, with a home of their own that holds secrets."""

import os
from collections.abc import Mapping
from pathlib import Path

from builtby.builds.guard import bubblewrap, landlock
from tests.builds.recorded import Ran, kept_by

SECRET = "real-secret-of-the-user"
POSSIBLE = [level for level, probe in ((1, bubblewrap.probe), (2, landlock.probe)) if probe() is None]
"""Levels that this machine allows."""


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
    words = ["guard", "--level", str(level), "--best-effort", *options]
    if policy is not None:
        file = folder.parent / "policy.toml"
        file.write_text(policy)
        words += ["--policy", str(file)]
    if preset is not None:
        words += ["--preset", preset]
    return kept_by(words, folder, command, environment=surroundings(folder, environment), seconds=120)


def surroundings(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a guarded build's user."""
    home = home_of(folder)
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"),
            "BUILTBY_STATE": str(folder.parent / "state"), **(more or {})}
