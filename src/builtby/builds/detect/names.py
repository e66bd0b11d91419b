"""Groups of names, from `names.toml`."""

import re
import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase, translate
from functools import cache
from importlib import resources
from typing import Any


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("names.toml").read_text("utf-8"))


@cache
def _compiled(groups: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for group in groups for pattern in _data()[group]))


def among(names: Iterable[str], *groups: str) -> bool:
    """Whether any of the names belongs to any of the groups."""
    pattern = _compiled(groups)
    return any(pattern.match(name) for name in names)


def fits(text: str, group: str) -> bool:
    """Whether a text, such as an address, fits a pattern of a group."""
    return any(fnmatchcase(text, pattern) for pattern in _data()[group])


@cache
def expression(name: str) -> re.Pattern[str]:
    """Return a regular expression of that name."""
    return re.compile(_data()[name])
