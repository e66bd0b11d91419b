"""What commands have in common that run somebody's build."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from builtby.cli.help import Group
from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.builds.hashing import Kept

COMMAND = "builtby.command"
"""Where a click context's `meta` holds what stands behind `--`."""


class Runner(Group):
    """A group that is itself a command: what stands behind `--` is the build's, and never read as ours."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # Typer keeps these types private
        if "--" in args:
            place = args.index("--")
            ctx.meta[COMMAND] = args[place + 1 :]
            args = args[:place]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


class FailOn(StrEnum):
    """From which severity on a finding fails the build."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the record goes.")]
OUTPUT = Path("build-record")
Force = Annotated[bool, typer.Option("--force", help="Replace a record that is there.")]
FailFrom = Annotated[FailOn | None, typer.Option("--fail-on", help="Leave with exit code 1 when a finding is at least "
                                                 "that severe.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but what went wrong.")]


def command_of(ctx: typer.Context, verb: str, done: str) -> list[str] | None:
    """Return what stands behind `--`; None where a subcommand is called. `done`: the verb's participle."""
    command: list[str] | None = ctx.meta.get(COMMAND)
    if ctx.invoked_subcommand is not None:
        if command is not None:
            fail(Exit.USAGE, f"`{verb} {ctx.invoked_subcommand}` runs no command", "Leave out what stands behind --.")
        return None
    if not command:
        fail(Exit.USAGE, f"no command to {verb}", f"Write it behind two dashes: builtby {verb} -- make -j4")
    if sys.platform != "linux":
        fail(Exit.INCOMPLETE, f"builds can be {done} on Linux only",
             f"{verb.capitalize()} in a Linux container or machine.")
    return command


def kept_digests() -> "Kept | None":
    """Return where digests are kept; nowhere for a user without a home, as containers have them."""
    from builtby.builds.hashing import Kept
    from builtby.cli.last import state_dir

    try:
        return Kept(state_dir() / "digests.json")
    except RuntimeError:
        return None


def refuse_faulty_rules() -> None:
    """Leave before anything is run when our own rules cannot be used: afterwards it would be too late to say."""
    from builtby.builds.ready import TRIED, FaultyRulesError, ready

    kept = kept_digests()
    try:
        ready(kept.file.with_name(TRIED) if kept else None)
    except FaultyRulesError as error:
        fail(Exit.INCOMPLETE, f"{error}; the command was not run",
             "A file of builtby's own is not as it was shipped: install it anew.")


def refuse_other(folder: Path, *, force: bool) -> None:
    """Leave what is there alone: another record unless told so, and anything else in any case."""
    if not folder.exists():
        return
    if not folder.is_dir():
        fail(Exit.USAGE, f"{folder} is no folder", "Give -o a folder, new or empty.")
    names = {path.name for path in folder.iterdir()}
    fetched_only = all(name.startswith("fetch-") for name in names)  # a guard whose fetching failed ran nothing else
    if names and "record.json" not in names and not fetched_only:
        fail(Exit.USAGE, f"{folder} holds other files", "Give -o a folder, new or empty.")
    if names and not force:
        fail(Exit.USAGE, f"{folder} holds a record already", "Give another folder with -o, or --force to replace it.")
