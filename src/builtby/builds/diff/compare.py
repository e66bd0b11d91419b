"""Compares two records."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from builtby.builds.diff.model import (
    SCHEMA,
    Build,
    Diff,
    EndpointChange,
    FileChange,
    FindingChange,
    Kind,
    PackageChange,
    Program,
    ToolChange,
    ValueChange,
)
from builtby.builds.diff.normal import Normal, fetched, home_of
from builtby.builds.documents.parts import CONSUMED, Parts
from builtby.builds.model import Finding, Process, Record

Key = TypeVar("Key")
Held = TypeVar("Held")
_PACKAGE = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._]*)-([^/-]+)\.dist-info/")
_KNOWN = (*CONSUMED, "write", "rename")
_PASSING = ("/proc/", "/sys/", "/dev/", "/run/")
"""Places that hold no input: the kernel makes up what is read there."""


def diff(old: Record, new: Record) -> Diff:
    """Return what changed between two builds."""
    before, after = _Side(old, home_of(new)), _Side(new, home_of(old))
    build = _values(_told(before), _told(after))
    toolchain, packages = _toolchain(before, after), _packages(before, after)
    archives, inputs = _files(before.fetched(), after.fetched()), _files(before.inputs(), after.inputs())
    network, environment = _network(before, after), _values(before.environment(), after.environment())
    findings = _findings(before, after)
    changed = any((build, toolchain, packages, archives, inputs, network, environment, findings))
    return Diff(SCHEMA, _build(old), _build(new), changed, build, toolchain, packages, archives, inputs, network,
                environment, findings, _files(before.outputs(), after.outputs()))


class _Turned(NamedTuple):
    """What was turned to: by its name, because addresses of one name change by the hour."""

    host: str
    port: int | None
    kind: str


class _Side:
    """One of the records, by what is compared."""

    def __init__(self, record: Record, home: str) -> None:
        self.record, self.normal, self.parts = record, Normal(record, home), Parts(record)

    def programs(self) -> dict[str, list[Process]]:
        found: dict[str, list[Process]] = {}
        for process in self.record.processes:
            if process.executable:
                found.setdefault(self.normal.path(process.executable), []).append(process)
        return found

    def made(self) -> set[str]:
        return {self.normal.path(path) for path in self.parts.made}

    def inputs(self) -> dict[str, set[str]]:
        return self._by_path((path, digest) for path, digest in self.parts.inputs
                             if not path.startswith(_PASSING) and not fetched(self.normal.path(path))[0])

    def fetched(self) -> dict[str, set[str]]:
        """Return what package managers fetched, whether they had it from before or not."""
        found: dict[str, set[str]] = {}
        for use in self.parts.uses:
            path = use.to if use.access == "rename" and use.to else use.path
            name = fetched(self.normal.path(path))[1] if use.sha256 and use.access in _KNOWN else None
            if name is not None and use.sha256:
                found.setdefault(name, set()).add(use.sha256)
        return found

    def outputs(self) -> dict[str, set[str]]:
        return self._by_path(self.parts.products)

    def _by_path(self, files: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path, digest in files:
            found.setdefault(self.normal.path(path), set()).add(digest)
        return found

    def packages(self) -> dict[str, set[str]]:
        """Return the versions of Python packages whose files were read where the build had put them."""
        found: dict[str, set[str]] = {}
        for use in self.parts.uses:
            match = _PACKAGE.search(use.path) if use.access in CONSUMED and use.path in self.parts.made else None
            if match:
                found.setdefault(match[1].lower().replace("_", "-"), set()).add(match[2])
        return found

    def network(self) -> dict[_Turned, set[str]]:
        ran = {process.id: process.executable for process in self.record.processes}
        found: dict[_Turned, set[str]] = {}
        for one in self.record.network:
            turned = _Turned(one.host or self.normal.path(one.address), one.port, one.kind)
            found.setdefault(turned, set()).add(self.normal.path(ran.get(one.process) or ""))
        return found

    def environment(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for environment in self.record.environments:
            for name, value in environment.values.items():
                found.setdefault(name, set()).add(self.normal.value(value))
        return found

    def findings(self) -> dict[tuple[str, str, str], Finding]:
        return {(one.rule, one.severity, self.normal.path(one.path or "")): one for one in self.record.findings}


def _build(record: Record) -> Build:
    return Build(record.command, record.cwd, record.started, record.backend, record.complete, record.exit_code)


def _told(side: _Side) -> dict[str, set[str]]:
    record = side.record
    told = {"command": side.normal.value(" ".join(record.command)), "exit_code": str(record.exit_code),
            "backend": record.backend, "complete": str(record.complete).lower(),
            "machine": record.host.get("machine", ""), "system": record.host.get("system", "")}
    return {name: {value} for name, value in told.items()}


def _kind(old: object, new: object) -> Kind:
    return Kind.CHANGED if old and new else Kind.REMOVED if old else Kind.ADDED


def _pairs(old: Mapping[Key, Held], new: Mapping[Key, Held]) -> list[tuple[Key, Held | None, Held | None]]:
    """Return what is not the same in both, in order."""
    keys = sorted(old.keys() | new.keys(), key=str)
    return [(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]


def _sorted(values: set[str] | None) -> tuple[str, ...]:
    return tuple(sorted(values or ()))


def _values(old: dict[str, set[str]], new: dict[str, set[str]]) -> tuple[ValueChange, ...]:
    return tuple(ValueChange(_kind(before, after), name, _sorted(before), _sorted(after))
                 for name, before, after in _pairs(old, new))


def _files(old: dict[str, set[str]], new: dict[str, set[str]]) -> tuple[FileChange, ...]:
    return tuple(FileChange(_kind(before, after), path, _sorted(before), _sorted(after))
                 for path, before, after in _pairs(old, new))


def _packages(old: _Side, new: _Side) -> tuple[PackageChange, ...]:
    return tuple(PackageChange(_kind(before, after), name, _sorted(before), _sorted(after))
                 for name, before, after in _pairs(old.packages(), new.packages()))


def _toolchain(old: _Side, new: _Side) -> tuple[ToolChange, ...]:
    before = {path: _program(ran) for path, ran in old.programs().items()}
    after = {path: _program(ran) for path, ran in new.programs().items()}
    made = old.made() | new.made()
    return tuple(ToolChange(_kind(one, other), path, one, other, path in made)
                 for path, one, other in _pairs(before, after))


def _program(ran: list[Process]) -> Program:
    first = ran[0]
    return Program(
        first.tool.tool if first.tool else None, first.tool.version if first.tool else None, first.package,
        first.as_packaged, tuple(sorted({one.sha256 for one in ran if one.sha256})))


def _network(old: _Side, new: _Side) -> tuple[EndpointChange, ...]:
    before, after = old.network(), new.network()
    return tuple(
        EndpointChange(_kind(turned in before, turned in after), turned.host, turned.port, turned.kind,
                       _sorted(before.get(turned, set()) | after.get(turned, set())))
        for turned in sorted(before.keys() ^ after.keys(), key=str))


def _findings(old: _Side, new: _Side) -> tuple[FindingChange, ...]:
    before, after = old.findings(), new.findings()
    only = [(key, before.get(key) or after[key]) for key in sorted(before.keys() ^ after.keys())]
    return tuple(FindingChange(_kind(key in before, key in after), one.rule, one.severity, key[2] or None, one.message)
                 for key, one in only)
