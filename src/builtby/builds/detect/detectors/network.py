"""Where code of dependencies leads to, and names that are none."""

import math
from collections import Counter
from collections.abc import Iterator

from builtby.builds.detect.build import Build, started_file
from builtby.builds.detect.match import place
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among, expression, fits
from builtby.builds.model import Endpoint

_LONG_LABEL, _LONG_NAME = 40, 90
_MANY = 25
"""Names below one domain, each with a part that looks random, that one program asks for."""
_RANDOM = 3.6
"""Bits of entropy per character, above which a part of a name of 16 characters and more is no word."""


def egress_by_hook(build: Build) -> Iterator[Hit]:
    """Yield what leads out of the machine, by code of dependencies."""
    for one in build.record.network:
        inside = one.kind == "unix" or (one.kind != "dns" and (one.port == 53 or place(one.address) == "loopback"))
        if inside or build.owner(one.process).within != "hook":
            continue
        known = one.host is not None and _is_downloader(build, one.process)
        yield _hit(one, "info" if known else None)


def _is_downloader(build: Build, number: int) -> bool:
    """Whether a program is known to fetch what packages name: itself, for the manager above is in every hook's line.

    A name is not enough for a file that a package brings: it has to be of the package that is known for it.
    """
    one = build.program(number)
    if one is None:
        return False
    path = started_file(one)
    inside = expression("package_file").match(path)
    if inside and inside[1] != ".bin":
        return among((inside[1],), "downloader_packages")
    return among(build.true_names(one), "downloaders") and not build.is_temporary(path)


def literal_address(build: Build) -> Iterator[Hit]:
    """Yield public addresses that a program turned to, when neither it nor what it comes from asked for a name."""
    asked = {one.process for one in build.record.network
             if one.kind == "dns" or (one.kind == "unix" and fits(one.address, "resolvers"))}
    for one in build.record.network:
        if (one.kind in ("connect", "datagram") and one.host is None and one.port not in (53, 123)
                and place(one.address) == "public" and not any(above.id in asked for above in build.line(one.process))):
            yield _hit(one)


def odd_dns(build: Build) -> Iterator[Hit]:
    """Yield names that carry data: very long, random in great number, or of a domain that collects names."""
    random: Counter[tuple[int, str]] = Counter()
    for one in build.record.network:
        name = (one.host or "").rstrip(".").lower()
        if one.kind != "dns" or not name:
            continue
        labels = name.split(".")
        domain = ".".join(labels[-2:])
        random[one.process, domain] += any(_looks_random(label) for label in labels[:-2])
        if (fits(name, "sinks") or _is_data(labels) or random[one.process, domain] == _MANY):
            yield _hit(one)


def _is_data(labels: list[str]) -> bool:
    longest = max(labels, key=len)
    return (len(longest) >= _LONG_LABEL and _looks_random(longest)) or (
        sum(map(len, labels)) >= _LONG_NAME and any(map(_looks_random, labels)))


def _looks_random(label: str) -> bool:
    if len(label) < 16 or label.count("-") > 2:
        return False
    counts = Counter(label)
    bits = -sum(count / len(label) * math.log2(count / len(label)) for count in counts.values())
    return bits > _RANDOM or (len(label) >= _LONG_LABEL and set(label) <= set("0123456789abcdef"))


def _hit(one: Endpoint, severity: str | None = None) -> Hit:
    address = f"{one.address}:{one.port}" if one.port is not None else one.address
    return Hit(one.process, None, {"host": one.host or "an address without a name", "address": address},
               not one.allowed, severity)


DETECTORS = {"egress-by-hook": egress_by_hook, "literal-address": literal_address, "odd-dns": odd_dns}
