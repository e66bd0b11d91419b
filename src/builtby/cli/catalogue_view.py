"""The catalogue of marks, for people and for the documentation."""

from typing import IO

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from builtby.cli.output import colour, width
from builtby.marks.load import Catalogue
from builtby.marks.schema import MarkRule, ToolFile


class Entry(msgspec.Struct):
    """What the catalogue knows of a tool, in short."""

    tool: str
    title: str
    homepage: str
    roles: list[str]
    surfaces: list[str]
    marks: int
    installed: bool
    """Whether builtby also knows what the tool looks like where it is installed."""


def console(stream: IO[str]) -> Console:
    """Return a console that prints text as it is."""
    coloured = colour(stream)
    return Console(file=stream, width=width(stream) or 100, force_terminal=coloured, no_color=not coloured,
                   color_system="standard" if coloured else None, markup=False, emoji=False, highlight=False)


def entries(known: Catalogue) -> list[Entry]:
    """Return the tools by name; files of the same tool are joined."""
    joined: dict[str, Entry] = {}
    for tool in known.tools:
        entry = joined.setdefault(tool.tool, Entry(tool.tool, tool.title, tool.homepage, [], [], 0, False))
        entry.marks += len(tool.mark)
        entry.installed |= bool(tool.present)
        entry.roles = sorted({*entry.roles, *(mark.role.value for mark in tool.mark or tool.present)})
        entry.surfaces = sorted({*entry.surfaces, *(kind for mark in tool.mark for kind in kinds(mark))})
    return [joined[name] for name in sorted(joined)]


def kinds(mark: MarkRule) -> list[str]:
    """Return the kinds of surface that a rule reads."""
    return [mark.surface] if isinstance(mark.surface, str) else list(mark.surface)


def table(known: Catalogue) -> Table:
    """Return the list for a terminal."""
    found = entries(known)
    out = Table(title=f"{len(found)} tools, {len(known.marks)} marks", title_justify="left", title_style="bold",
                box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    out.add_column("tool", style="bold", no_wrap=True)
    out.add_column("what it is", overflow="ellipsis", no_wrap=True, max_width=34)
    out.add_column("roles", no_wrap=True, overflow="ellipsis", max_width=28)
    out.add_column("marks", justify="right")
    out.add_column("where they stand", style="dim", overflow="fold")
    for entry in found:
        out.add_row(entry.tool, entry.title, ", ".join(entry.roles), str(entry.marks), ", ".join(entry.surfaces))
    return out


def markdown(known: Catalogue) -> str:
    """Return the list as a Markdown table."""
    rows = ["| tool | what it is | roles | marks | where they stand | known when installed |",
            "|---|---|---|---:|---|---|"]
    rows += [
        f"| [`{e.tool}`]({e.homepage}) | {_cell(e.title)} | {', '.join(e.roles)} | {e.marks} "
        f"| {', '.join(f'`{kind}`' for kind in e.surfaces)} | {'yes' if e.installed else ''} |"
        for e in entries(known)
    ]
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def as_json(known: Catalogue) -> str:
    """Return the list as JSON."""
    return msgspec.json.format(msgspec.json.encode(entries(known)), indent=1).decode() + "\n"


def show_tool(out: Console, tool: ToolFile, only: MarkRule | None = None) -> None:
    """Print everything that is known of a tool, or `only` one of its marks."""
    out.print(Text.assemble((tool.tool, "bold cyan"), f"  {tool.title}  ", (tool.homepage, "dim")))
    for name in ("purl", "cpe", "language"):
        if getattr(tool, name):
            out.print(Text.assemble((f"  {name:<12}", "dim"), getattr(tool, name)))
    if tool.yields_to:
        out.print(Text.assemble((f"  {'yields to':<12}", "dim"), ", ".join(tool.yields_to)))
    for heading, every in (("Marks", tool.mark), ("Where it is installed", tool.present)):
        marks = [mark for mark in every if only is None or mark == only]
        if marks:
            out.print()
            out.print(Text(heading, "bold"))
        for mark in marks:
            _show_mark(out, mark)


def _show_mark(out: Console, mark: MarkRule) -> None:
    out.print(Text.assemble(("  ", ""), (mark.id, "bold"), f"  {mark.role.value}, {mark.claim.value}, ",
                            f"{mark.confidence:.0%}", ("  on ", "dim"), ", ".join(kinds(mark))))
    lines = [("pattern", mark.pattern), ("needles", ", ".join(mark.needles)), ("requires", ", ".join(mark.requires)),
             ("unless", ", ".join(mark.unless)), ("note", mark.note or "")]
    for name, value in lines:
        if value:
            out.print(Text.assemble((f"    {name:<10}", "dim"), value))
    for example in mark.example:
        tells = f"  → {example.version}" if example.version else ""
        out.print(Text.assemble(("    proof     ", "dim"), (example.value, "green"), tells,
                                (f"  ({example.source})", "dim")))
    for miss in mark.near_miss:
        out.print(Text.assemble(("    not       ", "dim"), (miss.value, "magenta"), (f"  ({miss.why})", "dim")))
