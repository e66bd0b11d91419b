"""`builtby scan`: say what built the files of a target."""

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.say import Exit, fail
from builtby.cli.values import day, epoch, size

if TYPE_CHECKING:
    from builtby.cli.gates import Gates
    from builtby.cli.last import Recorder
    from builtby.cli.output import Output
    from builtby.reports.results import Results
    from builtby.scanning import Options

_WHAT, _HOW, _OUT, _COUNTS = "What is looked at", "How it is done", "What comes out", "What counts"


def complete_format(incomplete: str) -> list[str]:
    """Offer the names of the outputs to the shell."""
    from builtby.reports.registry import all_reports

    return [report.name for report in all_reports() if report.name.startswith(incomplete)]


def scan(
    targets: Annotated[list[str], typer.Argument(
        metavar="TARGET…", show_default=False,
        help="Files, folders, archives, OCI layouts, `docker save` archives; - is standard input.")],
    include: Annotated[list[str] | None, typer.Option(
        metavar="GLOB", rich_help_panel=_WHAT, help="Only paths that match, such as 'usr/bin/*'. Repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(
        metavar="GLOB", rich_help_panel=_WHAT, help="No paths that match, such as '*.pyc'. Repeatable.")] = None,
    max_size: Annotated[str | None, typer.Option(
        metavar="SIZE", rich_help_panel=_WHAT, help="Skip files above this size: 64MB, 1.5GiB.")] = None,
    formats: Annotated[list[str] | None, typer.Option(
        "-f", "--format", metavar="FORMAT[=FILE]", rich_help_panel=_OUT, autocompletion=complete_format,
        help="terminal, html, json, sarif, cyclonedx-json, cyclonedx-json@1.7, cyclonedx-vex-json, openvex, "
        "openvex-local, spdx-json, csv, csv-exposures. Repeatable, each with its own FILE."
    )] = None,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", metavar="FILE", rich_help_panel=_OUT,
        help="Write there, whole or not at all, instead of to standard output.")] = None,
    by_artifact: Annotated[bool, typer.Option(
        "--by-artifact", "--artifacts", rich_help_panel=_OUT, help="List every artifact with its tools.")] = False,
    explain: Annotated[bool, typer.Option(
        "--explain", rich_help_panel=_OUT, help="Show each mark with its bytes and offset.")] = False,
    quiet: Annotated[bool, typer.Option(
        "-q", "--quiet", rich_help_panel=_OUT, help="No progress and no summary on standard error.")] = False,
    jobs: Annotated[int | None, typer.Option(
        "-j", "--jobs", metavar="N", min=1, max=256, rich_help_panel=_HOW, show_default=False,
        help="Worker processes. Default: one for each processor.")] = None,
    offline: Annotated[bool, typer.Option(
        "--offline", rich_help_panel=_HOW, help="Send not one packet.")] = False,
    rules: Annotated[list[Path] | None, typer.Option(
        metavar="DIR", rich_help_panel=_HOW, help="Add the mark files (*.toml) of this folder. Repeatable.")] = None,
    nursery: Annotated[bool, typer.Option(
        "--nursery", rich_help_panel=_HOW, help="Apply marks that are not proven yet.")] = False,
    buildinfo: Annotated[str | None, typer.Option(
        metavar="DIR|URL", rich_help_panel=_HOW,
        help="Debian .buildinfo documents: a folder, or an address with {source} and {version}.")] = None,
    fail_on: Annotated[list[str] | None, typer.Option(
        metavar="WORD", rich_help_panel=_COUNTS, help="Exit with 1 at an exposure that is: critical, high, medium or "
        "low (at least), unscored, a class such as artifact-linked, kev, eol. Repeatable; commas too.")] = None,
    ignore_file: Annotated[Path | None, typer.Option(
        metavar="FILE", rich_help_panel=_COUNTS, help="Accepted exposures (TOML), with reason and expiry.")] = None,
    baseline: Annotated[Path | None, typer.Option(
        metavar="OLD.json", rich_help_panel=_COUNTS,
        help="An earlier -f json result: only exposures that it lacks count.")] = None,
) -> None:
    """Say what built the files of a target.

    Reads executables, libraries, jars, wheels, packages, bundles and images, nested in one another, without unpacking
    anything to disk. Exit code 0: done; 1: an exposure meets --fail-on; 2: wrong usage, or no target is there; 3: some
    of it could not be read, and the rest is reported.
    """
    from builtby.cli.gates import gates, verdict
    from builtby.cli.last import Recorder
    from builtby.cli.output import plan
    from builtby.pipeline.workers import collect_seldom
    from builtby.scanning import Options

    collect_seldom()

    outputs = plan(formats or [], output)
    timestamp = epoch(os.environ.get("SOURCE_DATE_EPOCH"))
    _refuse_missing(targets)
    options = Options(
        include=tuple(include or ()), exclude=tuple(exclude or ()), max_size=size(max_size) if max_size else None,
        jobs=jobs or processors(), rules=tuple(rules or ()), nursery=nursery, buildinfo=buildinfo, offline=offline,
    )
    asked = gates(fail_on, ignore_file, baseline, day(timestamp))
    started, recorder = time.monotonic(), Recorder()
    with closing(recorder), _collect(targets, options, asked, recorder, quiet=quiet) as results:
        for wanted in outputs:
            _write(results, wanted, timestamp, by_artifact=by_artifact, explain=explain)
        incomplete = any(not skipped.expected for skipped in results.skipped)
        if not quiet and not any(wanted.file is None and wanted.report.name == "terminal" for wanted in outputs):
            from builtby.reports.summary import Summary

            print(f"builtby: {Summary(results).sentence()} · {time.monotonic() - started:.1f} s", file=sys.stderr)
        if not quiet:
            _warn_of_old_data()
        done = verdict(asked, results, quiet=quiet)
        recorder.keep(results)
    raise typer.Exit(int(done or (Exit.INCOMPLETE if incomplete else Exit.OK)))


