"""What calls mean, by name: the table is data, in `calls.toml`."""

import os
import re
import tomllib
from functools import cache
from importlib import resources

_PREFIX = re.compile(r"^(__x64_|__arm64_|__ia32_)?(sys_|security_)?")
_WRITE_ONLY, _READ_WRITE, _CREATE, _EXCLUSIVE, _TRUNCATE = 0o1, 0o2, 0o100, 0o200, 0o1000
"""Linux's numbers, the same for x86-64 and arm64, whatever the machine that reads the log."""


@cache
def _table() -> dict[str, str]:
    data = tomllib.loads(resources.files(__package__).joinpath("calls.toml").read_text("utf-8"))
    return {name: kind for kind, names in data.items() for name in names}


def short(name: str) -> str:
    """Return a call's name without what recorders put in front."""
    return _PREFIX.sub("", name)


def meaning(name: str) -> str | None:
    """Return what a call does: `open`, `exec`, `remove` …; None for one that tells nothing here."""
    return _table().get(short(name))


def accesses(flags: int | str | None) -> tuple[str, ...]:
    """Return what a file is opened for, by open's flags as a number or as `O_RDWR|O_CREAT`."""
    if isinstance(flags, str):
        words = set(re.split(r"[|\s,]+", flags))
        only, both = bool(words & {"O_WRONLY"}), "O_RDWR" in words
        cut, new = "O_TRUNC" in words, words >= {"O_CREAT", "O_EXCL"}
    else:
        number = flags or 0
        only, both = number & 3 == _WRITE_ONLY, number & 3 == _READ_WRITE
        cut, new = bool(number & _TRUNCATE), number & (_CREATE | _EXCLUSIVE) == _CREATE | _EXCLUSIVE
    read = () if only or cut or new else ("read",)
    return (*read, "write") if only or both or cut else read or ("read",)


def permitted(mask: int) -> tuple[str, ...]:
    """Return what a file is used for, by the kernel's MAY_WRITE (2), MAY_READ (4) and MAY_APPEND (8)."""
    return (*(("read",) if mask & 4 else ()), *(("write",) if mask & 10 else ()))


def absolute(path: str, folder: str | None) -> str:
    """Return a path as it is from the root, as far as text can tell: on another machine, links cannot be followed."""
    return os.path.normpath(os.path.join(folder or "?", path)).replace("\\", "/")  # noqa: PTH118
