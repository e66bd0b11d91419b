"""Who is who: processes of the build, their parents, and the programs that they run one after the other."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builtby.builds.events import Absent, Event, Started
from builtby.builds.masking import Masker
from builtby.builds.seccomp.peer import Peer
from builtby.builds.teller import Actor, Teller


@dataclass(slots=True)
class Entry(Actor):
    """A process while it lives, and what is known of it from one call to the next."""

    ppid: int = 0
    missed: int = 0
    """Files that it asked for and that are not there, since that was last told."""
    elsewhere: bool = False
    """Whether it, or what started it, changed its view of the file system."""


class Tracker(Teller):
    """Knows the processes. `tell` takes every event; `keepers` adopt orphans, as this process does."""

    def __init__(self, tell: Callable[[Event], None], masker: Masker, main: int,
                 keepers: frozenset[int] = frozenset()) -> None:
        super().__init__(tell, masker)
        self._main = main
        self._since = time.monotonic()
        self._adopters = frozenset({os.getpid(), *keepers})
        self._live: dict[int, Entry] = {}

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
                self.tell_missed(entry)
            entry = self._appeared(pid, parent)
        entry.ppid, peer.elsewhere = parent, entry.elsewhere
        return entry

    def _appeared(self, pid: int, parent: int) -> Entry:
        above, claim = self._above(pid, parent)
        started_by = self._live.get(parent)
        entry = self._live[pid] = Entry(self.number(), pid, above, claim, ppid=parent,
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

    def ended(self, entry: Entry) -> None:
        """Forget a process."""
        self.tell_missed(entry)
        self._live.pop(entry.pid, None)

    def finish(self) -> None:
        """Tell what was only counted of the processes that are not known to have ended."""
        for entry in self._live.values():
            self.tell_missed(entry)

    def tell_missed(self, entry: Entry) -> None:
        """Tell how often a process asked for what is not there: half of all calls, and each would be an event."""
        if entry.missed:
            self.tell(Absent(self.now(), entry.id, entry.missed))
            entry.missed = 0

    def id_of(self, pid: int) -> int | None:
        """Return the entry of a live process."""
        entry = self._live.get(pid)
        return entry.id if entry else None
