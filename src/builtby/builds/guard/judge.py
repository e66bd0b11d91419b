"""Looks at each event before it happens: what the policy forbids is refused, and told.

The walls are the kernel's: file systems, network namespaces, Landlock. The judge gives them a voice, and closes by
looking what they leave open. Where it reads a path or an address in the memory of a process with several threads, that
process could change it after the look: `docs/guard.md` says what that means at each level.
"""

import errno
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from builtby.builds.events import Connected, Event, Noted, Ran, Started, Surroundings, Used
from builtby.builds.guard.hooks import is_hook
from builtby.builds.guard.places import below, is_metadata, places
from builtby.builds.guard.programs import Programs
from builtby.builds.guard.room import GUARD_RUN, Room
from builtby.builds.guard.sockets import identity
from builtby.builds.seccomp.calls import RefusedError

_DNS = 53
_OTHER = re.compile(r"/proc/(\d+)/(?:task/\d+/)?(?:environ|mem|maps|smaps|auxv|stack|syscall|pagemap)")
"""What of a process tells its secrets."""


class Rules(NamedTuple):
    """What is allowed, beside places."""

    port: int
    """Of the way to the proxy, on this machine."""
    own_loopback: bool
    """Whether 127.0.0.1 is the build's own: a sandbox with a network of its own."""
    sockets: bool
    """Whether making a socket is told, so that datagrams can be refused for certain."""
    refusal: int = errno.EACCES
    """What writing where it is forbidden gives."""
    hooks: bool = True
    """Whether code of dependencies has network."""


class Denial(NamedTuple):
    """Something that was refused, or that a canary tells."""

    rule: str
    process: int
    path: str | None
    message: str


