"""`builtby record show`: a record as people or other programs read it."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from builtby.builds.model import Record


class ShowFormat(StrEnum):
    """How a record is shown."""

    TERMINAL = "terminal"
    JSON = "json"
    SLSA = "slsa"
    RUNTIME_TRACE = "runtime-trace"
    CYCLONEDX = "cyclonedx-json"
    SPDX = "spdx-json"
    HTML = "html"


def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A record's folder, or its record.json.")],
    form: Annotated[ShowFormat, typer.Option("-f", "--format", help="How to show it.")] = ShowFormat.TERMINAL,
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file. Not for the "
                                              "terminal's format.")] = None,
) -> None:
    """Show a record.

    Which tools ran, in which versions, what they read and wrote, where they turned to, and what could not be seen.
    `-f json` prints the record itself, `-f slsa` its SLSA v1 provenance, `-f runtime-trace` an in-toto runtime trace,
    `-f cyclonedx-json` and `-f spdx-json` bills of materials, `-f html` a page with the picture of the build. The same
    record gives the same bytes. Exit code 3 for a record that is incomplete.
    """
    from builtby.builds.documents.registry import all_documents
    from builtby.cli import record_view as view
    from builtby.cli.output import opened

    if form is ShowFormat.TERMINAL and file is not None:
        fail(Exit.USAGE, "-o goes with a format for a file", "Add -f html, for example.")
    found = read_record(folder)
    if form is ShowFormat.TERMINAL:
        view.show(found)
    else:
        with opened(file) as stream:
            for piece in all_documents()[form.value].write(found):
                stream.write(piece)
    if not found.complete:
        raise typer.Exit(int(Exit.INCOMPLETE))


def read_record(folder: Path) -> "Record":
    """Return the record in a folder, or leave with a sentence."""
    from builtby.builds.book import NotARecordError, read

    try:
        return read(folder)
    except NotARecordError as error:
        fail(Exit.INCOMPLETE, str(error), "Give the folder that `builtby record -o DIR` wrote.")
