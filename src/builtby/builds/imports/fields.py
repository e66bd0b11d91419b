"""Fields of documents that may hold anything: what is not as expected is None, and never an error."""

import shlex
from datetime import datetime
from typing import Any

MOST_WORDS = 10_000


def at(document: Any, *names: str) -> Any:  # noqa: ANN401  # JSON
    """Return what stands at a path of names; None when it is not there."""
    for name in names:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def text(document: Any, *names: str) -> str | None:  # noqa: ANN401
    """Return a text that is not empty."""
    found = at(document, *names)
    return found if isinstance(found, str) and found else None


def whole(document: Any, *names: str) -> int | None:  # noqa: ANN401
    """Return a whole number, which protobuf's JSON also writes as a text."""
    found = at(document, *names)
    if isinstance(found, bool):
        return None
    if isinstance(found, str) and found.lstrip("-").isdigit() and len(found) <= 20:  # 64 bits
        return int(found)
    return found if isinstance(found, int) else None


def listed(document: Any, *names: str) -> list[Any]:  # noqa: ANN401
    """Return a list; an empty one when there is none."""
    found = at(document, *names)
    return found if isinstance(found, list) else []


def texts(document: Any, *names: str) -> tuple[str, ...]:  # noqa: ANN401
    """Return the texts in a list."""
    return tuple(one for one in listed(document, *names)[:MOST_WORDS] if isinstance(one, str))


def moment(document: Any, *names: str) -> float | None:  # noqa: ANN401
    """Return a time, in seconds since 1970: RFC 3339, nanoseconds, or protobuf's seconds and nanos."""
    found = at(document, *names)
    if isinstance(found, dict):
        seconds = whole(found, "seconds")
        return None if seconds is None else seconds + (whole(found, "nanos") or 0) / 1e9
    if isinstance(found, int | float) and not isinstance(found, bool):
        return found / 1e9
    if isinstance(found, str):
        try:
            return datetime.fromisoformat(found).timestamp()
        except (ValueError, OverflowError):
            return None
    return None


def words(line: str) -> tuple[str, ...]:
    """Split a command line that was joined with blanks; where its quotes do not match, at blanks only."""
    try:
        return tuple(shlex.split(line)[:MOST_WORDS])
    except ValueError:
        return tuple(line.split()[:MOST_WORDS])
