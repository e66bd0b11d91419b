"""What the readers of JSON documents share: decoding that never raises, and steps into nested values."""

from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A decoded value, of which nothing is known before it is looked at."""
MOST_BYTES = 64 << 20
"""A document larger than this is not read."""


def decode(data: bytes | str) -> Json:
    """Return what JSON says, None where it is no JSON (or nested beyond reason)."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
        return None


def at(value: Json, *keys: str) -> Json:
    """Return `value[key][key]…`, None where a step is missing or stands on no object."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def objects(value: Json, most: int) -> list[dict[str, Json]]:
    """Return the objects of a list, at most `most`; an object alone is a list of one."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [item for item in value[:most] if isinstance(item, dict)]


def string(value: Json) -> str:
    """Return a string, empty where `value` is none."""
    return value if isinstance(value, str) else ""


def mapping(value: Json, most: int) -> list[tuple[str, str]]:
    """Return an object's members whose values are strings, at most `most`."""
    if not isinstance(value, dict):
        return []
    return [(key, item) for key, item in list(value.items())[:most] if isinstance(item, str)]
