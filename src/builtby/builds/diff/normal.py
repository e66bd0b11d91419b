"""Paths and values without what is other in every build: the working directory, and names made up for a moment."""

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import msgspec

from builtby.builds.model import Record

HERE, HOME = ".", "~"
"""What stands for the working directory, and for the home of who builds."""
_ENDS = r"(?![\w.-])"
"""A name ends here: /src/app is no part of /src/application."""


class Name(msgspec.Struct, frozen=True, rename={"to": "as"}):
    """A kind of name that is made up for a moment. `below`: it is so only in these folders; nowhere: everywhere."""

    pattern: str
    to: str
    example: str
    source: str
    below: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, rename={"to": "as"}):
    """Where a package manager puts what it fetches. `to`: under which name it is compared; None: it is not."""

    pattern: str
    example: str
    source: str
    to: str | None = None


class _Rule(NamedTuple):
    search: re.Pattern[str]
    to: str
    below: tuple[str, ...]


@cache
def places() -> tuple[Place, ...]:
    """Return the places of package managers."""
    text = resources.files("builtby.builds.diff").joinpath("places.toml").read_text("utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["place"], list[Place]))


@cache
def _searches() -> tuple[tuple[re.Pattern[str], str | None], ...]:
    return tuple((re.compile(place.pattern), place.to) for place in places())


@lru_cache(maxsize=65536)
def fetched(path: str) -> tuple[bool, str | None]:
    """Return whether a normal path is in a package manager's place, and under which name it is compared."""
    for search, to in _searches():
        match = search.search(path)
        if match:
            return True, match.expand(to) if to is not None else None
    return False, None


@cache
def names() -> tuple[Name, ...]:
    """Return the kinds of names, in the order in which they are applied."""
    text = resources.files("builtby.builds.diff").joinpath("names.toml").read_text("utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["name"], list[Name]))


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_Rule(re.compile(name.pattern), name.to, tuple(f"{place}/" for place in name.below))
                 for name in names())


@lru_cache(maxsize=65536)
def steady(text: str) -> str:
    """Return a path or value with names made up for a moment as `*`."""
    for rule in _rules():
        if not rule.below or text.startswith(rule.below):
            text = rule.search.sub(rule.to, text)
    return text


class Normal:
    """How paths and values of one record are compared. `home`: that of who builds, where the record tells none."""

    def __init__(self, record: Record, home: str = "") -> None:
        folders = ((record.cwd.rstrip("/"), HERE), (home_of(record) or home, HOME))
        self._folders = [(folder, sign, re.compile(re.escape(folder) + _ENDS)) for folder, sign in folders if folder]

    def path(self, path: str) -> str:
        """Return a path: below the working directory without it, temporary names as `*`, of the home with `~`."""
        for folder, sign, _ in self._folders:
            if path == folder:
                return sign
            if path.startswith(f"{folder}/"):
                return steady(path[len(folder) + 1 :] if sign == HERE else sign + path[len(folder) :])
        return steady(path)

    def value(self, text: str) -> str:
        """Return a value in which paths may stand."""
        for _, sign, search in self._folders:
            text = search.sub(sign, text)
        return " ".join(":".join(map(steady, word.split(":"))) for word in text.split(" "))


def home_of(record: Record) -> str:
    """Return the home that the build began with; empty when the record does not tell."""
    return record.environments[0].values.get("HOME", "").rstrip("/") if record.environments else ""
