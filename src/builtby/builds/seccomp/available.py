"""Whether this kernel has user notification, without trying it on a process."""

import ctypes
import errno
import os
import platform

from builtby.builds.seccomp.notify import machine

OLDEST = (5, 9)
_GET_SIZES = 3
_libc = ctypes.CDLL(None, use_errno=True)


def lacking() -> str | None:
    """Return what is missing here, in words; None when all is there. Another listener is only met by trying."""
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    if release < OLDEST:
        return f"Linux {platform.release()} has no seccomp user notification as it is needed (5.9)"
    sizes = ctypes.create_string_buffer(6)
    if _libc.syscall(machine().seccomp, _GET_SIZES, 0, sizes) == 0:
        return None
    error = ctypes.get_errno()
    if error in (errno.EPERM, errno.EACCES):
        return f"seccomp is forbidden here ({os.strerror(error)})"
    return "this kernel has no seccomp user notification"
