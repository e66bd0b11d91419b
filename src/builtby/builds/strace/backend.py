"""Runs a build under strace, and tells of all that it does."""

import errno
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from builtby.builds.events import Event
from builtby.builds.hashing import Hasher
from builtby.builds.masking import Masker
from builtby.builds.processes import descendants, forwarding, kill_all, signal_all, stop_too
from builtby.builds.seccomp.notify import adopt_orphans
from builtby.builds.seccomp.supervisor import GRACE, Outcome
from builtby.builds.strace import command as strace
from builtby.builds.strace.people import People
from builtby.builds.strace.reader import Reader
from builtby.builds.unseen import CONTENT, OUTSIDE

PIECE = 1 << 16
ENDED = "everything after strace itself was ended"
CANNOT = (
    OUTSIDE,
    "what a file held at the moment of its opening: strace tells of it afterwards, and it is hashed then, so that who "
    "puts it back within milliseconds can go unseen",
    CONTENT,
    "processes that ask not to be traced (CLONE_UNTRACED): their calls fail",
)
"""What the strace back end never sees."""


class Strace:
    """The back end; one build each. Raises UnavailableError when strace cannot be used here."""

    name = "strace"

    def __init__(self) -> None:
        self._strace = strace.found()
        self._status: int | None = None
        self._reader: Reader | None = None
        self._tracer: int | None = None
        self._warden, self._told = 0, -1
        self._ended = False

    def unobserved(self) -> tuple[str, ...]:
        """Return what was not seen, in words."""
        count = self._reader.calls.unhashed if self._reader else 0
        gone = f"the content of {count:,} readings: the file was gone or changing when its turn to be hashed came"
        return (*((gone,) if count else ()), *CANNOT)

    def run(self, command: list[str], tell: Callable[[Event], None], masker: Masker, hasher: Hasher) -> Outcome:
        """Run the command to its end. Whatever happens here, no process of the build is left behind."""
        begun = time.monotonic()
        reason = strace.missing(command)
        if reason is not None:
            print(f"builtby: cannot run {command[0]}: {reason[1]}", file=sys.stderr)
            return Outcome(reason[0], None, time.monotonic() - begun, {}, ())
        adopt_orphans()
        with tempfile.TemporaryDirectory(prefix="builtby-") as folder, forwarding() as (wake, to):
            self._pipe = str(Path(folder) / "strace")
            os.mkfifo(self._pipe, 0o600)
            trace = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return self._traced(command, tell, masker, hasher, trace, wake, to, begun)
            finally:
                kill_all(self._reap, self._left)  # strace last, without which the others could go on
                os.close(trace)
                if self._told >= 0:
                    os.close(self._told)

    def _traced(self, command: list[str], tell: Callable[[Event], None], masker: Masker, hasher: Hasher, trace: int,
                wake: int, to: list[int], begun: float) -> Outcome:
        since = time.time()
        started = strace.start(strace.words(self._strace, self._pipe, command))
        self._main, self._warden, self._told = started
        to[0] = self._main
        people = People(tell, masker, self._main, str(Path.cwd()), since)
        self._reader = Reader(people, hasher)
        poll = select.poll()
        poll.register(trace, select.POLLIN)
        poll.register(wake, select.POLLIN)
        poll.register(self._told, select.POLLIN)
        while self._status is None and not self._ended:
            self._step(poll, trace, wake, None)
        to[0] = 0
        survivors = self._wind_up(people, poll, trace, wake)
        self._reader.finish()
        if not people.ended_well:
            people.loses(ENDED)
        return self._outcome(people, begun, survivors)

    def _outcome(self, people: People, begun: float, survivors: tuple[int, ...]) -> Outcome:
        status = self._status if self._status is not None else int(signal.SIGKILL)
        code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return Outcome(code, number, time.monotonic() - begun, people.lost, survivors)

    def _step(self, poll: select.poll, trace: int, wake: int, seconds: float | None) -> None:
        for descriptor, what in poll.poll(None if seconds is None else int(seconds * 1000)):
            if descriptor == wake:
                os.read(wake, 4096)
                self._reap()
            elif descriptor == self._told:
                self._heard(poll)
            elif what & select.POLLIN:
                self._take(trace)
            else:
                self._ended = True
                poll.unregister(descriptor)

    def _heard(self, poll: select.poll) -> None:
        raw = os.read(self._told, 4)
        status = int.from_bytes(raw, "little") if raw else int(signal.SIGKILL)  # its warden was killed
        if os.WIFSTOPPED(status):
            stop_too(self._main, os.WSTOPSIG(status))
            return
        self._status = status
        poll.unregister(self._told)

    def _take(self, trace: int) -> None:
        try:
            data = os.read(trace, PIECE)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return
            raise
        if self._tracer is None:
            self._tracer = self._find_tracer()
        if data and self._reader:
            self._reader.feed(data)

    def _find_tracer(self) -> int:
        """Return strace itself, which is none of the build's: the process that has the pipe's name in its words."""
        name = os.fsencode(self._pipe)
        for pid in descendants():
            with suppress(OSError):
                if pid != self._main and name in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    return pid
        return 0

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _left(self) -> list[int]:
        return [pid for pid in descendants() if pid not in (self._tracer, self._warden)]

    def _wind_up(self, people: People, poll: select.poll, trace: int, wake: int) -> tuple[int, ...]:
        """Let processes that outlive the command end by themselves for a moment; return the entries that do not.

        Then let strace tell the rest.
        """
        survivors: tuple[int, ...] = ()
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None and (left := self._left()):
                if number == signal.SIGTERM:
                    survivors = tuple(sorted(found for pid in left if (found := people.id_of(pid)) is not None))
                signal_all(left, number)
            until = time.monotonic() + GRACE
            while not (self._ended and self._status is not None and not self._left()) and time.monotonic() < until:
                self._step(poll, trace, wake, 0.02)
                self._reap()
        return survivors
