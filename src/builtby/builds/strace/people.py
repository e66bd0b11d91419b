"""Who is who in what strace prints: threads, their processes, and who started them."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from builtby.builds.events import Ended, Event, Started
from builtby.builds.masking import Masker
from builtby.builds.seccomp.peer import Peer
from builtby.builds.teller import Actor, Teller

BIRTHS = frozenset({"clone", "clone3", "fork", "vfork"})


@dataclass(slots=True)
class Entry(Actor):
    """A process while it lives, and where it works."""

    cwd: str | None = None


class People(Teller):
    """Knows the processes. `tell` takes every event; `since` is when the build began, in seconds since 1970."""

    def __init__(self, tell: Callable[[Event], None], masker: Masker, main: int, cwd: str, since: float) -> None:
        super().__init__(tell, masker)
        self._main, self._cwd, self._since = main, cwd, since
        self._moment = 0.0
        self._threads: dict[int, Entry] = {}
        self._bearing: dict[int, bool] = {}
        """Threads in a call that starts another one, and whether that is a thread."""
        self._early: set[int] = set()
        """Threads that were seen before the call that started them returned; some have ended by then."""
        self.ended_well = False
        """Whether the end of the command itself was told."""

    def at(self, moment: float) -> None:
        """Say when the line was written that is looked at, in seconds since 1970."""
        self._moment = max(round(moment - self._since, 6), 0.0)

    def now(self) -> float:
        """Return the seconds since the build began."""
        return self._moment

    def known(self, tid: int) -> Entry | None:
        """Return the process of a thread; None when it was never heard of."""
        return self._threads.get(tid)

    def find(self, tid: int, *, sure: bool = True) -> Entry | None:
        """Return the process of a thread that is seen for the first time; None when more must be read to know it.

        `sure`: whether to wait for more rather than infer.
        """
        if tid == self._main and not self._threads:
            return self._appear(tid, 0, "recorded", self._cwd)
        entry = self._guess(tid) or (None if sure else self._appear(tid, 1, "inferred", None))
        if entry is not None:
            self._early.add(tid)
        return entry

    def _guess(self, tid: int) -> Entry | None:
        if len(self._bearing) == 1:
            parent, thread = self._bearing.popitem()
            return self.born(self._threads[parent], tid, thread=thread)
        found = Peer(tid).status()
        if found is not None:
            group, above = found
            if group != tid and group in self._threads:
                return self.born(self._threads[group], tid, thread=True)
            if group == tid and above in self._threads:
                return self.born(self._threads[above], tid, thread=False)
        return None

    def bears(self, tid: int, text: bytes) -> None:
        """Note that a thread is about to start another one, or a process."""
        if tid in self._threads:
            self._bearing[tid] = b"CLONE_THREAD" in text

    def bore(self, tid: int) -> None:
        """Note that the call has returned."""
        self._bearing.pop(tid, None)

    def told(self, parent: Entry, tid: int, *, thread: bool) -> None:
        """Take in whom a call that has returned started, unless it was seen before."""
        if tid in self._early:
            self._early.discard(tid)
        elif tid not in self._threads:
            self.born(parent, tid, thread=thread)

    def born(self, parent: Entry, tid: int, *, thread: bool) -> Entry:
        """Take in a new thread, or process, of which the parent is known."""
        if thread:
            self._threads[tid] = parent
            return parent
        entry = self._appear(tid, parent.id, "recorded", parent.cwd)
        entry.resolvers = set(parent.resolvers)
        return entry

    def _appear(self, pid: int, parent: int, claim: str, cwd: str | None) -> Entry:
        entry = self._threads[pid] = Entry(self.number(), pid, parent, claim, cwd=cwd)
        if cwd is None:
            with suppress(OSError):
                entry.cwd = os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115  # may be gone
        self.tell(Started(self.now(), entry.id, pid, parent, claim))
        return entry

    def ended(self, tid: int, code: int | None) -> None:
        """Forget a thread; with that of its number, the process ends."""
        self._bearing.pop(tid, None)
        self.ended_well = self.ended_well or tid == self._main
        entry = self._threads.pop(tid, None)
        if entry is not None and entry.pid == tid:
            self.tell(Ended(self.now(), entry.id, code))

    def superseded(self, tid: int, thread: int) -> None:
        """Note that a thread took its process's number."""
        self._threads.pop(thread, None)

    def id_of(self, pid: int) -> int | None:
        """Return the entry of a live process."""
        entry = self._threads.get(pid)
        return entry.id if entry else None
