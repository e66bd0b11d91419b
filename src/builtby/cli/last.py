"""The last scan, kept for `builtby explain`: what was found where, and its exposures; no bytes and no marks' texts."""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from operator import is_
from pathlib import Path
from typing import IO, Literal

import msgspec

from builtby.model import AdvisoryData, Artifact, BuiltBy, Exposure, Present, Record, Role, Target
from builtby.reports.results import Results

FILE = "last-scan.json"
SCHEMA = "builtby/last-scan/1"
MOST = 48 << 20
"""Bytes of what was found; artifacts beyond are counted, not kept."""
MOST_ALL = 64 << 20
"""Bytes of the file with its lists of tools and exposures; a larger one is not kept at all."""


class Tool(msgspec.Struct, frozen=True, array_like=True):
    """A tool as it was found. `rules`: the marks' rules that told of it."""

    tool: str
    version: str | None
    role: Role
    rules: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True, array_like=True):
    """An artifact, or an installed tool (`installed`); tools and exposures are places in the lists of the whole."""

    target: int
    path: str
    sha256: str
    installed: bool
    tools: tuple[int, ...]
    exposures: tuple[int, ...]


class Last(msgspec.Struct):
    """A scan, as much as explaining needs. `dropped`: items that there was no room for."""

    schema: Literal["builtby/last-scan/1"]
    items: list[Item]
    tools: list[Tool]
    exposures: list[Exposure]
    targets: tuple[Target, ...]
    advisories: AdvisoryData | None
    dropped: int = 0


class Index:
    """Takes records apart: what many have in common stands once."""

    def __init__(self) -> None:
        self.tools: dict[Tool, int] = {}
        self.exposures: list[Exposure] = []
        self._places: dict[tuple[object, ...], int] = {}
        self._last: tuple[tuple[object, ...], tuple[int, ...], tuple[int, ...]] = ((), (), ())

    def item(self, record: Artifact | Present) -> Item:
        """Return a record in short."""
        if isinstance(record, Present):
            tools: tuple[int, ...] = (self._tool(Tool(record.tool, record.version, record.role)),)
            return Item(record.target, record.path, "", True, tools, self._all(record))
        told = record.built_by, record.exposures, record.not_exposed
        known, tools, exposures = self._last
        if not (known and all(map(is_, told, known))):  # a thousand .pyc files of one Python share them
            tools, exposures = tuple(self._tool(_tool(made)) for made in record.built_by), self._all(record)
            self._last = told, tools, exposures
        return Item(record.target, record.path, record.sha256, False, tools, exposures)

    def _all(self, record: Artifact | Present) -> tuple[int, ...]:
        return tuple(map(self._exposure, (*record.exposures, *record.not_exposed)))

    def _tool(self, tool: Tool) -> int:
        return self.tools.setdefault(tool, len(self.tools))

    def _exposure(self, exposure: Exposure) -> int:
        key = (exposure.id, exposure.tool, exposure.version, exposure.status, exposure.class_, exposure.new,
               exposure.reason)
        place = self._places.setdefault(key, len(self.exposures))
        if place == len(self.exposures):
            self.exposures.append(exposure)
        return place


def _tool(made: BuiltBy) -> Tool:
    rules = dict.fromkeys(mark.rule for mark in made.marks if mark.rule)
    return Tool(made.tool, made.version, made.role, tuple(rules))


class Recorder:
    """Writes the last scan while it runs. Whatever goes wrong with that is no matter of the scan: nothing is said,
    but under BUILTBY_DEBUG.
    """

    def __init__(self) -> None:
        self._index, self._size, self._dropped = Index(), 0, 0
        self._encode = msgspec.json.Encoder().encode
        self._file: IO[bytes] | None = None
        self._name = Path()
        try:
            state_dir().mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=state_dir())
            self._file, self._name = os.fdopen(descriptor, "wb"), Path(name)
            self._file.write(f'{{"schema":"{SCHEMA}","items":['.encode())
        except (OSError, RuntimeError) as error:  # Path.home() knows no home
            self.drop(error)

    def seen(self, record: Record) -> None:
        """Take a record in, where there is something to be said of it."""
        if self._file is None or not isinstance(record, Artifact | Present):
            return
        if isinstance(record, Artifact) and not (record.built_by or record.exposures or record.not_exposed):
            return
        if self._size > MOST:
            self._dropped += 1
            return
        raw = self._encode(self._index.item(record))
        self._size += len(raw) + 2
        try:
            self._file.write(raw + b",\n")
        except OSError as error:
            self.drop(error)

    def keep(self, results: Results) -> None:
        """Let what was written become the last scan."""
        if self._file is None:
            return
        rest = msgspec.json.encode({
            "tools": list(self._index.tools), "exposures": self._index.exposures, "targets": results.targets,
            "advisories": results.advisories, "dropped": self._dropped})
        try:
            if self._size:
                self._file.seek(-2, os.SEEK_END)
            self._file.write(b"]," + rest[1:] + b"\n")
            self._file.close()
            if self._name.stat().st_size > MOST_ALL:
                raise OSError("the last scan is too large to be kept")
            self._name.replace(state_dir() / FILE)
            self._file = None
        except OSError as error:
            self.drop(error)

    def close(self) -> None:
        """Let what was not kept be gone."""
        self.drop()

    def drop(self, error: Exception | None = None) -> None:
        """Let it be: the scan before remains the last one."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._name.unlink()
            self._file = None
        if error is not None:
            _debug(error)


def _debug(error: Exception) -> None:
    if os.environ.get("BUILTBY_DEBUG"):
        print(f"builtby: the last scan is not kept: {error}", file=sys.stderr)


def state_dir() -> Path:
    """Return where the last scan is kept: $BUILTBY_STATE, or this system's folder for users' state."""
    given = os.environ.get("BUILTBY_STATE")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "builtby/state"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/builtby"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "builtby"


def last() -> Last | None:
    """Return the last scan; None when there is none. Raises ValueError for a damaged file."""
    try:
        raw = (state_dir() / FILE).read_bytes()
    except OSError:
        return None
    return msgspec.json.decode(raw, type=Last)


class _Result(msgspec.Struct):
    schema: Literal["builtby/scan/1"]
    targets: tuple[Target, ...]
    artifacts: list[Artifact]
    present: list[Present]
    advisories: AdvisoryData | None = None


def from_result(file: Path) -> Last:
    """Return what a `builtby scan -f json` wrote. Raises OSError, and ValueError for anything else."""
    found = msgspec.json.decode(file.read_bytes(), type=_Result)
    index = Index()
    records: Iterable[Artifact | Present] = (*found.artifacts, *found.present)
    items = [index.item(record) for record in records]
    return Last("builtby/last-scan/1", items, list(index.tools), index.exposures, found.targets, found.advisories)
