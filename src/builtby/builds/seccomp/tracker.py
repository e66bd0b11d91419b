"""Who is who: processes of the build, their parents, and the programs that they run one after the other."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from builtby.builds.events import Absent, Event, Started, Surroundings
from builtby.builds.masking import Masker
from builtby.builds.seccomp.peer import Peer

MOST_GIVEN = 256
"""Environments of which it is remembered that they were masked already: most programs get their parent's."""


@dataclass(slots=True)
class Entry:
    """A process while it lives. `id` is its entry in the record; it changes when it runs another program."""

    id: int
    pid: int
    ppid: int
    parent: int
    claim: str = "recorded"
    ran: bool = False
    asked: str | None = None
    """The last name that it asked a resolver for."""
    resolvers: set[int] = field(default_factory=set)
    """Descriptors that it connected to a resolver."""
    missed: int = 0
    """Files that it asked for and that are not there, since that was last told."""
    elsewhere: bool = False
    """Whether it, or what started it, changed its view of the file system."""


class Tracker:
    """Knows the processes. `tell` takes every event; `keepers` adopt orphans, as this process does."""

    def __init__(self, tell: Callable[[Event], None], masker: Masker, main: int,
                 keepers: frozenset[int] = frozenset()) -> None:
        self.tell, self.masker, self._main = tell, masker, main
        self._since = time.monotonic()
        self._adopters = frozenset({os.getpid(), *keepers})
        self._live: dict[int, Entry] = {}
        self._last = 0
        self._environments: dict[tuple[object, ...], int] = {}
        self._given: dict[tuple[str, ...], int] = {}
        self.lost: dict[str, int] = {}
        """What could not be observed, in words, and how often."""

    def now(self) -> float:
        """Return the seconds since the build began."""
        return round(time.monotonic() - self._since, 6)

    def of(self, peer: Peer) -> Entry | None:
        """Return the process that a thread belongs to, None when it is gone."""
        if peer.pid is not None and (known := self._live.get(peer.pid)) is not None:
            peer.elsewhere = known.elsewhere
            return known
        found = peer.status()
        if found is None:
            return None
        pid, parent = found
        entry = self._live.get(pid)
        if entry is None or parent not in (entry.ppid, *self._adopters):  # the number was given to another process
            if entry is not None:
                self._tell_missed(entry)
            entry = self._appeared(pid, parent)
        entry.ppid, peer.elsewhere = parent, entry.elsewhere
        return entry

    def _appeared(self, pid: int, parent: int) -> Entry:
        above, claim = self._above(pid, parent)
        self._last += 1
        started_by = self._live.get(parent)
        entry = self._live[pid] = Entry(self._last, pid, parent, above, claim,
                                        elsewhere=started_by is not None and started_by.elsewhere)
        self.tell(Started(self.now(), entry.id, pid, above, claim))
        return entry

    def _above(self, pid: int, parent: int) -> tuple[int, str]:
        """Return the entry that started a process, and how that is known."""
        if pid == self._main:
            return 0, "recorded"
        if parent not in self._adopters:
            known = self._live.get(parent) or self.of(Peer(parent))
            return (known.id, "recorded") if known else (1, "inferred")
        for leader in self._leaders(pid):  # its parent ended before it did anything that is looked at
            if leader in self._live and leader != pid:
                return self._live[leader].id, "inferred"
        return 1, "inferred"

    @staticmethod
    def _leaders(pid: int) -> Iterable[int]:
        try:
            return os.getpgid(pid), os.getsid(pid)
        except OSError:
            return ()

    def runs(self, entry: Entry) -> int | None:
        """Note that a process runs a program; return the entry that it replaces, None when it is its first."""
        before = entry.id if entry.ran else None
        if before is not None:
            self._tell_missed(entry)
            self._last += 1
            entry.id = self._last
            self.tell(Started(self.now(), entry.id, entry.pid, entry.parent, entry.claim))
        entry.ran = True
        return before

    def ended(self, entry: Entry) -> None:
        """Forget a process."""
        self._tell_missed(entry)
        self._live.pop(entry.pid, None)

    def finish(self) -> None:
        """Tell what was only counted of the processes that are not known to have ended."""
        for entry in self._live.values():
            self._tell_missed(entry)

    def _tell_missed(self, entry: Entry) -> None:
        """Tell how often a process asked for what is not there: half of all calls, and each would be an event."""
        if entry.missed:
            self.tell(Absent(self.now(), entry.id, entry.missed))
            entry.missed = 0

    def environment(self, pairs: list[str]) -> int:
        """Return the number of an environment; one not seen before is told."""
        given = tuple(pairs)
        number = self._given.get(given)
        if number is None:
            if len(self._given) >= MOST_GIVEN:
                self._given.clear()
            number = self._given[given] = self._told(given)
        return number

    def _told(self, pairs: tuple[str, ...]) -> int:
        names, values = self.masker.environment(pairs)
        key = (names, *values.items())
        number = self._environments.get(key)
        if number is None:
            number = self._environments[key] = len(self._environments)
            self.tell(Surroundings(self.now(), 0, number, names, values))
        return number

    def id_of(self, pid: int) -> int | None:
        """Return the entry of a live process."""
        entry = self._live.get(pid)
        return entry.id if entry else None

    def loses(self, what: str) -> None:
        """Count something that could not be observed."""
        self.lost[what] = self.lost.get(what, 0) + 1
