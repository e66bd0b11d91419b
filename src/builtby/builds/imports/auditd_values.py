"""How audit records write values: quoted, or in hexadecimal when they hold what a quoted text may not."""

import ipaddress
import os
import re
from typing import NamedTuple

MOST_WORDS = 10_000
_FIELD = re.compile(rb"([A-Za-z_][A-Za-z0-9_\-\[\]]*)=(\"[^\"]*\"|'[^']*'|\S*)")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_NONE = ("(null)", "(none)", "?")


class Address(NamedTuple):
    """Where a socket leads; `port` is None for a local one."""

    text: str
    port: int | None


def fields(body: bytes) -> dict[str, str]:
    """Return a record's fields, with quotes; those behind the separator are what auditd added."""
    return {name.decode(): os.fsdecode(value) for name, value in _FIELD.findall(body.replace(b"\x1d", b" "))}


def many(records: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return PATH records in the order of their numbers."""
    return sorted(records, key=lambda one: int(one["item"]) if one.get("item", "").isdigit() else 0)


def raw(value: str) -> bytes:
    """Return what a value stands for."""
    if value.startswith('"'):
        return os.fsencode(value.strip('"'))
    if value in _NONE:
        return b""
    return bytes.fromhex(value) if _HEX.match(value) else os.fsencode(value)


def decoded(value: str) -> str:
    """Return what a value stands for, as text."""
    return os.fsdecode(raw(value))


def title(value: str) -> tuple[str, ...]:
    """Return the words of a process title; the kernel cuts it off at 128 bytes."""
    return tuple(os.fsdecode(word) for word in raw(value).rstrip(b"\0").split(b"\0")) if value else ()


def argv(records: list[dict[str, str]]) -> tuple[str, ...]:
    """Return the words of EXECVE records: `a0`, `a1` …; long ones come as `a1[0]`, `a1[1]` …, over several records."""
    found: dict[str, str] = {}
    for one in records:
        found |= one
    words = []
    for number in range(min(int(found["argc"]) if found.get("argc", "").isdigit() else 0, MOST_WORDS)):
        name = f"a{number}"
        if name in found:
            words.append(decoded(found[name]))
        elif f"{name}[0]" in found:
            words.append(_pieces(found, name))
    return tuple(words)


def _pieces(found: dict[str, str], name: str) -> str:
    pieces, number = b"", 0
    while f"{name}[{number}]" in found:
        pieces += raw(found[f"{name}[{number}]"])
        number += 1
    return os.fsdecode(pieces)


def address(value: str) -> Address | None:
    """Return the address in a `struct sockaddr`; None for families that lead nowhere outside."""
    data = bytes.fromhex(value) if _HEX.match(value) else b""
    family = int.from_bytes(data[:2], "little")
    if family == 1 and len(data) > 2:  # AF_UNIX
        path = b"@" + data[3:].rstrip(b"\0") if data[2:3] == b"\0" else data[2:].split(b"\0", 1)[0]
        return Address(os.fsdecode(path), None)
    if family == 2 and len(data) >= 8:  # AF_INET
        return Address(str(ipaddress.IPv4Address(data[4:8])), int.from_bytes(data[2:4]))
    if family == 10 and len(data) >= 24:  # AF_INET6
        six = ipaddress.IPv6Address(data[8:24])
        return Address(str(six.ipv4_mapped or six), int.from_bytes(data[2:4]))
    return None
