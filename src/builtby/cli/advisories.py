"""`builtby advisories`: the database of known vulnerabilities on this machine."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.help import Command, Group
from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.advisories.store import Store

app = typer.Typer(
    no_args_is_help=True, cls=Group, rich_markup_mode=None,
    help="Known vulnerabilities of tools: what is known, how old it is, and how to renew it.",
)


class Format(StrEnum):
    """How facts are printed."""

    TABLE = "table"
    JSON = "json"


_Format = Annotated[Format, typer.Option("-f", "--format", help="How to print it.")]
_Offline = Annotated[bool, typer.Option("--offline", help="Send not one packet.")]
_BUSY = "Another `builtby advisories` is writing; wait for it."
_ROOM = "Make room there, or set BUILTBY_DATA to a folder that can be written to."


@app.command(cls=Command)
def status(
    form: _Format = Format.TABLE,
    everything: Annotated[bool, typer.Option("--all", help="List every tool, not only how many.")] = False,
    offline: _Offline = False,  # it never does
) -> None:
    """Say what is known, how old it is, and of what nothing is.

    Counts the advisories of each tool, and names the tools of which there is no data. Warns when downloaded data is
    older than 7 days.
    """
    from builtby.advisories.standing import standing
    from builtby.cli import advisories_view as view
    from builtby.marks.load import catalogue

    store = _store()
    found = standing(store, {tool.tool for tool in catalogue().tools} | store.products.entries.keys())
    if form is Format.JSON:
        typer.echo(view.as_json(found), nl=False)
    else:
        view.show_standing(found, everything=everything)


@app.command(cls=Command)
def update(
    feed: Annotated[list[str] | None, typer.Option(
        metavar="NAME", help="Only this feed, as `status` names it. Repeatable.")] = None,
    mirror: Annotated[str | None, typer.Option(
        metavar="URL", help="Fetch from URL/osv, URL/endoflife, URL/kev and URL/debian instead. "
                            "Default: BUILTBY_ADVISORIES_URL.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only what failed.")] = False,
    offline: _Offline = False,
) -> None:
    """Fetch the public feeds.

    Only what changed is fetched, from where an earlier try stopped. A feed that fails keeps its old data, and the
    others are taken: the exit code is then 3.
    """
    from builtby.advisories.feeds import feeds
    from builtby.cli import advisories_view as view

    if offline:
        fail(Exit.USAGE, "an update needs the network, and --offline forbids it",
             "`builtby advisories import` takes a file that another machine exported.")
    unknown = set(feed or ()) - {one.name for one in feeds().feed}
    if unknown:
        fail(Exit.USAGE, f"there is no feed {sorted(unknown)[0]!r}", "`builtby advisories status` names them.")
    from builtby.advisories.locking import Busy
    from builtby.advisories.update import Plan, State
    from builtby.advisories.update import update as run
    from builtby.cli.advisories_progress import shown

    try:
        with shown(quiet=quiet) as watch:
            outcomes = run(Plan(mirror=mirror, only=tuple(feed or ())), watch)
    except Busy as error:
        fail(Exit.INCOMPLETE, str(error), _BUSY)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"{error.filename or 'the data'} cannot be written: {error.strerror or error}", _ROOM)
    view.show_outcomes(outcomes, quiet=quiet)
    if any(outcome.state is State.FAILED for outcome in outcomes):
        raise typer.Exit(int(Exit.INCOMPLETE))


@app.command("import", cls=Command)
def import_(
    paths: Annotated[list[Path], typer.Argument(
        metavar="PATH…", help="A bundle of `export`, a folder or zip of OSV records, or one JSON file of a feed.")],
    sha256: Annotated[str | None, typer.Option(
        "--sha256", metavar="HEX", help="Take the file only if it has this checksum.")] = None,
    older: Annotated[bool, typer.Option("--older", help="Take a bundle that is older than the data in use.")] = False,
    offline: _Offline = False,  # it never does
) -> None:
    """Take data from files, on a machine that has no network.

    All of it or nothing: what is damaged, or no advisory data, leaves the data in use as it is (exit code 3).
    """
    from builtby.advisories.exchange import take
    from builtby.advisories.locking import Busy
    from builtby.advisories.packed import Refused
    from builtby.cli import advisories_view as view

    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        fail(Exit.USAGE, f"{missing}: there is no such file or folder")
    if sha256 is not None and len(paths) > 1:
        fail(Exit.USAGE, "--sha256 is of one file", "Import the files one by one.")
    try:
        found = take(paths, sha256=sha256, older=older)
    except Refused as error:
        fail(Exit.INCOMPLETE, str(error), "The data in use stays as it is. Get the file again, and compare checksums.")
    except Busy as error:
        fail(Exit.INCOMPLETE, str(error), _BUSY)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"{error.filename or 'the data'}: {error.strerror or error}", _ROOM)
    view.show_imported(found)


@app.command(cls=Command)
def export(
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE", help="Where to. Default: builtby-advisories-DAY.bundle, here.")] = None,
    offline: _Offline = False,  # it never does
) -> None:
    """Write the data to one file, for a machine without network.

    Prints the file's SHA-256, which `import --sha256` compares.
    """
    from builtby.advisories.exchange import export as run
    from builtby.cli import advisories_view as view

    try:
        bundle = run(output)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"{error.filename or output}: {error.strerror or error}", "Give -o a file that can be.")
    view.show_bundle(bundle)


@app.command(cls=Command)
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="CVE-…, GO-…, GHSA-… or any other name of an advisory.")],
    form: _Format = Format.TABLE,
    offline: _Offline = False,  # it never does
) -> None:
    """Show what is known of one advisory.

    What it affects, what it means, what distributions say of it, where to read on. Exit code 1 when nothing is known
    of it: that is no statement that there is no such hole.
    """
    from builtby.cli import advisories_view as view

    store = _store()
    records = store.by_id(name)
    if not records:
        fail(Exit.FINDINGS, f"no advisory of this data is called {name}", "`builtby advisories update` may bring it.")
    if form is Format.JSON:
        typer.echo(view.as_json([view.facts(record, store) for record in records]), nl=False)
    else:
        view.show_records(records, store)


@app.command(cls=Command)
def search(
    tool: Annotated[str, typer.Argument(
        metavar="TOOL", help="A tool as `builtby marks list` names it, or a product of the data.")],
    version: Annotated[str | None, typer.Argument(metavar="VERSION", help="Only what this version has.")] = None,
    form: _Format = Format.TABLE,
    offline: _Offline = False,  # it never does
) -> None:
    """List the advisories of a tool or of a version, the worst first.

    This knows the version only: `builtby scan` also looks at who packaged it, and at what is really inside.
    Exit code 1 when there is no data on the tool.
    """
    from builtby.cli import advisories_search as found

    store = _store()
    if not (store.knows(tool) or store.of_product(tool)):
        fail(Exit.FINDINGS, f"there is no advisory data on {tool!r}",
             "That is no statement that it is safe. `builtby advisories status --all` names the tools there are.")
    hits = found.hits(store, tool, version)
    if form is Format.JSON:
        typer.echo(found.as_json(hits), nl=False)
    else:
        found.show(hits, tool, version)


def _store() -> "Store":
    """Open the data, and say what is wrong with it."""
    from builtby.advisories.standing import warning
    from builtby.advisories.store import open_store

    store = open_store()
    told = warning(store)
    if told:
        print(f"builtby: {told}", file=sys.stderr)
    return store
