"""Calls that no build needs, refused by a filter of their own: numbers of the kernel's `syscall_64.tbl`, `unistd.h`."""

import ctypes
import errno
import struct

from builtby.builds.seccomp.bpf import ALLOW
from builtby.builds.seccomp.syscalls import Machine

ERRNO = 0x00050000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCH, _SECOND_ARGUMENT = 0, 4, 24
_TERMINAL = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: typing into the terminal, for the user's shell to run."""
_X86_64 = {
    "acct": 163, "add_key": 248, "adjtimex": 159, "bpf": 321, "clock_settime": 227, "delete_module": 176,
    "finit_module": 313, "fsmount": 432, "fsopen": 430, "fspick": 433, "init_module": 175, "ioperm": 173, "iopl": 172,
    "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250, "mount_setattr": 442, "open_by_handle_at": 304,
    "perf_event_open": 298, "quotactl": 179, "reboot": 169, "request_key": 249, "setdomainname": 171,
    "sethostname": 170, "settimeofday": 164, "swapoff": 168, "swapon": 167, "userfaultfd": 323,
}
_AARCH64 = {
    "acct": 89, "add_key": 217, "adjtimex": 171, "bpf": 280, "clock_settime": 112, "delete_module": 106,
    "finit_module": 273, "fsmount": 432, "fsopen": 430, "fspick": 433, "init_module": 105, "kexec_file_load": 294,
    "kexec_load": 104, "keyctl": 219, "mount_setattr": 442, "open_by_handle_at": 265, "perf_event_open": 241,
    "quotactl": 60, "reboot": 142, "request_key": 218, "setdomainname": 162, "sethostname": 161, "settimeofday": 170,
    "swapoff": 225, "swapon": 224, "userfaultfd": 282,
}
_CALLS = {0xC000003E: (_X86_64, 16), 0xC00000B7: (_AARCH64, 29)}
"""By the machine's audit number: the calls, and the number of ioctl."""


def program(known: Machine) -> bytes:
    """Return the filter as an array of `struct sock_filter`. Foreign interfaces are left to the recorder's filter."""
    calls, ioctl = _CALLS[known.audit]
    refuse = _op(_RETURN, ERRNO | errno.EPERM)
    body = [_op(_LOAD, _NUMBER)]
    for number in sorted(calls.values()):
        body += [_op(_EQUAL, number, 0, 1), refuse]
    body += [_op(_EQUAL, ioctl, 1, 0), _op(_RETURN, ALLOW), _op(_LOAD, _SECOND_ARGUMENT)]
    for request in _TERMINAL:
        body += [_op(_EQUAL, request, 0, 1), refuse]
    body.append(_op(_RETURN, ALLOW))
    return b"".join([_op(_LOAD, _ARCH), _op(_EQUAL, known.audit, 1, 0), _op(_RETURN, ALLOW), *body])


def enter(known: Machine) -> None:
    """Put this thread under the filter, for good. Raises OSError."""
    code = program(known)
    held = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, ctypes.c_ulong(1), 0, 0, 0)
    if libc.syscall(known.seccomp, 1, 0, header) != 0:
        raise OSError(ctypes.get_errno(), "the kernel refuses a seccomp filter")


def _op(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)
