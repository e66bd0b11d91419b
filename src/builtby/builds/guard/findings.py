"""What was refused, as findings of the record."""

from collections.abc import Iterable

import msgspec

from builtby.builds.guard.judge import Denial
from builtby.builds.guard.pages import rules
from builtby.builds.guard.places import is_metadata, places
from builtby.builds.guard.proxy import Wish
from builtby.builds.guard.room import Room
from builtby.builds.model import Finding

_LOCAL = "local-service-by-hook"


def of_denials(denials: dict[Denial, int], found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings for what the judge refused, but for writes of which another rule's finding tells more."""
    told = {(one.process, one.path) for one in found if one.severity not in ("low", "info")}
    return tuple(_finding(one.rule, one.process, one.path, f"{one.message}{_times(times)}")
                 for one, times in denials.items()
                 if one.rule != "guard-write-denied" or (one.process, one.path) not in told)


def of_wishes(wishes: tuple[Wish, ...]) -> tuple[Finding, ...]:
    """Return findings for hosts that the proxy refused. Who asked is not known: the proxy sees no processes."""
    return tuple(
        _finding("guard-metadata-denied" if is_metadata(one.host) else "guard-host-denied", None,
                 f"{one.host}:{one.port}", f"asks for {one.host}, port {one.port}: {one.why}{_times(one.times)}")
        for one in wishes if not one.allowed)


def is_way_out(finding: Finding, port: int) -> bool:
    """Whether a finding is of nothing but the guard's own proxy."""
    return finding.rule == _LOCAL and finding.message.endswith(f" 127.0.0.1:{port}")


def blocked(finding: Finding, refused: set[tuple[int | None, str | None]], room: Room, *,
            own_loopback: bool) -> Finding:
    """Say of another rule's finding that it did no harm, where that is so.

    `refused`: processes and paths of what was refused. What was read or written at home went to the private one; that
    something was run from there is no less true. With a loopback of its own, no service of this machine was reached.
    """
    path = finding.path
    harmless = (finding.process, path) in refused or (own_loopback and finding.rule == _LOCAL) or (
        finding.rule in places().harmless_when_private and path is not None and path.startswith("/")
        and room.is_private(path))
    return msgspec.structs.replace(finding, blocked=True) if harmless else finding


def _finding(rule: str, process: int | None, path: str | None, message: str) -> Finding:
    known = rules()[rule]
    return Finding(rule, known["severity"], known["confidence"], process, path, message, known["blocked"])


def _times(times: int) -> str:
    return f" ({times} times)" if times > 1 else ""
