"""`terminal`: for people. First the tools, then what is installed, what bears no mark, and what was skipped."""

import io
from collections.abc import Iterator
from typing import IO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from builtby import __version__
from builtby.reports import terminal_artifacts, terminal_exposures
from builtby.reports.base import Report, ReportOptions
from builtby.reports.results import Results
from builtby.reports.summary import Group, Summary, counted
from builtby.reports.terminal_style import CLAIMS, ROLES, clean, human_size

WIDTH = 100
_VERSIONS = 8
_REASONS = 8
_PRESENT = 20
_TARGETS = 8


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the scan for a terminal of `options.width` columns."""
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)
    try:
        console = Console(
            file=text, width=options.width or WIDTH, markup=False, emoji=False, highlight=False, legacy_windows=False,
            force_terminal=options.colour, no_color=not options.colour,
            color_system="standard" if options.colour else None,
        )
        show(console, results, options)
    finally:
        text.detach()


def show(console: Console, results: Results, options: ReportOptions) -> None:
    """Print the scan on a console."""
    summary = Summary(results)
    for part in _head(results, summary):
        console.print(part)
    if options.by_artifact or options.explain:
        terminal_artifacts.show(console, results, explain=options.explain)
    for part in _sections(summary):
        console.print()
        console.print(part)
    terminal_exposures.show(console, results, options)
    console.print()
    console.print(_foot(options))


def _head(results: Results, summary: Summary) -> Iterator[RenderableType]:
    yield Text.assemble(("builtby", "bold"), (f" {__version__}", "dim"))
    for target in results.targets[:_TARGETS]:
        line = Text.assemble((clean(target.ref), "bold cyan"), (f"  {target.kind}", "dim"))
        if target.digest:
            line.append(f"  {target.digest[:19]}…", "dim")
        yield line
    if len(results.targets) > _TARGETS:
        yield Text(f"and {len(results.targets) - _TARGETS} more targets", "dim")
    yield Text.assemble(summary.sentence(), (f" · {human_size(summary.bytes)}", "dim"))


def _sections(summary: Summary) -> Iterator[RenderableType]:
    groups = summary.groups()
    if groups:
        yield _tools(groups)
    if summary.present:
        yield _present(summary)
    if summary.unmarked:
        yield _unmarked(summary)
    if summary.skipped:
        yield _skipped(summary)


def _table(title: str, note: str = "") -> Table:
    heading = Text.assemble((title, "bold"), (f"  {note}" if note else "", "dim"))
    return Table(title=heading, title_justify="left", title_style="", box=None, pad_edge=False, padding=(0, 2, 0, 0),
                 header_style="dim", expand=True, show_edge=False)


def _tools(groups: list[Group]) -> Table:
    table = _table("Built by")
    table.add_column("tool", no_wrap=True, style="bold")
    table.add_column("version", no_wrap=True, overflow="ellipsis", max_width=26)
    table.add_column("role", no_wrap=True)
    table.add_column("claim", no_wrap=True)
    table.add_column("artifacts", justify="right", no_wrap=True)
    table.add_column("vendor, detail", no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    role = groups[0].role
    for group in groups:
        if group.role is not role:
            table.add_row()
            role = group.role
        for index, (line, tally) in enumerate(group.lines[:_VERSIONS]):
            table.add_row(
                clean(group.tool) if index == 0 else "",
                Text(clean(line.version), "cyan") if line.version else Text("unknown", "dim italic"),
                Text(group.role.value if index == 0 else "", ROLES[group.role]),
                Text(line.claim.value, CLAIMS[line.claim]), f"{tally.artifacts:,}", clean(tally.note),
            )
        rest = group.lines[_VERSIONS:]
        if rest:
            count = sum(tally.artifacts for _, tally in rest)
            table.add_row("", Text(f"{len(rest)} more versions", "dim italic"), "", "", f"{count:,}", "")
    return table


def _present(summary: Summary) -> Table:
    table = _table("Installed in the target", "present: it says nothing of what made the files")
    table.add_column("tool", no_wrap=True, style="bold")
    table.add_column("version", no_wrap=True, overflow="ellipsis", max_width=26)
    table.add_column("role", no_wrap=True)
    table.add_column("where", no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    keys = sorted(summary.present, key=lambda key: (list(ROLES).index(key[0]), key[1], key[2]))
    for role, tool, version in keys[:_PRESENT]:
        sample, count = summary.present_sample[role, tool, version], summary.present[role, tool, version]
        where = clean(sample.path) + (f" (+{count - 1})" if count > 1 else "")
        table.add_row(clean(tool), Text(clean(version), "cyan") if version else Text("unknown", "dim italic"),
                      Text(role.value, ROLES[role]), where)
    if len(keys) > _PRESENT:
        table.add_row("", Text(f"{len(keys) - _PRESENT} more", "dim italic"), "", "")
    return table


def _unmarked(summary: Summary) -> RenderableType:
    kinds = ", ".join(f"{count:,} {name}" for name, count in
                      sorted(summary.unmarked.items(), key=lambda item: (-item[1], item[0])))
    inferred = f" For {summary.inferred_only:,} of them something is inferred." if summary.inferred_only else ""
    return Text.assemble(
        ("Not marked", "bold"), f"  {counted(summary.unmarked.total(), 'artifact')}: {kinds}\n",
        (f"No mark that builtby knows is left in them: what built them is unknown, not clean.{inferred}", "dim"),
    )


def _skipped(summary: Summary) -> RenderableType:
    table = _table("Skipped", "not, or not wholly, looked at")
    table.add_column("files", justify="right", no_wrap=True, style="magenta")
    table.add_column("reason", overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column("for example", no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    reasons = sorted(summary.skipped.items(), key=lambda item: (-item[1], item[0]))
    for reason, count in reasons[:_REASONS]:
        table.add_row(f"{count:,}", clean(reason), clean(summary.skipped_sample[reason]))
    rest = reasons[_REASONS:]
    if rest:
        table.add_row(f"{sum(count for _, count in rest):,}", Text("other reasons", "dim italic"), "")
    return table


def _foot(options: ReportOptions) -> RenderableType:
    views = [] if options.by_artifact or options.explain else [("--by-artifact", "lists artifacts")]
    views += [] if options.explain else [("--explain", "shows bytes")]
    line = Text("", "dim")
    for option, meaning in views:
        line.append(option, "not dim").append(f" {meaning} · ")
    return line.append("-f", "not dim").append(" writes ").append(", ".join(_others()), "not dim")


def _others() -> list[str]:
    from builtby.reports.registry import all_reports  # which imports this module

    return [report.name for report in all_reports() if report.name != REPORT.name]


REPORT = Report("terminal", "for people: tools first, artifacts on request", write)
