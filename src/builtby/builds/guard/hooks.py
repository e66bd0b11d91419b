"""Which programs are code of dependencies: what package managers run while they install."""

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources


@cache
def _patterns() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("hooks.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["commands"])


def is_hook(argv: tuple[str, ...], executable: str) -> bool:
    """Whether a command is one by which a package manager runs code of a dependency."""
    line = " ".join((executable, *argv[1:], ""))
    return any(fnmatchcase(line, pattern) for pattern in _patterns())
