"""Calls that lead out of the machine, or to its daemons."""

import os

from builtby.builds.events import Connected, Noted
from builtby.builds.seccomp.paths import place
from builtby.builds.seccomp.peer import AT_FDCWD, Peer, signed
from builtby.builds.seccomp.sockets import DNS, INET, INET6, UNIX, Address, Message, address, asked, message, messages
from builtby.builds.seccomp.tracker import Entry, Tracker

_FAMILIES = {UNIX: "unix", INET: "inet", INET6: "inet6", 16: "netlink"}
_KINDS = {1: "stream", 2: "datagram", 3: "raw", 5: "sequential"}


class Network:
    """Tells of addresses, and of the names that were asked for before."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def socket(self, peer: Peer, entry: Entry, args: tuple[int, ...]) -> None:
        """`socket(family, type, protocol)`: what it is for stands in registers, and cannot change any more."""
        family, kind = signed(args[0]), _KINDS.get(args[1] & 0xF, str(args[1] & 0xF))
        self._tracker.tell(Noted(self._tracker.now(), entry.id, "socket", f"{_FAMILIES.get(family, family)} {kind}"))

    def connect(self, peer: Peer, entry: Entry, args: tuple[int, ...]) -> None:
        """`connect(fd, address, length)`; one to port 53 makes the descriptor a resolver's."""
        to = self._full(peer, address(peer, args[1], args[2]))
        entry.resolvers.discard(signed(args[0]))
        if to is None:
            return
        if to.port == DNS:
            entry.resolvers.add(signed(args[0]))
        self._tell(entry, "unix" if to.family == UNIX else "connect", to)

    @staticmethod
    def _full(peer: Peer, to: Address | None) -> Address | None:
        """Return an address with the full path of a local socket, links followed."""
        if to is None or to.family != UNIX or to.text.startswith("@"):
            return to
        found = place(peer, AT_FDCWD, os.fsencode(to.text))
        return to._replace(text=found.path) if found else to

    def sendto(self, peer: Peer, entry: Entry, args: tuple[int, ...]) -> None:
        """`sendto(fd, data, size, flags, address, length)`, which is only seen with an address."""
        to = self._full(peer, address(peer, args[4], args[5]))
        data = peer.memory(args[1], min(args[2], 512)) if to is not None and to.port == DNS else b""
        self._sent(entry, signed(args[0]), Message(to, data))

    def sendmsg(self, peer: Peer, entry: Entry, args: tuple[int, ...]) -> None:
        """`sendmsg(fd, message, flags)`."""
        self._sent(entry, signed(args[0]), message(peer, args[1]))

    def sendmmsg(self, peer: Peer, entry: Entry, args: tuple[int, ...]) -> None:
        """`sendmmsg(fd, messages, count, flags)`: glibc's resolver asks for both kinds of address in one."""
        for sent in messages(peer, args[1], args[2]):
            self._sent(entry, signed(args[0]), sent)

    def _sent(self, entry: Entry, descriptor: int, sent: Message) -> None:
        resolver = sent.to.port == DNS if sent.to else descriptor in entry.resolvers
        name = asked(sent.data) if resolver else None
        if name is not None:
            entry.asked = name
            where = sent.to or Address(0, "", DNS)
            self._tracker.tell(Connected(
                self._tracker.now(), entry.id, "dns", where.text, DNS, name, "recorded"))
        elif sent.to is not None:
            self._tell(entry, "unix" if sent.to.family == UNIX else "datagram", sent.to)

    def _tell(self, entry: Entry, kind: str, to: Address) -> None:
        host = entry.asked if kind != "unix" and to.port != DNS else None
        self._tracker.tell(Connected(
            self._tracker.now(), entry.id, kind, to.text, to.port, host, "inferred" if host else None))
