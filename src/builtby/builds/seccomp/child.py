"""Starts the command under the filter, and hands the listener to the supervisor."""

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from builtby.builds.seccomp.notify import Listener, UnavailableError, listen
from builtby.builds.seccomp.syscalls import Machine
from builtby.builds.seccomp.warden import dismiss, warded

NOT_FOUND, NOT_RUN = 127, 126
"""Exit codes of a command that is not there, or may not be run: a shell's."""
_REASONS = {
    errno.EBUSY: ("this process is already under a seccomp listener (another recorder, or a container's own)",
                  "Record from outside of it, or without the other recorder."),
    errno.EACCES: ("the kernel forbids seccomp filters here", "Run it where seccomp may be used."),
    errno.EPERM: ("the container's profile forbids seccomp filters", "Allow the `seccomp` call in its profile."),
}
_KERNEL = ("this kernel has no seccomp user notification", "It needs Linux 5.9 or later; gVisor has none.")


class Started(NamedTuple):
    """A command that runs and waits at its first call: the listener answers it."""

    pid: int
    listener: Listener
    status: int | None = None
    """A descriptor on which its wait status comes, as four bytes, whenever it stops and when it ends."""
    root: str = ""
    """Where /proc leads to its root, when that is another than ours."""
    keepers: frozenset[int] = frozenset()
    """Processes around it, such as a sandbox's, which are none of the build's. They adopt its orphans."""


def start(command: list[str], known: Machine, prepare: Callable[[], None] | None = None) -> Started:
    """Start a command under the filter. Raises UnavailableError when the kernel or the container does not allow it.

    `prepare` is called in the new process, before the filter: an OSError of it keeps the command from being run.
    """
    ours, theirs = socket.socketpair()
    started = warded(lambda: _become(command, ours, theirs, known, prepare), lambda: _close(ours, theirs))
    theirs.close()
    with ours:
        message, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
    if not descriptors:
        os.close(started.status)
        dismiss(started.warden)
        raise UnavailableError(*_REASONS.get(int(message or b"0"), _KERNEL))
    return Started(int(message), Listener(descriptors[0]), started.status, keepers=frozenset({started.warden}))


def _close(*sockets: socket.socket) -> None:
    for one in sockets:
        one.close()


def _become(command: list[str], ours: socket.socket, channel: socket.socket, known: Machine,
            prepare: Callable[[], None] | None) -> NoReturn:
    """Be the command. Never returns, whatever happens."""
    try:
        ours.close()
        if prepare is not None:
            prepare()
        _under_filter(channel, known)
        _defaults()
        os.execvp(command[0], command)  # noqa: S606  # the caller's own words, without a shell
    except OSError as error:
        with suppress(OSError):
            os.write(2, f"builtby: cannot run {command[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if error.errno == errno.ENOENT else NOT_RUN)
    finally:
        os._exit(NOT_RUN)


def _under_filter(channel: socket.socket, known: Machine) -> None:
    """Enter the filter; a thread that stays outside of it hands the listener over, for sending is filtered too."""
    asked, told = os.pipe()
    done = threading.Event()

    def hand_over() -> None:
        text = os.read(asked, 16)
        if int(text) >= 0:
            socket.send_fds(channel, [b"%d" % os.getpid()], [int(text)])
        else:
            channel.send(b"%d" % -int(text))
        done.set()

    threading.Thread(target=hand_over, daemon=True).start()
    try:
        listener = listen(known)
    except OSError as error:
        os.write(told, b"%d" % -(error.errno or errno.ENOSYS))
        done.wait()
        os._exit(NOT_RUN)
    os.write(told, b"%d" % listener)
    done.wait()
    for descriptor in (listener, asked, told):
        os.close(descriptor)
    channel.close()


def _defaults() -> None:
    """Give back the signals that Python ignores for itself: the build must not inherit them."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
