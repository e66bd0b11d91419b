"""`builtby record`: run a build and write down what it does."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from builtby.cli import record_diff, record_import, record_show
from builtby.cli.building import (
    OUTPUT,
    FailFrom,
    FailOn,
    Force,
    Output,
    Quiet,
    Runner,
    command_of,
    kept_digests,
    refuse_faulty_rules,
    refuse_other,
)
from builtby.cli.help import Command
from builtby.cli.say import Exit, fail

app = typer.Typer(
    cls=Runner, rich_markup_mode=None, invoke_without_command=True, subcommand_metavar="-- COMMAND…",
    help="""Run a build and write down what it does.

Every program that runs, every file that is read, with the digest of what was really read, and written, and every
address that is turned to; then, what of that should not be there. Needs no root, and Linux 5.9 or strace. The exit code
is the command's own; 1 when --fail-on says so; 3 when recording is not possible here: then nothing was run.""",
)


class Backend(StrEnum):
    """How a build is looked at."""

    AUTO = "auto"
    NOTIFY = "seccomp-notify"
    STRACE = "strace"


@app.callback()
def record(
    ctx: typer.Context,
    folder: Output = OUTPUT,
    force: Force = False,
    rehash: Annotated[bool, typer.Option("--rehash", help="Hash every file: believe nothing kept from an earlier "
                                         "record.")] = False,
    backend: Annotated[Backend, typer.Option("--backend", help="How to look: seccomp-notify; strace, where the kernel "
                                             "has none; auto takes what works, and the record says which.")
                       ] = Backend.AUTO,
    fail_on: FailFrom = None,
    quiet: Quiet = False,
) -> None:
    """Run a build and write down what it does."""
    command = command_of(ctx, "record", "recorded")
    if command is not None:
        raise typer.Exit(_recorded(command, folder, fail_on, backend, force=force, rehash=rehash, quiet=quiet))


def _recorded(command: list[str], folder: Path, fail_on: FailOn | None, backend: Backend, *, force: bool,
              rehash: bool, quiet: bool) -> int:
    from builtby.builds.recording import UnavailableError, record_build
    from builtby.cli.in_short import at_least, summary, warn

    refuse_other(folder, force=force)
    refuse_faulty_rules()
    try:
        found = record_build(command, folder, None if rehash else kept_digests(),
                             None if backend is Backend.AUTO else backend.value)
    except UnavailableError as error:
        fail(Exit.INCOMPLETE, f"cannot record here: {error}; the command was not run", error.remedy)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"the record in {folder} could not be written: {error.strerror}",
             "The build was stopped. Give -o a folder that can be written and has room.")
    if not found.complete:
        print("builtby: the record is incomplete: " + "; ".join(found.unobserved[:1]), file=sys.stderr)
    if not quiet:
        print(f"builtby: {summary(found)} → {folder}", file=sys.stderr)
        warn(found)
    if fail_on is not None and at_least(found, fail_on):
        return int(Exit.FINDINGS)
    return found.exit_code if found.exit_code is not None else int(Exit.INCOMPLETE)


app.command("show", cls=Command)(record_show.show)
app.command("diff", cls=Command)(record_diff.diff)
app.command("import", cls=Command)(record_import.import_)
