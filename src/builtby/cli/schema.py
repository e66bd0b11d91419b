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


_CONTRACTS = f"Which one: {', '.join(Name)}."


def schema(name: Annotated[Name, typer.Argument(metavar="CONTRACT", help=_CONTRACTS)] = Name.SCAN) -> None:
    """Print the JSON Schema of an output."""
    from importlib import resources

    typer.echo(resources.files("builtby.schemas").joinpath(f"{name.value}-1.schema.json").read_text("utf-8"), nl=False)
