"""The process between the recorder and the build: when the recorder is killed, the build must not go on unseen.

A recorder that is killed with SIGKILL can clean up nothing. Calls that are looked at fail from then on, but a program
that makes none would go on. So the build hangs on a process that the kernel tells of the recorder's end, and that
adopts what the build leaves behind. If that process is killed itself, the recorder sees it, and ends the build.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from builtby.builds.processes import descendants, signal_all
from builtby.builds.seccomp.notify import adopt_orphans, die_with_parent

ALONE = signal.SIGRTMIN + 7
"""What the kernel sends when the recorder ended."""
_PASSED_ON = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
              signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""Signals that are meant for the build, or for the recorder: the warden stays."""
_TRIES, _PAUSE = 1000, 0.005


class Warded(NamedTuple):
    """A process that was started by a warden."""

    warden: int
    status: int
    """A descriptor on which its wait status comes, as four bytes, whenever it stops and when it ends; nothing comes
    when the warden was killed."""


def warded(begin: Callable[[], NoReturn], release: Callable[[], None]) -> Warded:
    """Start a process that calls `begin`, below a warden, which calls `release` to let go of what it need not hold."""
    told, tell = os.pipe2(os.O_CLOEXEC)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(told)
            _watch(begin, release, tell, parent)
        finally:
            os._exit(1)
    os.close(tell)
    return Warded(pid, told)


def dismiss(warden: int) -> None:
    """End a warden whose process is gone."""
    with suppress(ProcessLookupError):
        os.kill(warden, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(warden, 0)


def _watch(begin: Callable[[], NoReturn], release: Callable[[], None], tell: int, parent: int) -> NoReturn:
    adopt_orphans()
    signal.set_wakeup_fd(-1)
    signal.signal(ALONE, lambda *_: _end_all())
    die_with_parent(ALONE)
    if os.getppid() != parent:
        os._exit(1)
    pid = os.fork()
    if pid == 0:
        signal.signal(ALONE, signal.SIG_DFL)
        begin()
    release()
    for number in _PASSED_ON:
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            told, status = os.waitpid(-1, os.WUNTRACED)
        except ChildProcessError:
            signal.pause()
            continue
        if told == pid:
            os.write(tell, status.to_bytes(4, "little"))


def _end_all() -> NoReturn:
    """Kill the build, and what it starts meanwhile."""
    with suppress(OSError):
        os.write(2, b"builtby: the recorder was killed: the build was ended, and its record is incomplete\n")
    for _ in range(_TRIES):
        left = descendants()
        if not left:
            break
        signal_all(left, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(_PAUSE)
    os._exit(1)
