"""Calls that lead out of the machine, or to its daemons, as strace prints them."""

import ipaddress
import os
import re

from builtby.builds.events import Connected
from builtby.builds.seccomp.sockets import DNS, INET, INET6, UNIX, Address, asked
from builtby.builds.strace.lines import Call, number, plain, text_of
from builtby.builds.strace.people import Entry, People
from builtby.builds.strace.places import full

_FOUR = re.compile(rb'sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_SIX = re.compile(rb'sa_family=AF_INET6, sin6_port=htons\((\d+)\)[^}]*?inet_pton\(AF_INET6, "([^"]+)"')
_LOCAL = re.compile(rb'sa_family=AF_UNIX, sun_path=(@?)"((?:[^"\\]|\\.)*)"')
_DATA = re.compile(rb'iov_base=("(?:[^"\\]|\\.)*")')
_MOST_MESSAGES = 8


class Network:
    """Tells of addresses, and of the names that were asked for before."""

    def __init__(self, people: People) -> None:
        self._people = people

    def connect(self, entry: Entry, call: Call) -> None:
        """`connect(fd, {address}, length)`; one to port 53 makes the descriptor a resolver's."""
        to, descriptor = address(call.args[1]), number(call.args[0])
        if descriptor is not None:
            entry.resolvers.discard(descriptor)
        if to is None:
            return
        if to.port == DNS and descriptor is not None:
            entry.resolvers.add(descriptor)
        self._tell(entry, "unix" if to.family == UNIX else "connect", to)

    def sendto(self, entry: Entry, call: Call) -> None:
        """`sendto(fd, "data", size, flags, {address}, length)`."""
        self._sent(entry, call, address(call.args[4]), call.args[1])

    def sendmsg(self, entry: Entry, call: Call) -> None:
        """`sendmsg(fd, {msg_name={address}, …, msg_iov=[{iov_base="data"…}]…}, flags)`."""
        self._message(entry, call, call.args[1])

    def sendmmsg(self, entry: Entry, call: Call) -> None:
        """`sendmmsg(fd, [{msg_hdr={…}, msg_len=…}…], count, flags)`."""
        for message in call.args[1].split(b"msg_hdr=")[1 : _MOST_MESSAGES + 1]:
            self._message(entry, call, message)

    def _message(self, entry: Entry, call: Call, text: bytes) -> None:
        name, _, rest = text.partition(b"msg_iov=")
        data = _DATA.search(rest)
        self._sent(entry, call, address(name), data.group(1) if data else b"")

    def _sent(self, entry: Entry, call: Call, to: Address | None, data: bytes) -> None:
        resolver = to.port == DNS if to else number(call.args[0]) in entry.resolvers
        query = text_of(data) if resolver else None
        name = asked(query.value) if query else None
        if name is not None:
            entry.asked = name
            where = to.text if to else ""
            self._people.tell(Connected(self._people.now(), entry.id, "dns", where, DNS, name, "recorded"))
        elif to is not None:
            self._tell(entry, "unix" if to.family == UNIX else "datagram", to)

    def _tell(self, entry: Entry, kind: str, to: Address) -> None:
        if kind == "unix" and not to.text.startswith("@"):
            quoted = b'"' + os.fsencode(to.text).replace(b"\\", b"\\\\") + b'"'
            to = to._replace(text=full(entry, None, quoted, follow=True) or to.text)
        host = entry.asked if kind != "unix" and to.port != DNS else None
        self._people.tell(Connected(
            self._people.now(), entry.id, kind, to.text, to.port, host, "inferred" if host else None))


def address(text: bytes) -> Address | None:
    """Return the address in a printed `struct sockaddr`; None for families that lead nowhere outside."""
    if found := _FOUR.search(text):
        return Address(INET, found.group(2).decode("ascii", "replace"), int(found.group(1)))
    if found := _SIX.search(text):
        try:
            six = ipaddress.IPv6Address(found.group(2).decode("ascii", "replace"))
        except ValueError:
            return None
        return Address(INET6, str(six.ipv4_mapped or six), int(found.group(1)))
    if found := _LOCAL.search(text):
        return Address(UNIX, os.fsdecode(found.group(1) + plain(found.group(2))), None)
    return None
