"""A look at a host for people."""

from itertools import groupby

from rich.console import Console
from rich.text import Text

from builtby.builds.host.model import Finding, HostCheck
from builtby.builds.host.rules import rules
from builtby.reports.terminal_style import clean

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
MOST = 12
"""Files of one rule."""


def show(out: Console, found: HostCheck, *, every: bool) -> None:
    """Print what was found; `every`: what is only said for completeness and what the baseline knew, too."""
    beside = f", beside the baseline of {found.made} ({clean(found.baseline or '')})" if found.made else ""
    out.print(Text.assemble((f"Host {clean(found.root)}", "bold"), f"  {found.files:,} files looked at{beside}"),
              soft_wrap=True)
    shown = [one for one in found.findings if every or not (one.known or one.severity == "info")]
    for (rule, severity), group in groupby(shown, key=lambda one: (one.rule, one.severity)):
        _section(out, rule, severity, list(group), every=every)
    out.print()
    out.print(_summary(found, len(found.findings) - len(shown)), soft_wrap=True)
    if not found.made:
        out.print(Text("Without a baseline only what is suspicious by itself is said: builtby host baseline -o FILE",
                       "dim"), soft_wrap=True)
    for problem in found.problems[: None if every else MOST]:
        out.print(Text(f"Incomplete: {clean(problem)}", "red"), soft_wrap=True)


def _section(out: Console, rule: str, severity: str, findings: list[Finding], *, every: bool) -> None:
    out.print()
    out.print(Text.assemble((f"{severity:<9}", COLOURS[severity]), (rules()[rule].title, "bold"), (f"  {rule}", "dim")),
              soft_wrap=True)
    for one in findings if every else findings[:MOST]:
        known = " (in the baseline)" if one.known else ""
        out.print(Text.assemble(f"  {clean(one.path or 'environment')}", (f"  {clean(one.message)}{known}", "dim")),
                  soft_wrap=True)
    if len(findings) > MOST and not every:
        out.print(f"  … and {len(findings) - MOST:,} more; --all shows them")
    out.print(Text(f"  → {findings[0].remedy}", "dim"), soft_wrap=True)


def _summary(found: HostCheck, hidden: int) -> str:
    new = [one for one in found.findings if not one.known]
    counts = [(severity, sum(one.severity == severity for one in new)) for severity in COLOURS]
    words = ", ".join(f"{number:,} {severity}" for severity, number in counts if number) or "nothing"
    return f"Found: {words}." + (f" --all shows {hidden:,} more: info, and what the baseline knew." if hidden else "")
