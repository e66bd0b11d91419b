"""`builtby marks`: what is known about tools, and a check for new knowledge."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.help import Command, Group
from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.marks.load import Catalogue

app = typer.Typer(
    no_args_is_help=True, cls=Group, rich_markup_mode=None,
    help="The catalogue of marks: which tools builtby knows, and by what.",
)


class ListFormat(StrEnum):
    """How the catalogue is listed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


@app.command("list", cls=Command)
def list_(
    form: Annotated[ListFormat, typer.Option("-f", "--format", help="How to print it.")] = ListFormat.TABLE,
    rules: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Add the mark files of this folder.")] = None,
    nursery: Annotated[bool, typer.Option("--nursery", help="With the marks that are not proven yet.")] = False,
) -> None:
    """List the tools, their roles, and where their marks stand."""
    from builtby.cli import catalogue_view as view

    known = _catalogue(rules, nursery=nursery)
    if form is ListFormat.TABLE:
        view.console(sys.stdout).print(view.table(known))
    else:
        typer.echo(view.markdown(known) if form is ListFormat.MARKDOWN else view.as_json(known), nl=False)


@app.command(cls=Command)
def show(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="A tool's name, as `list` prints it.")],
    rules: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Add the mark files of this folder.")] = None,
    nursery: Annotated[bool, typer.Option("--nursery", help="With the marks that are not proven yet.")] = False,
) -> None:
    """Show a tool's marks and the texts that prove them.

    Where each mark stands, how it is read, the real texts it must fire on, and the decoys it must not.
    """
    from builtby.cli import catalogue_view as view

    found = [known for known in _catalogue(rules, nursery=nursery).tools if known.tool == tool]
    if not found:
        fail(Exit.USAGE, f"there is no tool {tool!r} in the catalogue", "`builtby marks list` names those there are.")
    console = view.console(sys.stdout)
    for known in found:
        view.show_tool(console, known)


@app.command(cls=Command)
def test(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Mark files, *.toml.")],
) -> None:
    """Check mark files that you write.

    Each rule must fire on its examples and on none of its near-misses. Says what is wrong and what helps.
    Exit code 1 when something is wrong.
    """
    from builtby.cli.marks_check import check

    problems = [problem for file in files for problem in check(file)]
    for problem in problems:
        print(f"{problem.where}: {problem.what}\n  {problem.remedy}")
    if problems:
        raise typer.Exit(int(Exit.FINDINGS))
    print(f"{len(files)} mark file{'' if len(files) == 1 else 's'}: sound")


def _catalogue(rules: list[Path] | None, *, nursery: bool) -> "Catalogue":
    from builtby.marks.load import MarksError, catalogue

    try:
        return catalogue(tuple(rules or ()), nursery=nursery)
    except MarksError as error:
        fail(Exit.USAGE, str(error), "Check the file with `builtby marks test FILE`.")
