"""A build record in one line, and its findings by severity: with nothing that takes time to import, for each build."""

import sys
from collections import Counter

from builtby.builds.detect.model import SEVERITIES
from builtby.builds.model import Finding, Record


def at_least(record: Record, severity: str) -> list[Finding]:
    """Return the findings that are at least that severe."""
    return [one for one in record.findings if SEVERITIES.index(one.severity) <= SEVERITIES.index(severity)]


def summary(record: Record) -> str:
    """Return a record in one line."""
    ran = sum(1 for process in record.processes if process.executable)
    return (f"{count(ran, 'program')} ran, {count(_files(record, 'read'), 'file')} read, "
            f"{_files(record, 'write')} written, {count(len(outside(record)), 'network endpoint')}"
            + (f"; findings: {_counted(record)}" if record.findings else ""))


def warn(record: Record) -> None:
    """Print what was found, above info, to standard error."""
    found = at_least(record, "low")
    if found:
        from builtby.cli.catalogue_view import console
        from builtby.cli.findings_view import show

        show(console(sys.stderr), found)


def count(number: int, what: str) -> str:
    """Return a number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def outside(record: Record) -> list[tuple[str, str]]:
    """Return addresses, with the names asked for, that are no local sockets."""
    return sorted({(one.host or "", f"{one.address}:{one.port}" if one.kind != "dns" else "asked for")
                   for one in record.network if one.kind != "unix"})


def _files(record: Record, access: str) -> int:
    return len({use.path for use in record.files if use.access == access})


def _counted(record: Record) -> str:
    """Return how many findings there are, by severity; nothing is said of none."""
    found = Counter(one.severity for one in record.findings)
    return ", ".join(f"{found[name]} {name}" for name in SEVERITIES if found[name])
