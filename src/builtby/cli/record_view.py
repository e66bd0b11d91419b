"""A build record for people, and as JSON."""

import sys
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from builtby.builds.model import Process, Record
from builtby.cli import findings_view
from builtby.cli.catalogue_view import console
from builtby.cli.in_short import count, outside, summary
from builtby.reports.terminal_style import clean

MOST = 40
"""Lines of a list that people are shown; the record has them all."""


def show(record: Record) -> None:
    """Print a record."""
    out = console(sys.stdout)
    code = "not known" if record.exit_code is None else str(record.exit_code)
    out.print(Text.assemble((clean(" ".join(record.command)), "bold")), soft_wrap=True)
    out.print(f"in {clean(record.cwd)}, {record.started}, {record.seconds:.1f} s, exit code {code}", soft_wrap=True)
    out.print(Text.assemble(f"recorded by {record.backend}: ",
                            ("complete", "green") if record.complete else ("incomplete", "red")))
    out.print(summary(record))
    if record.findings:
        out.print("\nFindings:")
        findings_view.show(out, list(record.findings))
    out.print()
    out.print(_programs(record))
    _endpoints(out, record)
    _notable(out, record)
    out.print("\nNot observed:")
    for reason in record.unobserved:
        out.print(f"  {clean(reason)}", soft_wrap=True)


def _programs(record: Record) -> Table:
    """Return the programs, by executable, those of known tools first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("tool", "version", "role", "ran", "as packaged", "executable"):
        table.add_column(column, justify="right" if column == "ran" else "left", overflow="fold")
    ran = Counter(one.executable for one in record.processes if one.executable)
    first: dict[str, Process] = {one.executable: one for one in reversed(record.processes) if one.executable}
    shown = sorted(first.items(), key=lambda item: (item[1].tool is None, item[1].tool and item[1].tool.tool, item[0]))
    for path, one in shown[:MOST]:
        packaged = {True: Text("yes", "green"), False: Text("NO", "red"), None: Text("-", "dim")}[one.as_packaged]
        tool = one.tool
        table.add_row(Text(tool.tool, "bold") if tool else Text("-", "dim"), (tool and tool.version) or "-",
                      tool.role if tool else "-", str(ran[path]), packaged, clean(path))
    if len(shown) > MOST:
        table.add_row("…", "", "", "", "", f"and {len(shown) - MOST} more")
    return table


def _endpoints(out: Console, record: Record) -> None:
    found = outside(record)
    if found:
        out.print("\nNetwork:")
    for host, address in found[:MOST]:
        out.print(f"  {clean(host or 'no name seen')}  {clean(address)}", soft_wrap=True)
    if len(found) > MOST:
        out.print(f"  … and {len(found) - MOST} more")


def _notable(out: Console, record: Record) -> None:
    lines = sorted({f"{one.call}: {one.detail}{', refused' if one.refused else ''}" for one in record.notable})
    if record.survivors:
        lines.append(f"{count(len(record.survivors), 'process')[:-1]}es outlived the command, and were ended"
                     if len(record.survivors) > 1 else "one process outlived the command, and was ended")
    if lines:
        out.print("\nOf note:")
    for line in lines[:MOST]:
        out.print(f"  {clean(line)}", soft_wrap=True)
