"""System calls that are looked at, by name, with their numbers. Sources: the kernel's `syscall_64.tbl` and `unistd.h`.

Calls that a machine lacks (`open` on arm64) are left out there. The tests hold both tables against the headers of the
kernel; on arm64 itself nothing was measured yet.
"""

from typing import NamedTuple


class Machine(NamedTuple):
    """An instruction set's numbers, as the kernel has them."""

    audit: int
    """AUDIT_ARCH of the native system call interface."""
    seccomp: int
    """The number of `seccomp` itself."""
    calls: dict[str, int]
    highest: int | None = None
    """Numbers from this one on belong to another interface (x32); None where there is none."""


_X86_64 = {
    "open": 2, "connect": 42, "sendto": 44, "sendmsg": 46, "execve": 59, "truncate": 76, "rename": 82, "creat": 85,
    "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "ptrace": 101, "pivot_root": 155, "chroot": 161,
    "mount": 165, "umount2": 166, "exit_group": 231, "openat": 257, "unlinkat": 263, "renameat": 264, "linkat": 265,
    "symlinkat": 266, "fchmodat": 268, "unshare": 272, "open_by_handle_at": 304, "sendmmsg": 307, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "renameat2": 316, "memfd_create": 319, "execveat": 322,
    "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsmount": 432, "openat2": 437, "pidfd_getfd": 438,
    "fchmodat2": 452, "open_tree_attr": 467,
}
_AARCH64 = {
    "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "umount2": 39, "mount": 40, "pivot_root": 41,
    "truncate": 45, "chroot": 51, "fchmodat": 53, "openat": 56, "exit_group": 94, "unshare": 97, "ptrace": 117,
    "connect": 203, "sendto": 206, "sendmsg": 211, "execve": 221, "open_by_handle_at": 265, "setns": 268,
    "sendmmsg": 269, "process_vm_readv": 270, "process_vm_writev": 271, "renameat2": 276, "memfd_create": 279,
    "execveat": 281, "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsmount": 432, "openat2": 437,
    "pidfd_getfd": 438, "fchmodat2": 452, "open_tree_attr": 467,
}
MACHINES = {
    "x86_64": Machine(0xC000003E, 317, _X86_64, highest=0x40000000),
    "aarch64": Machine(0xC00000B7, 277, _AARCH64),
}
GUARDED = {"x86_64": {"socket": 41}, "aarch64": {"socket": 198}}
"""Calls that are looked at in a guarded build only."""
WITH_ADDRESS = {"sendto": 4}
"""Calls that matter only when this argument, an address, is given."""
