"""`builtby audit`: who gets to run code in a build."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.builds.audit.model import Audit

_WHAT, _OUT, _COUNTS = "What is looked at", "What comes out", "What counts"


class Form(StrEnum):
    """Outputs of an audit."""

    TERMINAL = "terminal"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"


class Limit(StrEnum):
    """What makes an audit fail."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    CODE = "code"


def audit(
    targets: Annotated[list[str] | None, typer.Argument(
        metavar="DIR|LOCKFILE|ARCHIVE…", show_default=False,
        help="Projects, lock files, site-packages, node_modules, sdists, wheels, npm packages. Default: this folder."
    )] = None,
    exclude: Annotated[list[str] | None, typer.Option(
        metavar="GLOB", rich_help_panel=_WHAT, help="No paths that match, such as 'tests/*'. Repeatable.")] = None,
    formats: Annotated[list[str] | None, typer.Option(
        "-f", "--format", metavar="FORMAT[=FILE]", rich_help_panel=_OUT,
        help="terminal, json (builtby/audit/1), sarif, markdown. Repeatable, each with its own FILE.")] = None,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE", rich_help_panel=_OUT,
        help="Write there, whole or not at all, instead of to standard output.")] = None,
    every: Annotated[bool, typer.Option(
        "--all", rich_help_panel=_OUT,
        help="List also what may run code only under a condition, safe settings, and every place.")] = False,
    fail_on: Annotated[Limit | None, typer.Option(
        metavar="WORD", rich_help_panel=_COUNTS, help="Exit with 1 at a setting or finding that is critical, high, "
        "medium or low (at least); code: at a dependency that certainly runs code.")] = None,
) -> None:
    """Say who gets to run code in a build, when, how, and which setting would prevent it.

    Reads manifests, lock files, installed packages and archives; runs nothing and sends not one packet. Exit code 0:
    done; 1: something meets --fail-on; 2: no target is there; 3: some file could not be read, and the rest is reported.
    """
    from builtby.builds.audit.engine import audit as start

    places = targets or ["."]
    missing = [place for place in places if not os.path.lexists(place)]
    if len(missing) == len(places):
        fail(Exit.USAGE, f"no such file or folder: {', '.join(missing)}", "Give a project's folder or a lock file.")
    outputs = _planned(formats or [Form.TERMINAL.value], output)
    result = start(places, tuple(exclude or ()))
    for form, file in outputs:
        _write(result, form, file, every=every)
    if fail_on and (met := _met(result, fail_on)):
        print(f"builtby: {met}", file=sys.stderr)
        raise typer.Exit(int(Exit.FINDINGS))
    raise typer.Exit(int(Exit.INCOMPLETE if result.skipped else Exit.OK))


def _planned(formats: list[str], output: Path | None) -> list[tuple[Form, Path | None]]:
    """Return what goes where. Refuses two outputs for one place."""
    planned = []
    for text in formats:
        name, _, own = text.partition("=")
        if name not in set(Form):
            raise typer.BadParameter(f"{name!r} is no format of an audit; there are {', '.join(Form)}")
        planned.append((Form(name), Path(own) if own else output))
    if len({file for _, file in planned}) < len(planned):
        raise typer.BadParameter("two formats go to the same place; write -f json=FILE -f sarif=OTHER")
    return planned


def _write(result: "Audit", form: Form, output: Path | None, *, every: bool) -> None:
    from builtby.cli.output import colour, opened, width

    try:
        with opened(output) as stream:
            if form is Form.TERMINAL:
                from builtby.builds.audit import terminal

                text = terminal.text(result, every=every, colour=output is None and colour(sys.stdout),
                                     width=width(sys.stdout) if output is None else None)
                stream.write(text.encode("utf-8", "backslashreplace"))
            elif form is Form.JSON:
                import msgspec

                stream.write(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
            elif form is Form.MARKDOWN:
                from builtby.builds.audit import markdown

                stream.write(markdown.document(result))
            else:
                from builtby.builds.audit import sarif

                stream.write(sarif.document(result))
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot write {output or 'the results'}: {error.strerror}")


def _met(result: "Audit", limit: Limit) -> str:
    """Say what meets the limit; empty when nothing does."""
    from builtby.builds.audit.model import SEVERITIES, Certainty
    from builtby.reports.terminal_style import clean

    if limit is Limit.CODE:
        names = [one.name for one in result.dependencies
                 if not one.project and any(hook.certainty is Certainty.CERTAIN for hook in one.hooks)]
        return f"--fail-on code: {_counted(names)} code, such as {clean(names[0])}" if names else ""
    least = SEVERITIES.index(limit.value)
    rated = [(one.severity, one.title) for one in result.findings]
    rated += [(one.severity, one.title) for one in result.settings if not one.safe]
    worst = [title for severity, title in rated if SEVERITIES.index(severity) <= least]
    return f"--fail-on {limit.value}: {len(worst):,} settings and findings, such as: {worst[0]}" if worst else ""


def _counted(names: list[str]) -> str:
    return "1 dependency runs" if len(names) == 1 else f"{len(names):,} dependencies run"
