"""The loop: a call of the build waits, is looked at, told, and let go on."""

import errno
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from builtby.builds.events import Event, Noted
from builtby.builds.hashing import Hasher
from builtby.builds.masking import Masker
from builtby.builds.processes import descendants, forwarding, kill_all, signal_all, stop_too
from builtby.builds.seccomp.calls import READING, Calls, RefusedError
from builtby.builds.seccomp.child import Started, start
from builtby.builds.seccomp.notify import Listener, Request, adopt_orphans, machine
from builtby.builds.seccomp.peer import GonePeerError, Peers
from builtby.builds.seccomp.syscalls import Machine
from builtby.builds.seccomp.tracker import Tracker

GRACE = 2.0
"""Seconds that processes may go on after the command ended; then they are asked to end, and as long after killed."""
FOREIGN = "system calls of another instruction set, which were refused"
FAILED = "calls on which the recorder itself failed"
KILLED = "what came after the process that watches over the build was killed: then the build was ended"


class LostLogError(OSError):
    """An event could not be told: that is no record any more."""


class Launch(Protocol):
    """Starts a command under the filter, stopped at its first call."""

    def __call__(self, command: list[str], known: Machine) -> Started:
        """Return the started command. Raises UnavailableError before anything of it has run."""


class Outcome(NamedTuple):
    """How a build ended. `status` is an exit code as a shell has it: 128 and the number for a signal."""

    status: int
    signal: int | None
    seconds: float
    lost: dict[str, int]
    survivors: tuple[int, ...]


class Supervisor:
    """Runs one command, and tells of all that it does.

    `tell` may raise RefusedError: then the call that the event is of fails. `launch` starts the command, and `known`
    names the calls that are looked at, if not the usual ones.
    """

    def __init__(self, command: list[str], tell: Callable[[Event], None], masker: Masker, hasher: Hasher,
                 launch: Launch = start, known: Machine | None = None) -> None:
        self._command, self._taker, self._masker, self._hasher = command, tell, masker, hasher
        self._launch, self._known = launch, known or machine()
        self._status: int | None = None
        self._names = {number: name for name, number in self._known.calls.items()}
        self._reading = frozenset(number for number, name in self._names.items() if name in READING)
        self._arch = self._known.audit

    def run(self) -> Outcome:
        """Run the command to its end. Raises UnavailableError before anything of it has run.

        Whatever happens here, no process of the build is left behind.
        """
        adopt_orphans()
        with forwarding() as (wake, self._send_to):
            begun = time.monotonic()
            started = self._started = self._launch(self._command, self._known)
            self._send_to[0] = started.pid
            self._peers = Peers(started.root)
            self._tracker = Tracker(self._tell, self._masker, started.pid, started.keepers)
            calls = Calls(self._tracker, self._hasher, self._peers)
            self._handlers = {number: calls.handlers[name] for number, name in self._names.items()}
            try:
                self._until_ended(started.listener, wake)
                survivors = self._wind_up(started.listener, wake)
                self._tracker.finish()
            finally:
                kill_all(self._reap)
                started.listener.close()
                self._peers.close()
                if started.status is not None:
                    os.close(started.status)
        status = self._status if self._status is not None else 1
        code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return Outcome(code, number, time.monotonic() - begun, self._tracker.lost, survivors)

    def _tell(self, event: Event) -> None:
        try:
            self._taker(event)
        except OSError as error:
            raise LostLogError(error.errno, error.strerror) from error

    def _until_ended(self, listener: Listener, wake: int) -> None:
        poll = _poll(listener, wake)
        if self._started.status is not None:
            poll.register(self._started.status, select.POLLIN)
        while self._status is None:
            self._step(poll, listener, wake, None)

    def _step(self, poll: select.poll, listener: Listener, wake: int, seconds: float | None) -> None:
        for descriptor, what in poll.poll(None if seconds is None else int(seconds * 1000)):
            if descriptor == wake:
                os.read(wake, 4096)
                self._reap()
            elif descriptor == self._started.status:
                self._heard(poll, descriptor)
            elif what & select.POLLIN:
                request = listener.receive()
                if request is not None:
                    self._look(listener, request)
            else:  # nobody is under the filter any more
                poll.unregister(descriptor)

    def _look(self, listener: Listener, request: Request) -> None:
        """Look at one call. A fault of ours must not stop the build: it is counted, and the record is incomplete."""
        peer = self._peers.of(request.tid, request.instruction, reads=request.call in self._reading)
        try:
            entry = self._tracker.of(peer)
            handler = self._handlers.get(request.call) if request.arch == self._arch else None
            if entry is None:
                listener.go_on(request)
            elif handler is None:
                self._tell(Noted(self._tracker.now(), entry.id, "foreign-abi", FOREIGN, refused=True))
                listener.refuse(request, errno.ENOSYS)
            else:
                handler(peer, entry, request.args)
                listener.go_on(request)
        except RefusedError as refused:
            listener.refuse(request, refused.reason)
        except GonePeerError:
            self._peers.drop(request.tid)
            self._look(listener, request)
        except LostLogError:
            raise
        except (OSError, ValueError, OverflowError, LookupError):
            self._failed(listener, request)

    def _failed(self, listener: Listener, request: Request) -> None:
        if listener.valid(request):
            self._tracker.loses(FAILED)
        listener.go_on(request)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._started.pid and self._status is None:
                    self._status = status

    def _heard(self, poll: select.poll, descriptor: int) -> None:
        """Take the command's status from what is around it; what ended without telling was killed."""
        told = os.read(descriptor, 4)
        if len(told) != 4:
            self._tracker.loses(KILLED)
        status = int.from_bytes(told, "little") if len(told) == 4 else int(signal.SIGKILL)
        if os.WIFSTOPPED(status):
            stop_too(self._started.pid, os.WSTOPSIG(status))
            return
        self._status = status
        poll.unregister(descriptor)

    def _left(self) -> list[int]:
        """Return the build's processes that are still there."""
        return [pid for pid in descendants() if pid not in self._started.keepers]

    def _wind_up(self, listener: Listener, wake: int) -> tuple[int, ...]:
        """Let processes that outlive the command end by themselves for a moment; return the entries that do not."""
        self._send_to[0] = 0
        survivors: tuple[int, ...] = ()
        for number in (None, signal.SIGTERM):
            if number is not None and (left := self._left()):
                survivors = tuple(sorted(found for pid in left if (found := self._tracker.id_of(pid)) is not None))
                signal_all(left, number)
            poll, until = _poll(listener, wake), time.monotonic() + GRACE
            while (left := self._left()) and time.monotonic() < until:
                self._step(poll, listener, wake, 0.05)
                self._reap()
        return survivors


def _poll(listener: Listener, wake: int) -> select.poll:
    poll = select.poll()
    poll.register(listener.descriptor, select.POLLIN)
    poll.register(wake, select.POLLIN)
    return poll
