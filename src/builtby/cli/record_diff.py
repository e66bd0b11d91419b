"""`builtby record diff`: what changed between two builds."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from builtby.cli.record_show import read_record
from builtby.cli.say import Exit


class DiffFormat(StrEnum):
    """How a comparison is shown."""

    TERMINAL = "terminal"
    JSON = "json"


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of the earlier record.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the later one.")],
    form: Annotated[DiffFormat, typer.Option("-f", "--format", help="How to show it.")] = DiffFormat.TERMINAL,
) -> None:
    """Show what changed between two builds.

    In the toolchain, the files read, the network, the variables that steer builds, and the findings. The working
    directory and temporary names are left out of paths. Exit code 0 when nothing changed, 1 when something did, 3 when
    a record is incomplete: what it lacks may have changed. Other outputs of the same inputs are listed, and do not
    count.
    """
    import msgspec

    from builtby.builds.diff.compare import diff as compare
    from builtby.cli.catalogue_view import console
    from builtby.cli.record_diff_view import show

    before, after = read_record(old), read_record(new)
    found = compare(before, after)
    if form is DiffFormat.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        show(console(sys.stdout), found)
    if found.changed:
        raise typer.Exit(int(Exit.FINDINGS))
    if not (before.complete and after.complete):
        raise typer.Exit(int(Exit.INCOMPLETE))
