"""`builtby record import`: what another recorder saw, under the same rules."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.building import FailOn, refuse_other
from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.builds.imports.importing import Imported


class LogFormat(StrEnum):
    """Whose log it is."""

    AUTO = "auto"
    TETRAGON = "tetragon"
    FALCO = "falco"
    TRACEE = "tracee"
    AUDITD = "auditd"


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Logs, plain or gzip, the oldest first.")],
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the record goes.")],
    form: Annotated[LogFormat, typer.Option("--format", help="Whose log it is; auto sees it in each line.")] =
    LogFormat.AUTO,
    same_machine: Annotated[bool, typer.Option("--same-machine", help="The log is of this machine: take tools and "
                                               "packages from its files, as they are now.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a record that is there.")] = False,
    fail_on: Annotated[FailOn | None, typer.Option("--fail-on", help="Leave with exit code 1 when a finding is at "
                                                   "least that severe.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but what went wrong.")] = False,
) -> None:
    """Make a record of another recorder's log.

    Tetragon's and Tracee's JSON, Falco's JSON alerts and auditd's log feed the same rules as a build that was recorded
    here. What such a log cannot tell stands in the record, which is never called complete. An executable is
    identified when this machine has the file whose digest the log tells. Exit code 3 when some of it could not be read:
    the rest is in the record.
    """
    from builtby.builds.imports.importing import import_logs

    refuse_other(folder, force=force)
    try:
        found = import_logs(files, folder, None if form is LogFormat.AUTO else form.value,
                            same_machine=same_machine)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"the record in {folder} could not be written: {error.strerror}",
             "Give -o a folder that can be written and has room.")
    raise typer.Exit(_said(found, folder, fail_on, quiet=quiet))


def _said(found: "Imported", folder: Path, fail_on: FailOn | None, *, quiet: bool) -> int:
    from builtby.cli.in_short import at_least, summary, warn

    for trouble in found.troubles:
        print(f"builtby: not readable: {trouble}", file=sys.stderr)
    if found.events == 0:
        print("  No event was found. Give the log's own lines: JSON of Tetragon, Falco or Tracee, or auditd's log.",
              file=sys.stderr)
    if not quiet:
        idle = f", {found.idle:,} of which tell nothing of programs, files or addresses" if found.idle else ""
        print(f"builtby: {found.events:,} events{idle}; {summary(found.record)} → {folder}", file=sys.stderr)
        warn(found.record)
    if fail_on is not None and at_least(found.record, fail_on):
        return int(Exit.FINDINGS)
    return int(Exit.INCOMPLETE if found.troubles or found.events == 0 else Exit.OK)
