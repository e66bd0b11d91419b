"""Which protection this machine allows: tried, not guessed."""

from collections.abc import Callable
from typing import NamedTuple

from builtby.builds.guard import bubblewrap, landlock


class Level(NamedTuple):
    """A rung. `promises` and `leaves_open` are said in the record."""

    number: int
    name: str
    promises: tuple[str, ...]
    leaves_open: tuple[str, ...]


LEVELS = (
    Level(1, "bubblewrap, own network, proxy", (
        "file systems of its own: toolchain and system read-only, private home and /tmp",
        "a network of its own: the only way out is the proxy",
        "process numbers of its own: no other process is seen",
    ), (
        "what an allowed host is told in an encrypted connection",
        "local sockets that stand in folders that are readable: refused by looking, which can be raced",
    )),
    Level(2, "Landlock, seccomp, proxy", (
        "writing only in allowed folders, reading nothing of home and of other users, forced by the kernel",
        "TCP only to the proxy, no datagrams, no raw sockets",
        "no signals to other processes, no look into them",
    ), (
        "what an allowed host is told in an encrypted connection",
        "local sockets by path: refused by looking, which can be raced",
        "modes, owners and times of files outside: refused by looking, which can be raced",
        "other processes are seen by name",
    )),
    Level(3, "looking only, proxy", (
        "calls are looked at and refused; nothing of the kernel's stands behind it",
    ), (
        "a program that changes a path or address after it was looked at gets past",
    )),
)


class Chosen(NamedTuple):
    """The rung, and why not a higher one."""

    level: Level
    reasons: tuple[str, ...]


class NoLevelError(RuntimeError):
    """The promised protection cannot be given."""


_PROBES: dict[int, Callable[[], str | None]] = {1: bubblewrap.probe, 2: landlock.probe, 3: lambda: None}


def choose(forced: int | None, *, best_effort: bool) -> Chosen:
    """Return the highest rung that works here, or the forced one. Raises NoLevelError.

    `best_effort`: whether looking only will do.
    """
    reasons: list[str] = []
    for level in LEVELS:
        if forced is not None and level.number != forced:
            continue
        if level.number == 3 and not best_effort:
            reasons.append("level 3 only looks, and is taken with --best-effort alone")
            continue
        why = _PROBES[level.number]()
        if why is None:
            return Chosen(level, tuple(reasons))
        reasons.append(f"level {level.number}: {why}")
    raise NoLevelError("; ".join(reasons))
