"""Values of options, as people write them."""

import re
from datetime import UTC, date, datetime

import typer

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(i)?)?b?\s*", re.IGNORECASE)


def size(value: str) -> int:
    """Return bytes for `64MB`, `64M`, `1.5GiB`, `4096`; decimal units, binary ones with an `i`."""
    match = _SIZE.fullmatch(value)
    if match is None:
        raise typer.BadParameter(f"{value!r} is no size; write it like 64MB, 1.5GiB or 4096")
    number, unit, binary = match.groups()
    power = "kmgt".index(unit.lower()) + 1 if unit else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def epoch(value: str | None) -> int | None:
    """Return SOURCE_DATE_EPOCH as seconds, None when it is not set."""
    if not value:
        return None
    if not value.isdecimal():
        raise typer.BadParameter(f"SOURCE_DATE_EPOCH is {value!r}; it must be a number of seconds since 1970")
    return int(value)


def day(timestamp: int | None) -> date:
    """Return the day of a time in seconds since 1970, today for None."""
    return (datetime.now(UTC) if timestamp is None else datetime.fromtimestamp(timestamp, UTC)).date()
