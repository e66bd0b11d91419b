"""`builtby schema`: the published contracts."""

from enum import StrEnum
from typing import Annotated

import typer


class Name(StrEnum):
    """Contracts that have a JSON Schema."""

    SCAN = "scan"
    RECORD = "record"
    RECORD_DIFF = "record-diff"
    AUDIT = "audit"
    VERIFY_SOURCES = "verify-sources"
    TOOLCHAIN = "toolchain"
    HOST = "host"


def schema(name: Annotated[Name, typer.Argument(
    metavar="CONTRACT", help="Which one: scan, record, record-diff, audit, verify-sources, toolchain or host.")] = Name.SCAN) -> None:
    """Print the JSON Schema of an output."""
    from importlib import resources

    typer.echo(resources.files("builtby.schemas").joinpath(f"{name.value}-1.schema.json").read_text("utf-8"), nl=False)
