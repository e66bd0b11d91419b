"""What documents ask of a record: which programs took part, what went in, what came out."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import msgspec

from builtby.builds.model import Process, Record

CONSUMED = ("read", "link")
PUT = ("rename", "link", "symlink")
"""Kinds of access that put something at `to`."""


class File(NamedTuple):
    """A file with one of its contents. `path` is full."""

    path: str
    sha256: str


class Program(NamedTuple):
    """An executable that ran: the first process that ran it, and how often it ran."""

    file: File
    first: Process
    times: int


class Parts:
    """The parts of one build, each sorted."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.uses = tuple(use for use in record.files if not use.refused)

    @cached_property
    def made(self) -> frozenset[str]:
        """The paths at which the build itself put something."""
        files = self.uses
        return frozenset({use.path for use in files if use.access == "write"} | {
            use.to for use in files if use.access in PUT and use.to})

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The executables that ran and that the build did not make itself, each content once."""
        first: dict[File, Process] = {}
        times: Counter[File] = Counter()
        for process in self.record.processes:
            if process.executable and process.sha256 and process.executable not in self.made:
                file = File(process.executable, process.sha256)
                first.setdefault(file, process)
                times[file] += 1
        return tuple(Program(file, process, times[file]) for file, process in sorted(first.items()))

    @cached_property
    def inputs(self) -> tuple[File, ...]:
        """What was read, and neither made by the build itself nor run: once for each content that was read."""
        ran = {(process.executable, process.sha256) for process in self.record.processes}
        read = {File(use.path, use.sha256) for use in self.uses if use.access in CONSUMED and use.sha256}
        return tuple(sorted(file for file in read - ran if file.path not in self.made))

    @cached_property
    def products(self) -> tuple[File, ...]:
        """What was left below the working directory: written, or renamed into place, and still there."""
        left: dict[str, str] = {}
        inside = self.record.cwd.rstrip("/") + "/"
        for use in self.uses:
            path = use.to if use.access == "rename" and use.to else use.path
            if use.access in ("write", "rename") and use.sha256 and path.startswith(inside):
                left[path] = use.sha256
        return tuple(File(path, digest) for path, digest in sorted(left.items()))

    @cached_property
    def invocation(self) -> str:
        """The name of this build, which all its documents share: made from the whole record."""
        digest = sha256(msgspec.json.encode(self.record)).hexdigest()
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'builtby/record/{digest}')}"

    @property
    def finished(self) -> str:
        """When the build had ended, to the second, as `2026-01-31T12:00:00Z`. Empty when its start is not known."""
        try:
            began = datetime.strptime(self.record.started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return (began + timedelta(seconds=self.record.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            return ""

    def short(self, path: str) -> str:
        """Return a path as people of the build write it: from the working directory where it is below that."""
        return path.removeprefix(self.record.cwd.rstrip("/") + "/")


def json_bytes(document: object) -> bytes:
    """Return a document as JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
