"""Where results go: standard output, or files that are there whole or not at all."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import typer

from builtby.cli.say import Exit, fail
from builtby.reports.base import Report
from builtby.reports.registry import UnknownReport, find

DEFAULT = "terminal"


class Output(NamedTuple):
    """A report and where it goes; None is standard output."""

    report: Report
    file: Path | None


def plan(formats: list[str], file: Path | None) -> list[Output]:
    """Return what is to be written where, from `-f FORMAT[=FILE]` and `-o FILE`.

    Refuses two reports for the same place.
    """
    outputs = []
    for text in formats or [DEFAULT]:
        name, _, own = text.partition("=")
        try:
            outputs.append(Output(find(name), Path(own) if own else file))
        except UnknownReport as error:
            raise typer.BadParameter(str(error)) from error
    places = [output.file for output in outputs]
    if len(set(places)) < len(places):
        raise typer.BadParameter("two formats go to the same place; write -f json=FILE -f csv=OTHER")
    return outputs


@contextmanager
def opened(file: Path | None) -> Iterator[IO[bytes]]:
    """Open standard output, or a file that takes its name only when it is complete."""
    if file is None:
        yield from _standard_output()
    elif file.exists() and not file.is_file():  # a device or a pipe cannot be replaced
        with file.open("wb") as stream:
            yield stream
    else:
        yield from _atomic(file)


def _standard_output() -> Iterator[IO[bytes]]:
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        with suppress(OSError):  # the interpreter flushes once more when it leaves; nobody reads that
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(int(Exit.BROKEN_PIPE))


def _atomic(file: Path) -> Iterator[IO[bytes]]:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        fail(Exit.INCOMPLETE, f"cannot write {file}: {error.strerror}", "Give -o a file in a folder that is there.")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        shutil.copymode(file, name) if file.exists() else Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def colour(stream: IO[str]) -> bool:
    """Whether to use colour: on a terminal, unless NO_COLOR is set or the terminal is dumb."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def width(stream: IO[str]) -> int | None:
    """Return the columns of a terminal, or what COLUMNS says; None when neither is there."""
    if stream.isatty() or os.environ.get("COLUMNS"):
        return max(shutil.get_terminal_size().columns, 40)
    return None
