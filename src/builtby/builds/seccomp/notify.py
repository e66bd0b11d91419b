"""The listener: what waits, and the answer. Layouts of `linux/seccomp.h`."""

import ctypes
import errno
import fcntl
import os
import platform
import struct
from contextlib import suppress
from typing import NamedTuple

from builtby.builds.seccomp.bpf import program
from builtby.builds.seccomp.syscalls import MACHINES, Machine

_RECEIVE, _SEND, _VALID, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082102, 0x40082104
_SYNC_WAKE_UP = 1
_CONTINUE = 1
_SET_FILTER, _SPEC_ALLOW, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 2, 1 << 3, 1 << 5
"""SPEC_ALLOW: kernels before 5.16 slow down what is under a filter against Spectre, if not told that it does not hold
what the filter is to keep out: here it keeps nothing out."""
_NO_NEW_PRIVS, _DEATH_SIGNAL, _SUBREAPER = 38, 1, 36
_REQUEST, _ARGUMENTS = struct.Struct("=QIIiIQ48s"), struct.Struct("=6Q")
_ANSWER = struct.Struct("=QqiI")


class UnavailableError(RuntimeError):
    """User notification cannot be had here; the message says why, the remedy what helps."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


class Request(NamedTuple):
    """A call that waits: who makes it, and with what."""

    id: int
    tid: int
    call: int
    arch: int
    instruction: int
    """Where the caller's program is: an address that it can be read at as long as it is there."""
    args: tuple[int, ...]


_libc = ctypes.CDLL(None, use_errno=True)


def machine() -> Machine:
    """Return this machine's numbers. Raises UnavailableError for an instruction set that has none here."""
    name = platform.machine()
    if name not in MACHINES:
        raise UnavailableError(f"recording is not ready for {name} machines", "Record on x86-64 or arm64 Linux.")
    return MACHINES[name]


def listen(known: Machine) -> int:
    """Put this thread and all that it starts under the filter; return the listener's descriptor.

    Raises OSError: EBUSY under another listener, EINVAL or ENOSYS on a kernel without it.
    """
    code = program(known)
    held = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(held)))
    _prctl(_NO_NEW_PRIVS, 1)
    for flags in (_SPEC_ALLOW | _NEW_LISTENER | _WAIT_KILLABLE, _SPEC_ALLOW | _NEW_LISTENER):
        done: int = _libc.syscall(known.seccomp, _SET_FILTER, flags, header)
        if done >= 0:
            return done
        if ctypes.get_errno() != errno.EINVAL:
            break
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def die_with_parent(signal: int) -> None:
    """Ask for a signal when the thread that started this process ends."""
    _prctl(_DEATH_SIGNAL, signal)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends, so that none is lost sight of."""
    _prctl(_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Listener:
    """The supervisor's end."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._buffer, self._empty = bytearray(_REQUEST.size), bytes(_REQUEST.size)
        self._together()

    def _together(self) -> None:
        """Have the kernel wake caller and supervisor on one processor, for one waits for the other. Linux 6.6."""
        with suppress(OSError):
            fcntl.ioctl(self.descriptor, _SET_FLAGS, _SYNC_WAKE_UP)

    def receive(self) -> Request | None:
        """Return the next call that waits, None when its process ended meanwhile. Ask poll first: this may block."""
        self._buffer[:] = self._empty
        try:
            fcntl.ioctl(self.descriptor, _RECEIVE, self._buffer)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return None
            raise
        identity, tid, _, call, arch, instruction, args = _REQUEST.unpack(self._buffer)
        return Request(identity, tid, call & 0xFFFFFFFF, arch, instruction, _ARGUMENTS.unpack(args))

    def valid(self, request: Request) -> bool:
        """Whether the caller still waits: only then was what was read of its memory its own."""
        try:
            fcntl.ioctl(self.descriptor, _VALID, struct.pack("=Q", request.id))
        except OSError:
            return False
        return True

    def go_on(self, request: Request) -> None:
        """Let the call happen."""
        self._answer(_ANSWER.pack(request.id, 0, 0, _CONTINUE))

    def refuse(self, request: Request, reason: int) -> None:
        """Let the call fail with an error number."""
        self._answer(_ANSWER.pack(request.id, 0, -reason, 0))

    def _answer(self, data: bytes) -> None:
        try:
            fcntl.ioctl(self.descriptor, _SEND, data)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINPROGRESS):  # the caller was killed while it waited
                raise

    def close(self) -> None:
        """Let go; calls that would wait fail with ENOSYS from now on."""
        os.close(self.descriptor)
