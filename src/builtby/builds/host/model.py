"""What is found of a build host, `builtby/host/1`. Field order is the order of the JSON."""

import msgspec

SCHEMA = "builtby/host/1"
BASELINE = "builtby/host-baseline/1"


class Finding(msgspec.Struct, frozen=True):
    """Something on a host that should not be there, or that changed."""

    rule: str
    severity: str
    confidence: str
    path: str | None
    message: str
    remedy: str
    known: bool = False
    """The baseline had it already: it does not count for an exit code."""


class Changed(msgspec.Struct, frozen=True):
    """A file that is not as the baseline has it."""

    path: str
    kind: str
    """The kind of place, such as `cron`; `toolchain`, or `path` for a program that came into or went from PATH."""
    what: str
    """`created`, `changed`, `removed`, `upgraded`: now as its package ships it."""
    before: str | None
    after: str | None


class HostCheck(msgspec.Struct, frozen=True):
    """A whole look at a host."""

    schema: str
    root: str
    homes: tuple[str, ...]
    baseline: str | None
    made: str | None
    """When the baseline was made."""
    files: int
    """Files that were looked at."""
    findings: tuple[Finding, ...]
    """The worst first."""
    changes: tuple[Changed, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read; then the answer is incomplete."""


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A file in a baseline."""

    kind: str
    digest: str | None
    """sha256 of what counts of it; of a symbolic link, of its text."""
    mode: int
    owner: int
