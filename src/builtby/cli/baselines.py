"""What the commands share that look at a machine beside a baseline."""

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from builtby.cli.say import Exit, fail

if TYPE_CHECKING:
    from rich.console import Console

_T = TypeVar("_T")


class Form(StrEnum):
    """Outputs."""

    TERMINAL = "terminal"
    JSON = "json"


def there(root: Path) -> Path:
    """Return where a file system begins, or leave when nothing is there."""
    if not root.is_dir():
        fail(Exit.USAGE, f"{root} is no folder", "Give --root the folder of an unpacked file system.")
    return root.resolve()


def put(schema: str, body: dict[str, Any], file: Path) -> None:
    """Write a baseline."""
    from builtby.builds.sealed import sealed
    from builtby.cli.output import opened

    try:
        with opened(file) as stream:
            stream.write(sealed(schema, body))
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot write {file}: {error.strerror}")


def take(schema: str, file: Path, held: Callable[[dict[str, Any]], _T], remedy: str) -> _T:
    """Return what a baseline holds, or leave when it is not what was written. `held` makes it of its JSON."""
    import msgspec

    from builtby.builds.sealed import SealError, opened

    try:
        return held(opened(file, schema))
    except (SealError, msgspec.ValidationError) as error:
        fail(Exit.INCOMPLETE, str(error), remedy)
    except OSError as error:
        fail(Exit.USAGE, f"cannot read {file}: {error.strerror}")


def write(result: object, draw: "Callable[[Console], None]", form: Form, file: Path | None) -> None:
    """Write what was found, as JSON or as `draw` shows it."""
    import msgspec

    from builtby.cli.output import opened
    from builtby.cli.views import told

    try:
        with opened(file) as stream:
            if form is Form.JSON:
                stream.write(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
            else:
                stream.write(told(draw, file))
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot write {file or 'the results'}: {error.strerror}")


def leave_if_incomplete(problems: Sequence[str]) -> None:
    """Leave with the exit code for it when something could not be read."""
    if problems:
        print(f"builtby: incomplete: {problems[0]}", file=sys.stderr)
        raise typer.Exit(int(Exit.INCOMPLETE))
