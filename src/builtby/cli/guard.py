"""`builtby guard`: run a build, write down what it does, and keep it from doing harm."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli import guard_policies
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

if TYPE_CHECKING:
    from builtby.builds.guard.guarding import Order
    from builtby.builds.guard.policy import Policy
    from builtby.builds.model import Record

app = typer.Typer(
    cls=Runner, rich_markup_mode=None, invoke_without_command=True, subcommand_metavar="-- COMMAND…",
    help="""Run a build, write down what it does, and keep it from doing harm.

The same record as `builtby record`, made in a guard: the toolchain is read-only, home and /tmp are private, credentials
are absent with canaries in their place, and the only way out is a proxy to the hosts that the package manager is
configured to use. How strong the guard is depends on what this machine allows; it is tried, said, and recorded. The
exit code is the command's own; 1 when --fail-on says so; 3 when no protection can be given: nothing was run then.""",
)


@app.callback()
def guard(
    ctx: typer.Context,
    policy: Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="What the build may do, as TOML.")
                      ] = None,
    preset: Annotated[str | None, typer.Option("--preset", metavar="NAME", help="A ready-made policy: pip, npm, cargo, "
                                               "go, maven, make. See `builtby guard policies`.")] = None,
    folder: Output = OUTPUT,
    force: Force = False,
    level: Annotated[int | None, typer.Option("--level", min=1, max=3, help="This level or none: 1 bubblewrap, "
                                              "2 Landlock, 3 looking only.")] = None,
    best_effort: Annotated[bool, typer.Option("--best-effort", help="Take level 3 where nothing better is "
                                              "possible.")] = False,
    fail_on: FailFrom = None,
    quiet: Quiet = False,
) -> None:
    """Run a build, write down what it does, and keep it from doing harm."""
    command = command_of(ctx, "guard", "guarded")
    if command is None:
        return
    if policy is not None and preset is not None:
        fail(Exit.USAGE, "both --policy and --preset",
             "Give one. `builtby guard policies NAME` prints a preset to edit.")
    chosen = _policy(policy, preset)
    refuse_other(folder, force=force)
    refuse_faulty_rules()
    raise typer.Exit(_guarded(command, folder, chosen, level, fail_on, best_effort=best_effort, quiet=quiet))


def _policy(file: Path | None, preset: str | None) -> "Policy":
    from builtby.builds.guard import policy as policies

    try:
        return policies.load(file) if file is not None else policies.preset(preset or "default")
    except policies.PolicyError as error:
        fail(Exit.USAGE, f"policy: {error}", "docs/guard.md has every key; `builtby guard policies` lists the presets.")


def _guarded(command: list[str], folder: Path, policy: "Policy", level: int | None, fail_on: FailOn | None, *,
             best_effort: bool, quiet: bool) -> int:
    from builtby.builds.guard.guarding import Order
    from builtby.cli.in_short import at_least, summary, warn

    records = _run(Order(command, folder.absolute(), policy, level, best_effort, kept_digests(), _caches(),
                         (lambda _: None) if quiet else _say))
    for record in records:
        if not record.complete:
            print("builtby: the record is incomplete: " + "; ".join(record.unobserved[:1]), file=sys.stderr)
        if not quiet:
            phase = record.guard.phase if record.guard else ""
            print(f"builtby: {phase}: {summary(record)} → {folder}", file=sys.stderr)
            warn(record)
    if fail_on is not None and any(at_least(record, fail_on) for record in records):
        return int(Exit.FINDINGS)
    found = records[-1]
    return found.exit_code if found.exit_code is not None else int(Exit.INCOMPLETE)


def _run(order: "Order") -> "tuple[Record, ...]":
    """Guard a build, or leave with a sentence and what helps."""
    from builtby.builds.guard.guarding import guard_build
    from builtby.builds.guard.ladder import NoLevelError
    from builtby.builds.guard.room import RoomError
    from builtby.builds.seccomp.notify import UnavailableError

    try:
        return guard_build(order)
    except NoLevelError as error:
        fail(Exit.INCOMPLETE, f"cannot guard here: {error}; the command was not run",
             "Install bubblewrap, or allow Landlock; --best-effort takes what is left. docs/guard.md says more.")
    except UnavailableError as error:
        fail(Exit.INCOMPLETE, f"cannot guard here: {error}; the command was not run", error.remedy)
    except RoomError as error:
        fail(Exit.INCOMPLETE, f"cannot guard this: {error}; the command was not run", "")
    except OSError as error:
        fail(Exit.INCOMPLETE, f"the guard failed: {error}", "The build was stopped, or not begun. Is there room in "
             "TMPDIR, and in the folder that -o names?")


def _say(text: str) -> None:
    print(f"builtby: {text}", file=sys.stderr, flush=True)


def _caches() -> Path:
    """Return where private caches of the project in the working directory are kept."""
    import hashlib
    import os
    import tempfile

    name = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:16]
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "builtby/guard" / name
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"builtby-caches-{os.geteuid()}" / name


app.command("policies", cls=Command)(guard_policies.policies)
app.command("learn", cls=Command)(guard_policies.learn)
