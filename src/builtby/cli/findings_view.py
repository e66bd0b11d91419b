"""Findings of a record for people, and what they mean for an exit code."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from builtby.builds.detect.model import SEVERITIES
from builtby.builds.model import Finding, Record
from builtby.reports.terminal_style import clean

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
MOST = 100
"""Findings that people are shown; the record has them all."""


def at_least(record: Record, severity: str) -> list[Finding]:
    """Return the findings that are at least that severe."""
    return [one for one in record.findings if SEVERITIES.index(one.severity) <= SEVERITIES.index(severity)]


def counted(record: Record) -> str:
    """Return how many findings there are, by severity; nothing is said of none."""
    count = Counter(one.severity for one in record.findings)
    return ", ".join(f"{count[name]} {name}" for name in SEVERITIES if count[name])


def show(out: Console, findings: list[Finding]) -> None:
    """Print findings, one in two lines."""
    for one in findings[:MOST]:
        mark = "blocked " if one.blocked else ""
        out.print(Text.assemble((f"  {one.severity:<9}", COLOURS[one.severity]), (one.rule, "bold"),
                                f"  {mark}{clean(one.message)}"), soft_wrap=True)
        where = " · ".join(part for part in (
            f"by {one.owner or 'a dependency'} ({one.hook})" if one.hook else "",
            f"process {one.process}" if one.process is not None else "", f"confidence {one.confidence}") if part)
        out.print(Text(f"           {clean(where)}", "dim"), soft_wrap=True)
    if len(findings) > MOST:
        out.print(f"  … and {len(findings) - MOST:,} more")
