"""A build's processes from outside: who is left, and signals that are passed on. Linux only."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGQUIT,
              signal.SIGTSTP)
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
_LOOKS, _PAUSE = 3, 0.02
"""How often, and after how many seconds each, it is looked whether the command is still stopped."""


def descendants() -> list[int]:
    """Return this process's descendants: orphans among them are its children, if it adopts them."""
    found, queue = [], [os.getpid()]
    while queue:
        parent = queue.pop()
        children = [child for task in _listed(f"/proc/{parent}/task")
                    for child in _children(f"/proc/{parent}/task/{task}/children")]
        found += children
        queue += children
    return found


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # names are wanted
    except OSError:
        return []


def _children(path: str) -> list[int]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def signal_all(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes, some of which may be gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def stop_too(pid: int, number: int) -> None:
    """Stop by the signal that stopped the command, so that the shell sees the job stop; go on, and it goes on too.

    Who stopped both may have let both go on by now, before this was heard of: so it is looked again for a moment.
    """
    for _ in range(_LOOKS):
        if not _stopped(pid):
            return
        time.sleep(_PAUSE)
    handler = None if number == signal.SIGSTOP else signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    if handler is not None:
        signal.signal(number, handler)
    signal_all((pid,), signal.SIGCONT)


def _stopped(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()[0] in b"Tt"
    except (OSError, IndexError):
        return False


def kill_all(reap: Callable[[], None], first: Callable[[], list[int]] = list) -> None:
    """Kill what is left of a build, and what that starts meanwhile; what `first` names before all others."""
    for _ in range(100):
        left = descendants()
        if not left:
            return
        signal_all(first() or left, signal.SIGKILL)
        time.sleep(0.01)
        reap()


@contextmanager
def forwarding() -> Iterator[tuple[int, list[int]]]:
    """Pass signals on to the command, whose number the caller puts in the list; yield what is readable at SIGCHLD."""
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    to = [0]

    def forward(number: int, _frame: FrameType | None) -> None:
        if to[0] and not (number in _FROM_TERMINAL and _in_foreground()):
            with suppress(ProcessLookupError):
                os.kill(to[0], number)

    handled = [number for number in _FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in handled}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
    old = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    try:
        yield wake, to
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wake)
        os.close(woken)


def _in_foreground() -> bool:
    """Whether the terminal's keys reach the command by themselves, being in the terminal's foreground group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
