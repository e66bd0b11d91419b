"""The stage on which attacks are re-enacted: a home with canaries, a sink on loopback, tools that do little."""

import hashlib
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from tests.builds.attacks.sink import daemon, sink
from tests.builds.recorded import PYTHON, Ran, recorded

HERE = Path(__file__).parent


class Attack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An attack as `attacks.toml` has it."""

    id: str
    name: str
    how: str
    expects: tuple[str, ...]
    command: str
    honest: str
    year: int | None = None
    listed: bool = True
    files: dict[str, str] = {}
    serves: dict[str, str] = {}
    before: str = "true"
    honest_remove: tuple[str, ...] = ()
    also: str | None = None
    listens: str | None = None
    after: str = "true"
    harm: str | None = None
    guard: Literal["stopped", "found"]
    guarded: str
    policy: str = ""


class _File(msgspec.Struct, frozen=True):
    attack: tuple[Attack, ...]


def attacks() -> tuple[Attack, ...]:
    """Return the attacks."""
    return msgspec.convert(tomllib.loads((HERE / "attacks.toml").read_text("utf-8")), _File).attack


class Stage(NamedTuple):
    """An attack, ready to be run."""

    attack: Attack
    work: Path
    environment: dict[str, str]

    def run(self, text: str) -> bool:
        """Run some shell, unrecorded, and return whether it succeeded."""
        done = subprocess.run(["/bin/sh", "-c", text], cwd=self.work, env=self.environment, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def words(self, *, honest: bool = False) -> tuple[str, ...]:
        """Return the attack's command, or that of its honest twin."""
        command = self.attack.honest if honest else self.attack.command
        return "/bin/sh", "-c", command.replace("{python}", PYTHON)

    def is_harmed(self) -> bool:
        """Whether the attack did what it wanted."""
        assert self.attack.harm is not None
        return self.run(self.attack.harm)


@contextmanager
def staged(attack: Attack, folder: Path, *, honest: bool = False) -> Iterator[Stage]:
    """Prepare an attack, or its honest twin, in a folder; what listens does so as long as this lasts."""
    log = folder / "sink.log"
    with ExitStack() as around:
        address = around.enter_context(sink(attack.serves, log))
        found = Stage(attack, folder / "work", {**stage(attack, folder, address), "SINK_LOG": str(log)})
        for name in attack.honest_remove if honest else ():
            (folder / name).unlink() if (folder / name).is_file() else shutil.rmtree(folder / name)
        if attack.listens:
            around.enter_context(daemon(folder / attack.listens))
        assert found.run(attack.before)
        around.callback(found.run, attack.after)
        yield found


def play(attack: Attack, folder: Path, *, honest: bool = False) -> Ran:
    """Record an attack, or its honest twin, in a folder."""
    with staged(attack, folder, honest=honest) as found:
        return recorded(found.work, *found.words(honest=honest), environment=found.environment)


def stage(attack: Attack, folder: Path, address: str) -> dict[str, str]:
    """Write an attack's files, and return its environment."""
    for name in ("work", "home", "bin", "state"):
        (folder / name).mkdir(parents=True)
    for name, text in attack.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        file.chmod(0o755 if text.startswith("#!") else 0o644)
    (folder / "bin/python3").symlink_to(PYTHON)
    path = f"{_tools()}:{folder / 'bin'}:{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("LANG", "TERM") if name in os.environ}
    return {**kept, "HOME": str(folder / "home"), "PATH": path, "SINK": address, "BUILTBY_STATE": str(folder / "state"),
            "GIT_CONFIG_NOSYSTEM": "1", "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@cache
def _tools() -> Path:
    """Return the folder of the stand-ins. A compiler in a temporary folder is a finding; a checkout may be there."""
    tools = HERE / "tools"
    if not tools.is_relative_to("/tmp") and not tools.is_relative_to("/var/tmp"):
        return tools
    place = Path.home() / ".cache/builtby-tests" / hashlib.sha256(str(tools).encode()).hexdigest()[:12]
    shutil.copytree(tools, place, dirs_exist_ok=True)
    return place
