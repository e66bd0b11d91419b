"""The commands, joined."""

import os
import sys
from typing import Annotated

import typer

from builtby._version import __version__
from builtby.cli import advisories, audit, explain, guard, host, marks, record, scan, schema, toolchain, verify_sources
from builtby.cli.help import Command, Group

HELP = """Know what built everything you run.

builtby reads the marks that compilers, linkers, packagers and build systems leave in software, and says which tool,
which version and how it is known. What is unknown is called unknown.
"""
_LOOK, _KNOW = "Look", "Know"

app = typer.Typer(
    name="builtby", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 nothing to report · 1 findings · 2 wrong usage · 3 not wholly completed.",
)
app.command("scan", cls=Command, rich_help_panel=_LOOK)(scan.scan)
app.command("audit", cls=Command, rich_help_panel=_LOOK)(audit.audit)
app.command("explain", cls=Command, rich_help_panel=_KNOW)(explain.explain)
app.add_typer(record.app, name="record", rich_help_panel=_LOOK)
app.add_typer(guard.app, name="guard", rich_help_panel=_LOOK)
app.add_typer(toolchain.app, name="toolchain", rich_help_panel=_LOOK)
app.add_typer(host.app, name="host", rich_help_panel=_LOOK)
app.command("verify-sources", cls=Command, rich_help_panel=_LOOK)(verify_sources.verify_sources)
app.add_typer(advisories.app, name="advisories", rich_help_panel=_KNOW)
app.add_typer(marks.app, name="marks", rich_help_panel=_KNOW)
app.command("schema", cls=Command, rich_help_panel=_KNOW)(schema.schema)


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version and leave.")] = False,
) -> None:
    """Take the options of the program itself."""
    if version:  # only reached with other arguments beside it: alone, it is answered in __main__
        typer.echo(f"builtby {__version__}")
        raise typer.Exit


def run() -> None:
    """Run the program and leave with its exit code; people get a sentence, never a traceback."""
    try:
        app(prog_name="builtby")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("BUILTBY_DEBUG"):
            raise
        print(
            f"builtby: internal error: {type(error).__name__}: {error}\n"
            "  This is a fault of builtby. Please report it with the output of the same command under BUILTBY_DEBUG=1.",
            file=sys.stderr,
        )
        sys.exit(3)
