"""`builtby host`: the build host between builds."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli import baselines
from builtby.cli.baselines import Form
from builtby.cli.help import Command, Group
from builtby.cli.say import Exit

if TYPE_CHECKING:
    from builtby.builds.host.check import Baseline

_OUT, _COUNTS = "What comes out", "What counts"

app = typer.Typer(
    cls=Group, rich_markup_mode=None, no_args_is_help=True,
    help="Check a build host between builds: what runs by itself, what steers tools, what came into PATH.")


class Limit(StrEnum):
    """The least severe finding that counts."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"


_Root = Annotated[Path, typer.Option("--root", metavar="DIR",
                                     help="Where the file system begins: that of an unpacked image or a chroot.")]


@app.command(cls=Command)
def check(
    file: Annotated[Path | None, typer.Argument(metavar="BASELINE", show_default=False,
                    help="What `builtby host baseline` wrote. Without one, only what is suspicious by itself is said."
                    )] = None,
    root: _Root = Path("/"),
    form: Annotated[Form, typer.Option("-f", "--format", rich_help_panel=_OUT,
                                       help="terminal or json (builtby/host/1).")] = Form.TERMINAL,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", rich_help_panel=_OUT,
                      help="Write there, whole or not at all, instead of to standard output.")] = None,
    every: Annotated[bool, typer.Option("--all", rich_help_panel=_OUT,
                     help="Show findings that are only information, and those that the baseline knew.")] = False,
    fail_on: Annotated[Limit, typer.Option(metavar="SEVERITY", rich_help_panel=_COUNTS,
                       help="Exit with 1 at a finding at least that severe: critical, high, medium, low, info; never."
                       )] = Limit.HIGH,
) -> None:
    """Say what on this host runs by itself, steers build tools, or came since the baseline, and should not.

    Timed jobs, services, shells' start files, ssh, accounts, Python's start files, configuration of pip, npm, cargo,
    Go, Maven, Gradle and git, preloaded libraries, programs in PATH, certificates and package sources.
    As root it looks into every home. What the baseline knew does not count. Exit code 1: a finding that counts;
    3: something could not be read, and the rest is reported.
    """
    from builtby.builds.detect.model import SEVERITIES
    from builtby.builds.host import terminal
    from builtby.builds.host.check import check as start

    baseline = _baseline(file) if file else None
    result = start(baselines.there(root), os.environ, baseline, str(file) if file else None)
    baselines.write(result, lambda out: terminal.show(out, result, every=every), form, output)
    least = SEVERITIES.index(fail_on.value) if fail_on is not Limit.NEVER else -1
    counting = [one for one in result.findings if not one.known and SEVERITIES.index(one.severity) <= least]
    if counting:
        print(f"builtby: {len(counting):,} finding{'s' if len(counting) > 1 else ''} at --fail-on {fail_on.value}",
              file=sys.stderr)
        raise typer.Exit(int(Exit.FINDINGS))
    baselines.leave_if_incomplete(result.problems)


@app.command(name="baseline", cls=Command)
def write_baseline(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the baseline goes.")],
    root: _Root = Path("/"),
) -> None:
    """Write down what this host is now, for `host check FILE`.

    Keep it where this host cannot write: it is under a checksum, and not signed.
    """
    from builtby.builds.host.check import taken
    from builtby.builds.host.model import BASELINE

    body, problems = taken(baselines.there(root), os.environ)
    baselines.put(BASELINE, body, output)
    print(f"builtby: {len(body['files']):,} files, {len(body['programs']):,} tools in PATH, "
          f"findings known: {len(body['findings']):,} → {output}", file=sys.stderr)
    baselines.leave_if_incomplete(problems)


def _baseline(file: Path) -> "Baseline":
    import msgspec

    from builtby.builds.host.check import Baseline
    from builtby.builds.host.model import BASELINE

    return baselines.take(BASELINE, file, lambda held: msgspec.convert(held, type=Baseline),
                          "Give what `builtby host baseline -o FILE` wrote.")
