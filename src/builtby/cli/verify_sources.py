"""`builtby verify-sources`: is what the compiler read what the repository holds?"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.attested.model import Check


class VerifyFormat(StrEnum):
    """How the result is shown."""

    TERMINAL = "terminal"
    JSON = "json"


def verify_sources(
    artifact: Annotated[Path, typer.Argument(metavar="ARTIFACT", help="A program, library, object file, archive of "
                                             "them, or PDB, with its debug data.")],
    folder: Annotated[Path, typer.Argument(metavar="SOURCE_DIR", help="The checkout.")],
    root: Annotated[str | None, typer.Option("--root", metavar="PATH", help="The folder that it was built in, as its "
                                             "debug data name it. Otherwise what most sources agree on.")] = None,
    generated: Annotated[list[str] | None, typer.Option(
        "--generated", metavar="PATTERN", help="Files that the build makes itself, relative to the checkout, such as "
        "'build/*.c'. Can be repeated.")] = None,
    form: Annotated[VerifyFormat, typer.Option("-f", "--format", help="How to show it.")] = VerifyFormat.TERMINAL,
) -> None:
    """Compare the sources that a compiler read with a checkout.

    Compilers put checksums of the sources into debug data: clang (DWARF 5 and PDB), .NET (portable PDB), MSVC and rustc
    for Windows (PDB). GCC does not: its sources stay unknown. Exit code 0 when all that lie below the folder that was
    built are in the checkout as the compiler read them, 1 when some are changed or missing, 3 when some are unknown or
    could not be compared. Nothing is run.
    """
    import msgspec

    from builtby.attested.check import check
    from builtby.cli.catalogue_view import console
    from builtby.cli.verify_sources_view import show

    if not folder.is_dir():
        fail(Exit.USAGE, f"{folder} is no folder", "Give the folder of the checkout.")
    try:
        found = check(artifact, folder, root, tuple(generated or ()))
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot read {artifact}: {error.strerror}", "Give a file that can be read.")
    if form is VerifyFormat.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        show(console(sys.stdout), found)
    code = _code(found)
    if code is not Exit.OK:
        raise typer.Exit(int(code))


def _code(found: "Check") -> Exit:
    from builtby.attested.model import Status

    counts = found.counts
    if counts.get(Status.CHANGED) or counts.get(Status.MISSING):
        return Exit.FINDINGS
    compared = counts.get(Status.MATCHED, 0) + counts.get(Status.LINE_ENDINGS, 0)
    return Exit.INCOMPLETE if found.problems or counts.get(Status.UNKNOWN) or not compared else Exit.OK
