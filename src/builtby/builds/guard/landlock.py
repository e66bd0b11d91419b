"""Level 2: Landlock forbids a process and its descendants files, ports, signals and abstract sockets. No mounts needed.

Numbers: the kernel's `linux/landlock.h`.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The same on every machine."""
_VERSION = 1
_PATH, _PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_CONNECT = 1 << 1
_NEEDED = 4
"""The version that knows ports. Linux 6.7."""
_SCOPED = 6
READ = _EXECUTE | _READ_FILE | _READ_DIR
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of Landlock that the kernel has, 0 for none."""
    found: int = _libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    return max(found, 0)


def handled(abi: int) -> int:
    """Return all kinds of access to files that a version knows."""
    kinds = 16 if abi >= 5 else 15 if abi >= 3 else 14 if abi >= 2 else 13
    return (1 << kinds) - 1


def probe() -> str | None:
    """Try it in a process of its own, and return why it is not possible; None when it is."""
    abi = version()
    if abi == 0:
        return "the kernel has no Landlock, or the container forbids it"
    if abi < _NEEDED:
        return f"Landlock is version {abi} here, and 4 is the first that knows ports (Linux 6.7)"
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(OSError):
            restrict(["/proc"], [], 1)
            try:
                os.close(os.open("/etc", os.O_RDONLY | os.O_DIRECTORY))
            except PermissionError:
                code = 0
        os._exit(code)
    return None if os.waitpid(pid, 0)[1] == 0 else "Landlock is there and does not forbid what it should"


def restrict(readable: Iterable[str], writable: Iterable[str], port: int) -> None:
    """Let this thread and what it starts read and write below these places only, and connect to one port only.

    Raises OSError.
    """
    abi = version()
    everything = handled(abi)
    scoped = 3 if abi >= _SCOPED else 0
    rules = _call(_CREATE, struct.pack("=QQQ", everything, _CONNECT, scoped)[: 24 if abi >= _SCOPED else 16])
    try:
        for path in readable:
            _allow(rules, path, READ)
        for path in writable:
            _allow(rules, path, everything & ~(_MAKE_CHAR | _MAKE_BLOCK))
        _add(rules, _PORT, struct.pack("=QQ", _CONNECT, port))
        _libc.prctl(38, ctypes.c_ulong(1), 0, 0, 0)
        if _libc.syscall(_RESTRICT, rules, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock could not be put into force")
    finally:
        os.close(rules)


def _call(number: int, attributes: bytes) -> int:
    held = ctypes.create_string_buffer(attributes, len(attributes))
    found: int = _libc.syscall(number, held, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if found < 0:
        raise OSError(ctypes.get_errno(), "Landlock rules could not be made")
    return found


def _allow(rules: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        _add(rules, _PATH, struct.pack("=Qi", access if folder else access & _FOR_FILES, descriptor))
    finally:
        os.close(descriptor)


def _add(rules: int, kind: int, attributes: bytes) -> None:
    held = ctypes.create_string_buffer(attributes, len(attributes))
    if _libc.syscall(_ADD, rules, kind, held, ctypes.c_uint32(0)) != 0:
        raise OSError(ctypes.get_errno(), "a Landlock rule could not be added")


def around(hidden: Iterable[str], root: str = "/") -> Iterator[str]:
    """Yield the places that make up a folder but for hidden ones in it: Landlock can only allow."""
    unseen = {path for path in hidden if path != root}
    inner = [path for path in unseen if path.startswith(root.rstrip("/") + "/")]
    if not inner:
        yield root
        return
    with suppress(OSError), os.scandir(root) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.path in unseen or entry.is_symlink():
                continue
            if any(path.startswith(f"{entry.path}/") for path in inner):
                yield from around(inner, entry.path)
            else:
                yield entry.path
