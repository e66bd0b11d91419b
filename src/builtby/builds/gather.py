"""Events to nouns: what many events tell of one process, file or address becomes one entry."""

import os
from collections.abc import Callable
from typing import Any

import msgspec

from builtby.builds.events import Absent, Connected, Ended, Event, Noted, Ran, Started, Surroundings, Used
from builtby.builds.hashing import Hasher
from builtby.builds.model import Endpoint, Environment, FileUse, Notable, Process

LEFT = ("write", "rename", "truncate")
"""Kinds of access after which the file's last content is worth knowing."""
_Use = tuple[str, str, str | None, int, str | None, bool]
_Turn = tuple[str, str, int | None, int, str | None, bool]


class Gatherer:
    """Takes events in their order. `reach`: where a path of the build's is found from here."""

    def __init__(self, reach: Callable[[str], str] = str) -> None:
        self._reach = reach
        self._processes: dict[int, Process] = {}
        self._uses: dict[_Use, FileUse] = {}
        self._turns: dict[_Turn, Endpoint] = {}
        self._absent: dict[int, int] = {}
        self._notable: dict[tuple[str, int, str], Notable] = {}
        self._environments: list[Environment] = []
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            Started: self._started, Ran: self._ran, Ended: self._ended, Used: self._used, Absent: self._missed,
            Connected: self._connected, Noted: self._noted, Surroundings: self._surrounded}

    def take(self, event: Event) -> None:
        """Take in an event."""
        self._takers[type(event)](event)

    def _started(self, event: Started) -> None:
        self._processes[event.process] = Process(
            event.process, event.parent, event.pid, (), None, None, None, None, None, None, None, None, 0,
            event.time, None, None, parent_claim=event.parent_claim)

    def _ran(self, event: Ran) -> None:
        self._processes[event.process] = msgspec.structs.replace(
            self._processes[event.process], argv=event.argv, cwd=event.cwd, executable=event.executable,
            sha256=event.sha256, script=event.script, script_sha256=event.script_sha256,
            environment=event.environment, replaces=event.replaces)
        if event.replaces is not None:
            self._end(event.replaces, event.time, None)

    def _ended(self, event: Ended) -> None:
        self._end(event.process, event.time, event.exit_code)

    def _used(self, event: Used) -> None:
        key = (event.path, event.access, event.sha256, event.process, event.to, event.refused)
        known = self._uses.get(key)
        self._uses[key] = (
            msgspec.structs.replace(known, times=known.times + 1) if known else
            FileUse(event.path, event.access, event.sha256, event.process, event.size, to=event.to,
                    refused=event.refused, time=event.time))

    def _missed(self, event: Absent) -> None:
        self._absent[event.process] = self._absent.get(event.process, 0) + event.times

    def _connected(self, event: Connected) -> None:
        key = (event.kind, event.address, event.port, event.process, event.host, event.refused)
        known = self._turns.get(key)
        self._turns[key] = (
            msgspec.structs.replace(known, times=known.times + 1) if known else
            Endpoint(event.host, event.address, event.port, event.process, not event.refused, event.kind,
                     event.host_claim, time=event.time))

    def _noted(self, event: Noted) -> None:
        self._notable.setdefault((event.call, event.process, event.detail),
                                 Notable(event.call, event.process, event.detail, event.refused, event.time))

    def _surrounded(self, event: Surroundings) -> None:
        self._environments.append(Environment(event.names, event.values))

    def _end(self, number: int, time: float, code: int | None) -> None:
        self._processes[number] = msgspec.structs.replace(self._processes[number], ended=time, exit_code=code)

    def processes(self) -> tuple[Process, ...]:
        """Return the processes in order of appearance."""
        return tuple(msgspec.structs.replace(one, absent=self._absent.get(one.id, 0))
                     for one in self._processes.values())

    def files(self, hasher: Hasher) -> tuple[FileUse, ...]:
        """Return what was done with files; what was written gets the digest of what is there now."""
        return tuple(_as_left(use, hasher, self._reach) for use in self._uses.values())

    def network(self) -> tuple[Endpoint, ...]:
        """Return the addresses that were turned to."""
        return tuple(self._turns.values())

    def notable(self) -> tuple[Notable, ...]:
        """Return the calls that matter in themselves."""
        return tuple(self._notable.values())

    def environments(self) -> tuple[Environment, ...]:
        """Return the environments that programs were given."""
        return tuple(self._environments)


def _as_left(use: FileUse, hasher: Hasher, reach: Callable[[str], str]) -> FileUse:
    if use.access not in LEFT or use.path.startswith(("/proc/", "/sys/", "/dev/")):
        return use
    path = reach(use.to if use.access == "rename" and use.to else use.path)
    try:
        found = hasher.of(path, os.lstat(path))
    except (OSError, ValueError):
        found = None
    return msgspec.structs.replace(use, sha256=found.sha256 if found else None, size=found.size if found else None)