def _warn_of_old_data() -> None:
    from builtby.advisories.standing import warning
    from builtby.advisories.store import open_store

    said = warning(open_store())
    if said:
        print(f"builtby: {said}", file=sys.stderr)


def _refuse_missing(targets: list[str]) -> None:
    """When no target is there, the command was wrong; when some are, they are scanned and the others are skipped."""
    missing = [target for target in targets if target != "-" and not os.path.lexists(target)]
    if len(missing) == len(targets):
        fail(Exit.USAGE, f"no such file or folder: {', '.join(missing)}",
             "Give the path of something to scan, or - for standard input.")


def _collect(targets: list[str], options: "Options", asked: "Gates", recorder: "Recorder", *,
             quiet: bool) -> "Results":
    from builtby.cli import progress
    from builtby.marks.load import MarksError
    from builtby.reports.results import Results
    from builtby.scanning import scan as start

    try:
        with progress.shown(quiet=quiet) as told:
            return Results.collect(asked.through(start(*targets, options=options, progress=told)), recorder.seen)
    except MarksError as error:
        fail(Exit.USAGE, str(error), "Check the file with `builtby marks test FILE`.")


def _write(results: "Results", wanted: "Output", timestamp: int | None, *, by_artifact: bool, explain: bool) -> None:
    from builtby.cli.output import colour, opened, width
    from builtby.reports.base import ReportOptions

    screen = wanted.file is None
    options = ReportOptions(
        timestamp=timestamp, explain=explain, by_artifact=by_artifact, colour=screen and colour(sys.stdout),
        width=width(sys.stdout) if screen else None,
    )
    try:
        with opened(wanted.file) as stream:
            wanted.report.write(results, stream, options)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot write {wanted.file or 'the results'}: {error.strerror}")


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
