"""`builtby explain`: what something is that a scan named, what of the last scan it touches, and what to do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.cli.last import Last


def explain(
    what: Annotated[str, typer.Argument(
        metavar="CVE-…|RULE|TOOL|WORD", show_default=False,
        help="An advisory, a mark's rule (gcc/comment), a finding of a build (persistence-written), a tool (gcc), "
        "or a word of the results (build-host).")],
    source: Annotated[Path | None, typer.Option(
        "--from", metavar="FILE", help="Look into this `-f json` result instead of the last scan.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="List every place, not the first ones.")] = False,
) -> None:
    """Say what something is, what it touches, what to do.

    Looks into the advisory data and the catalogue of marks of this machine, and into the last scan. Nothing is sent.
    Exit code 2: nothing goes by that name.
    """
    from builtby.advisories.store import open_store
    from builtby.cli import explain_view as view
    from builtby.marks.load import catalogue

    scan = _scan(source)
    known = view.Known(open_store(), catalogue(nursery=True), scan, everything=everything)
    if not known.explain(what):
        near = known.near(what)
        fail(Exit.USAGE, f"nothing is known by the name {what!r}",
             f"Is it {' or '.join(near)}?" if near else
             "`builtby marks list` names the tools, `builtby advisories search TOOL` their advisories.")


def _scan(source: Path | None) -> "Last | None":
    from builtby.cli.last import from_result, last, state_dir

    try:
        return from_result(source) if source else last()
    except OSError as error:
        fail(Exit.USAGE, f"{source}: {error.strerror}")
    except (ValueError, RecursionError) as error:
        place = source or state_dir()
        fail(Exit.USAGE, f"{place}: not a result of builtby: {error}",
             "Give --from what `builtby scan -f json` wrote." if source else "Scan again.")
