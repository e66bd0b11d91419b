"""What is run before the command, with network: words of the policy filled in."""

import os
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from builtby.builds.guard.policy import Fetch

_UNTOLD = ("setuptools>=40.8.0", "wheel")
"""What pip takes for an sdist that does not say: PEP 518."""
_LARGEST = 1 << 20
_MOST_NAMES = 100_000
_INSTALL_ONLY = ("--target", "-t", "--prefix", "--root", "--user", "--upgrade", "-U", "--force-reinstall",
                 "--no-compile", "--compile",
                 "--wheel-dir", "-w", "--no-verify", "--report", "--dry-run",
                 "--break-system-packages", "-I", "--ignore-installed", "--no-warn-script-location", "-q")
_WITH_VALUE = ("--target", "-t", "--prefix", "--root", "--wheel-dir", "-w", "--report")


def wanted(step: Fetch, folder: Path) -> bool:
    """Whether a step is for this project."""
    return all((folder / name).exists() for name in step.present) and not any(
        (folder / name).exists() for name in step.missing)


def words(step: Fetch, command: list[str], store_inside: str, store: Path) -> list[str] | None:
    """Return a step's command; None when it is for nothing."""
    program, arguments = _split(command)
    found: list[str] = []
    for word in step.command:
        match word:
            case "{program}":
                found += program
            case "{arguments}":
                found += arguments
            case "{build-requirements}":
                requirements = sorted(build_requirements(store))
                if not requirements:
                    return None
                found += requirements
            case _:
                found.append(word.replace("{store}", store_inside))
    return found


def _split(command: list[str]) -> tuple[list[str], list[str]]:
    """Return the program with its own first words, and what follows the subcommand, as far as fetching takes it."""
    size = 3 if os.path.basename(command[0]).startswith("python") and command[1:2] == ["-m"] else 1  # noqa: PTH119
    arguments: list[str] = []
    skip = False
    for word in command[size + 1 :]:
        if skip:
            skip = False
        elif word in _INSTALL_ONLY:
            skip = word in _WITH_VALUE
        elif not any(word.startswith(f"{option}=") for option in _WITH_VALUE):
            arguments.append(word)
    return command[:size], arguments


def build_requirements(store: Path) -> set[str]:
    """Return what the sdists in a folder need to be built, as they say themselves. Runs nothing of theirs."""
    found: set[str] = set()
    for file in sorted(store.glob("*")):
        if file.name.endswith((".tar.gz", ".zip")):
            with suppress(OSError, tarfile.TarError, zipfile.BadZipFile, EOFError):
                found |= _requires(next(_project(file), b""))
    return found


def _requires(text: bytes) -> set[str]:
    try:
        system = tomllib.loads(text.decode("utf-8", "replace")).get("build-system", {})
    except tomllib.TOMLDecodeError:
        system = {}
    requires = system.get("requires") if isinstance(system, dict) else None
    return {one for one in requires if isinstance(one, str)} if isinstance(requires, list) else set(_UNTOLD)


def _project(file: Path) -> Iterator[bytes]:
    """Yield the outermost pyproject.toml of an sdist."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist()[:_MOST_NAMES]:
                if _is_project(name):
                    with archive.open(name) as member:
                        yield member.read(_LARGEST)
        return
    with tarfile.open(file, "r:gz") as tar:
        for number, entry in enumerate(tar):
            if number > _MOST_NAMES:
                return
            if entry.isfile() and _is_project(entry.name) and (stream := tar.extractfile(entry)):
                yield stream.read(_LARGEST)


def _is_project(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and parts[1] == "pyproject.toml"