class Judge:
    """Takes events, refuses by raising RefusedError, and passes on what happens."""

    def __init__(self, room: Room, rules: Rules, programs: Programs, tell: Callable[[Event], None]) -> None:
        self._room, self._rules, self._programs, self._tell = room, rules, programs, tell
        self._hooks: set[int] = set()
        self._pids: set[int] = set()
        self.denials: dict[Denial, int] = {}
        """What is to be reported, and how often it happened."""

    def __call__(self, event: Event) -> None:
        """Judge an event, and tell of it."""
        reason = self._judge(event)
        if reason is None:
            if not (isinstance(event, Noted) and event.call == "socket"):
                self._tell(event)
            return
        if isinstance(event, (Used, Connected, Noted)):
            self._tell(msgspec.structs.replace(event, refused=True))
        elif isinstance(event, Ran):  # it never ran: of the process there is nothing but that it tried
            self._tell(Noted(event.time, event.process, "exec", event.script or event.executable, refused=True))
        raise RefusedError(reason)

    def _judge(self, event: Event) -> int | None:
        match event:
            case Used():
                return self._reads(event) if event.access == "read" else self._writes(event)
            case Connected():
                return self._connects(event)
            case Noted(call="socket"):
                return self._socket(event)
            case Noted(call="mount" | "umount2" | "pivot_root" | "chroot" | "setns" | "move_mount" | "open_tree"):
                return errno.EPERM
            case Started():
                self._pids.add(event.pid)
                if event.parent in self._hooks:
                    self._hooks.add(event.process)
            case Surroundings():
                self._programs.learns(event)
            case Ran():
                return self._runs(event)
        return None

    def _runs(self, event: Ran) -> int | None:
        if event.replaces in self._hooks or is_hook(event.argv, event.executable):
            self._hooks.add(event.process)
        objection = self._programs.objection(event)
        if objection is None:
            return None
        path, why = objection
        self._deny("guard-program-denied", event, f"{why}: {path}", path)
        return errno.EACCES

    def _reads(self, event: Used) -> int | None:
        name = self._room.canaries.get(event.path)
        if name is not None:
            self._deny("guard-canary-read", event, f"reads {name}: a canary stood there")
        if any(below(event.path, secret) for secret in self._room.secrets):
            self._deny("guard-credential-denied", event, f"asks for {event.path}")
            return errno.EACCES
        other = _OTHER.fullmatch(event.path)
        if other and int(other[1]) not in self._pids:
            return errno.EACCES
        hidden = any(below(event.path, place) for place in self._room.unseen)
        return errno.EACCES if hidden and not any(below(event.path, bind.inside) for bind in self._room.binds) else None

    def _writes(self, event: Used) -> int | None:
        place = event.to if event.access in ("rename", "link") and event.to else event.path
        bad = next((path for path in dict.fromkeys((event.path, place))
                    if not (path == event.path and event.access == "link") and not self._may_write(path)), None)
        if bad is None:
            return None
        if not any(fnmatchcase(bad, pattern) for pattern in places().harmless_writes):
            self._deny("guard-write-denied", event, f"{_VERBS.get(event.access, event.access)} {bad}", bad)
        return self._rules.refusal

    def _may_write(self, path: str) -> bool:
        if not self._room.may_write(path):
            return False
        return not any(below(path, place) for place in self._room.protected)

    def _connects(self, event: Connected) -> int | None:
        if event.kind == "unix":
            return self._local(event)
        if is_metadata(event.address):
            self._deny("guard-metadata-denied", event, f"asks {event.address} for a cloud's credentials")
            return errno.ENETUNREACH
        if event.kind == "dns" or event.port == _DNS:
            return self._asks(event)
        loopback = event.address == "::1" or event.address.startswith("127.")
        if self._forbidden_hook(event):
            return errno.ENETUNREACH
        if loopback and (self._rules.own_loopback or event.port == self._rules.port):
            return None
        if event.kind == "connect" and event.port == 0:
            return None  # resolvers ask the kernel for a route that way, and send nothing
        where = f"{event.host} ({event.address})" if event.host else event.address
        self._deny("guard-network-denied", event, f"turns to {where}, port {event.port}", event.address)
        return errno.ECONNREFUSED if loopback else errno.ENETUNREACH

    def _asks(self, event: Connected) -> int | None:
        """A resolver may be connected to where nobody is behind it: then the question is seen, and refused."""
        if event.host:
            self._deny("guard-network-denied", event, f"asks a resolver for {event.host}", event.host)
        nobody = self._rules.own_loopback and event.address.startswith("127.")
        return None if event.kind == "connect" and nobody else errno.ENETUNREACH

    def _forbidden_hook(self, event: Connected) -> bool:
        if self._rules.hooks or event.process not in self._hooks or event.port != self._rules.port:
            return False
        self._deny("guard-network-denied", event, "is code of a dependency, and asks for the network", None)
        return True

    def _local(self, event: Connected) -> int | None:
        if event.address.startswith("@"):
            if self._rules.own_loopback:
                return None
        elif below(event.address, GUARD_RUN) or (
                self._room.may_write(event.address)
                and identity(self._room.outside(event.address)) not in self._room.sockets):
            return None
        if not any(fnmatchcase(event.address, pattern) for pattern in places().harmless_sockets):
            self._deny("guard-socket-denied", event, f"turns to the local socket {event.address}", event.address)
        return errno.ECONNREFUSED

    def _socket(self, event: Noted) -> int | None:
        family, kind = event.detail.split(" ", 1)
        if family in ("unix", "netlink") or (family in ("inet", "inet6") and kind == "stream"):
            hook = not self._rules.hooks and event.process in self._hooks and family.startswith("inet")
            return errno.EACCES if hook else None
        if not self._rules.sockets:
            return None
        self._deny("guard-datagram-denied", event, f"makes a socket: {event.detail}", None)
        return errno.EACCES

    def _deny(self, rule: str, event: Event, message: str, path: str | None = None) -> None:
        shown = path or (event.path if isinstance(event, Used) else None)
        denial = Denial(rule, event.process, shown, message)
        self.denials[denial] = self.denials.get(denial, 0) + 1


_VERBS = {"write": "writes", "rename": "renames to", "remove": "removes", "link": "links", "symlink": "puts a link at",
          "mode": "changes the mode of", "truncate": "empties"}

