"""TOML into typed values: the program's own knowledge is read at every start, and tomli's compiled parser is fast."""

from typing import TypeVar

import msgspec
import tomli

T = TypeVar("T")


def decode(raw: bytes, into: type[T]) -> T:
    """Return TOML as a value of a type. Raises ValueError for what is no TOML or not UTF-8, and for a wrong shape."""
    return msgspec.convert(tomli.loads(raw.decode("utf-8")), into)
