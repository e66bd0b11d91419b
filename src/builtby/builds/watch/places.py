"""Places as data: where code is put that runs by itself later, and what a toolchain consists of."""

import fnmatch
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

MOST_MATCHES = 20_000
"""Files that one pattern may match."""
DEPTH = 6
"""Folders that `**` goes down."""


@cache
def data() -> dict[str, Any]:
    """Return what `places.toml` holds."""
    return tomllib.loads(resources.files(__package__).joinpath("places.toml").read_text("utf-8"))


class Place(NamedTuple):
    """A kind of place."""

    id: str
    title: str
    severity: str
    paths: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    lines_of: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """Endings of paths, and the lines that count in such files: all, if no ending fits."""
    known: tuple[re.Pattern[str], ...] = ()
    only: str | None = None
    setuid: bool = False

    def told(self, path: str, text: bytes) -> bytes:
        """Return the part of a file that counts."""
        pattern = next((pattern for ending, pattern in self.lines_of if path.endswith(ending)), None)
        if pattern is None:
            return text
        lines = (match[0] for match in pattern.finditer(text.decode("utf-8", "surrogateescape")))
        kept = [line for line in lines if not any(known.match(line) for known in self.known)]
        return "\n".join(kept).encode("utf-8", "surrogateescape")


class Roots(NamedTuple):
    """What stands for the names in patterns. `base`: where the file system begins, `/` or an unpacked one's folder."""

    home: str
    repo: str | None = None
    git: str | None = None
    venvs: tuple[str, ...] = ()
    base: str = "/"

    def filled(self, pattern: str) -> Iterator[str]:
        """Yield a pattern with its names replaced; nothing when there is no such thing here."""
        names = {"{repo}": (self.repo,), "{git}": (self.git,), "{venv}": self.venvs}
        name = next((name for name in names if pattern.startswith(name)), None)
        if name is not None:
            yield from (value + pattern[len(name):] for value in names[name] if value)
        elif pattern.startswith("~/"):
            yield self.home + pattern[1:]
        else:
            yield self.base.rstrip("/") + pattern


def home() -> str:
    """Return the home of this user, `~` where there is none."""
    return os.path.expanduser("~")  # noqa: PTH111  # never raises


def roots(folder: Path, repo: Path | None, git: Path | None, environment: Mapping[str, str]) -> Roots:
    """Return what stands for the names, for a build in `folder`."""
    base = str(repo or folder)
    venvs = (environment.get("VIRTUAL_ENV"), f"{base}/.venv", f"{base}/venv")
    return Roots(home(), base, str(git) if git else None,
                 tuple(dict.fromkeys(one for one in venvs if one)))


@cache
def places(system: str = sys.platform) -> tuple[Place, ...]:
    """Return the kinds of places that a system has."""
    return tuple(
        Place(one["id"], one["title"], one["severity"], _of_system(one["paths"], system), tuple(one.get("ignore", ())),
              tuple((end, re.compile(text)) for end, text in one.get("lines_of", {}).items()),
              tuple(re.compile(text) for text in one.get("known", ())), one.get("only"), one.get("setuid", False))
        for one in data()["place"])


def toolchain_paths(system: str = sys.platform) -> tuple[str, ...]:
    """Return the patterns of toolchain files."""
    return _of_system(data()["toolchain"]["paths"], system)


def _of_system(paths: Mapping[str, list[str]], system: str) -> tuple[str, ...]:
    return (*paths.get("any", ()), *paths.get(system, ()))


def matches(pattern: str) -> Iterator[str]:
    """Yield the paths of files and links that match, up to MOST_MATCHES. Folders that cannot be read match nothing."""
    fixed, parts = _split(pattern)
    for count, path in enumerate(_below(fixed, parts)):
        if count >= MOST_MATCHES:
            return
        yield path


def _split(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Return the folder that has no wildcards, and the parts after it."""
    parts = pattern.split("/")
    wild = next((number for number, part in enumerate(parts) if _is_wild(part)), len(parts) - 1)
    return "/".join(parts[:wild]), tuple(parts[wild:])


def _is_wild(part: str) -> bool:
    return any(sign in part for sign in "*?[")


def _below(folder: str, parts: tuple[str, ...]) -> Iterator[str]:
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _all(folder, DEPTH)
    elif not _is_wild(first):
        path = f"{folder}/{first}"
        if rest:
            yield from _below(path, rest)
        elif os.path.lexists(path):
            yield path
    else:
        fits = _pattern(first)
        for name in _names(folder):
            if fits(name) and not (name.startswith(".") and not first.startswith(".")):
                if rest:
                    yield from _below(f"{folder}/{name}", rest)
                else:
                    yield f"{folder}/{name}"


def _names(folder: str) -> list[str]:
    """Return what is in a folder, sorted; nothing of what is none, or cannot be read."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # names are wanted
    except OSError:
        return []


@cache
def _pattern(part: str) -> Callable[[str], object]:
    return re.compile(fnmatch.translate(part)).match


def _all(folder: str, depth: int) -> Iterator[str]:
    for name, is_folder in _entries(folder):
        if not is_folder:
            yield f"{folder}/{name}"
        elif depth and not os.path.islink(f"{folder}/{name}"):  # noqa: PTH114  # hot
            yield from _all(f"{folder}/{name}", depth - 1)


def _entries(folder: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries)
    except OSError:
        return []


def titles() -> dict[str, str]:
    """Return what each kind of place is, by its id."""
    return {one["id"]: one["title"] for one in data()["place"]}
