"""Writes JSON piece by piece, so that a report of a million entries is never held whole."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

_ENCODER = msgspec.json.Encoder()


class JsonWriter:
    """An object written one member at a time, long arrays one entry a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._opening = b"{"

    def member(self, name: str, value: Any) -> None:  # noqa: ANN401  # whatever can be JSON
        """Write one member whose value is small."""
        self._stream.write(self._opening + encode(name) + b":" + encode(value))
        self._opening = b",\n"

    def array(self, name: str, items: Iterable[Any], write: Callable[[Any], Any] | None = None) -> None:
        """Write a member whose value is a long array; `write` puts an item down itself, else it is encoded."""
        self._stream.write(self._opening + encode(name) + b":[")
        self._opening = b",\n"
        separator = b"\n"
        for item in items:
            self._stream.write(separator)
            separator = b",\n"
            if write is None:
                self._stream.write(encode(item))
            else:
                write(item)
        self._stream.write(b"]" if separator == b"\n" else b"\n]")

    def encoded_array(self, name: str, items: Iterable[bytes]) -> None:
        """Write a member whose value is a long array of what is JSON already."""
        self.array(name, items, self._stream.write)

    def open(self, name: str) -> "JsonWriter":
        """Begin a member that is an object; the writer returned must be ended before this one goes on."""
        self._stream.write(self._opening + encode(name) + b":")
        self._opening = b",\n"
        return JsonWriter(self._stream)

    def end(self) -> None:
        """Close the object."""
        self._stream.write(b"}" if self._opening != b"{" else b"{}")


def encode(value: Any) -> bytes:  # noqa: ANN401  # whatever can be JSON
    """Return compact JSON."""
    return _ENCODER.encode(value)


def iso_time(timestamp: int) -> str:
    """Return a time in seconds since 1970 as the standards write it."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
