"""What a scan gave, kept outside memory and read in one order, whatever the order it came in."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from builtby.model import AdvisoryData, Artifact, Present, Record, Skipped, Target
from builtby.reports.spool import BUFFER, Spool


class Scanned(Protocol):
    """What results are collected from: a scan, whose targets are known once it has been iterated."""

    @property
    def targets(self) -> Iterable[Target]:
        """What was asked to be scanned."""
        ...

    @property
    def advisories(self) -> AdvisoryData | None:
        """The data that the records were judged by, None when they were not."""
        ...

    def __iter__(self) -> Iterator[Record]: ...


class Results:
    """The targets and records of a scan. Use as a context manager: large scans hold a temporary file."""

    def __init__(self, targets: Iterable[Target] = (), buffer: int = BUFFER) -> None:
        self.targets = tuple(targets)
        self.advisories: AdvisoryData | None = None
        self.artifacts = Spool(Artifact, artifact_key, buffer)
        self.present = Spool(Present, present_key, buffer)
        self.skipped = Spool(Skipped, skipped_key, buffer)

    @classmethod
    def collect(cls, scan: Scanned, seen: Callable[[Record], None] | None = None) -> Self:
        """Run a scan to its end and keep what it gives; `seen` is told of every record."""
        results = cls()
        for record in scan:
            results.add(record)
            if seen is not None:
                seen(record)
        results.targets, results.advisories = tuple(scan.targets), scan.advisories
        return results

    def add(self, record: Record) -> None:
        """Take a record in."""
        if isinstance(record, Artifact):
            self.artifacts.add(record)
        elif isinstance(record, Present):
            self.present.add(record)
        else:
            self.skipped.add(record)

    def digest(self) -> str:
        """Return a SHA-256 of everything in here, in order: what names made from the content are derived from."""
        digest = hashlib.sha256(msgspec.msgpack.encode(self.targets))
        for spool in (self.artifacts, self.present, self.skipped):
            for raw in spool.encoded():
                digest.update(raw)
            digest.update(b"\0")
        return digest.hexdigest()

    def close(self) -> None:
        """Give the disk space back."""
        for spool in (self.artifacts, self.present, self.skipped):
            spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def artifact_key(artifact: Artifact) -> tuple[Any, ...]:
    """Order of artifacts: by target, path, layer, digest."""
    return artifact.target, artifact.path, artifact.layer or "", artifact.sha256


def present_key(present: Present) -> tuple[Any, ...]:
    """Order of installed tools: by target, tool, version, path."""
    return present.target, present.tool, present.version or "", present.path, present.layer or ""


def skipped_key(skipped: Skipped) -> tuple[Any, ...]:
    """Order of what was skipped: by target, path, reason."""
    return skipped.target, skipped.path, skipped.reason
