"""Findings of a record for people."""

from rich.console import Console
from rich.text import Text

from builtby.builds.model import Finding
from builtby.reports.terminal_style import clean

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
MOST = 100
"""Findings that people are shown; the record has them all."""


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
