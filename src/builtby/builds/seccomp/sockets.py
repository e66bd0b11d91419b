"""Addresses and names that processes hand to the kernel."""

import ipaddress
import struct
from typing import NamedTuple

from builtby.builds.seccomp.peer import Peer

UNIX, INET, INET6 = 1, 2, 10
DNS = 53
_LONGEST = 128
_MOST_MESSAGES = 8
_LONGEST_QUERY = 512


class Address(NamedTuple):
    """Where a socket is to lead."""

    family: int
    text: str
    port: int | None


def address(peer: Peer, pointer: int, length: int) -> Address | None:
    """Return the address at a pointer; None for families that lead nowhere outside, such as netlink."""
    raw = peer.memory(pointer, min(length & 0xFFFFFFFF, _LONGEST)) if pointer else b""
    if len(raw) < 3:
        return None
    (family,) = struct.unpack_from("=H", raw)
    if family == UNIX:
        return _unix(raw[2:])
    if family == INET and len(raw) >= 8:
        return Address(family, str(ipaddress.IPv4Address(raw[4:8])), int.from_bytes(raw[2:4]))
    if family == INET6 and len(raw) >= 24:
        found = ipaddress.IPv6Address(raw[8:24])
        return Address(family, str(found.ipv4_mapped or found), int.from_bytes(raw[2:4]))
    return None


def _unix(raw: bytes) -> Address:
    """A path, or with a leading zero byte a name that stands in no file system, shown with `@`."""
    text = b"@" + raw[1:].rstrip(b"\0") if raw[:1] == b"\0" else raw.split(b"\0", 1)[0]
    return Address(UNIX, text.decode("utf-8", "backslashreplace"), None)


class Message(NamedTuple):
    """One message that is sent: its address, if it has one of its own, and its first bytes."""

    to: Address | None
    data: bytes


def message(peer: Peer, pointer: int) -> Message:
    """Read a `struct msghdr`."""
    raw = peer.memory(pointer, 56)
    if len(raw) < 32:
        return Message(None, b"")
    name, length, _, parts, count = struct.unpack_from("=QIIQQ", raw)
    to = address(peer, name, length) if name else None
    first = peer.memory(parts, 16) if count else b""
    if len(first) < 16:
        return Message(to, b"")
    base, size = struct.unpack("=QQ", first)
    return Message(to, peer.memory(base, min(size, _LONGEST_QUERY)))


def messages(peer: Peer, pointer: int, count: int) -> list[Message]:
    """Read an array of `struct mmsghdr`."""
    return [message(peer, pointer + 64 * number) for number in range(min(count & 0xFFFFFFFF, _MOST_MESSAGES))]


def asked(query: bytes) -> str | None:
    """Return the name that a DNS query asks for; None when it is none."""
    if len(query) < 17 or query[2] & 0xF8 or query[4:6] != b"\0\1":
        return None
    labels, place = [], 12
    while place < len(query) and query[place]:
        size = query[place]
        if size > 63 or place + 1 + size > len(query):
            return None
        labels.append(query[place + 1 : place + 1 + size].decode("ascii", "backslashreplace"))
        place += 1 + size
    return ".".join(labels) if labels and place + 5 <= len(query) else None
