"""A check of sources for people."""

from rich.console import Console
from rich.text import Text

from builtby.attested.model import Check, Source, Status
from builtby.reports.terminal_style import clean

MOST = 40
"""Lines of a list that people are shown; the JSON has them all."""
_TOLD = {
    Status.CHANGED: ("Changed: the compiler read something else than the checkout holds", "red"),
    Status.MISSING: ("Missing: compiled, and not in the checkout", "red"),
    Status.UNKNOWN: ("Unknown", "magenta"),
    Status.LINE_ENDINGS: ("The same but for line ends", "yellow"),
    Status.GENERATED: ("Said to be generated, and not in the checkout", "dim"),
}
_SHORT = 16


def show(out: Console, found: Check) -> None:
    """Print a check."""
    compared = found.counts.get(Status.MATCHED, 0)
    below = f", built in {clean(found.roots[0] or '.')}" if found.roots else ""
    out.print(Text.assemble((clean(found.artifact), "bold"), f"{below}: {found.debug_data or 'no debug data'}"),
              soft_wrap=True)
    for status, (title, colour) in _TOLD.items():
        _list(out, title, colour, [one for one in found.sources if one.status is status])
    outside = found.counts.get(Status.OUTSIDE, 0)
    out.print(Text.assemble("\n", (f"{compared:,} matched", "green" if compared else "dim"), *(
        f", {found.counts[status]:,} {status.value}" for status in _TOLD if found.counts.get(status)),
        f"; {outside:,} outside of the checkout were not compared" if outside else ""), soft_wrap=True)
    for problem in found.problems:
        out.print(Text(f"Not wholly compared: {clean(problem)}", "magenta"), soft_wrap=True)


def _list(out: Console, title: str, colour: str, sources: list[Source]) -> None:
    if sources:
        out.print(f"\n{title}:", style=colour, highlight=False)
    for one in sources[:MOST]:
        out.print(Text.assemble("  ", clean(one.file or one.path), (f"  {clean(_why(one))}", "dim")), soft_wrap=True)
    if len(sources) > MOST:
        out.print(f"  and {len(sources) - MOST:,} more: see -f json", style="dim", highlight=False)


def _why(one: Source) -> str:
    if one.status is Status.CHANGED:
        return f"{one.algorithm} {(one.digest or '')[:_SHORT]}… read, {(one.found or '')[:_SHORT]}… found"
    return one.reason or (one.path if one.file else "")
