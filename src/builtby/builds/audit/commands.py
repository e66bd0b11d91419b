"""Commands in scripts, Dockerfiles, workflows and Makefiles: which of them run the code of others, or let it run."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources

from msgspec import Struct, convert

from builtby.builds.audit.read import lines

_LONGEST = 1024
_SAID = re.compile(r"(?:-\s+)?(?:run:\s*)?[\"']?@?(?:(?:echo|printf|log|info|warn|error|die)\b|(?:name|description):)")
"""How a line begins that says something and does nothing."""


class Pattern(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for in a line; commands.toml holds them."""

    rule: str
    pattern: str
    unless: str = ""
    """The line is in order when this matches too."""
    setting: bool = False
    """Whether it is a setting (else it is a finding)."""


class _Tables(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: tuple[Pattern, ...]
    environment: tuple[Pattern, ...]
    safe: tuple[Pattern, ...]
    """What is as it should be."""
    suspicious: dict[str, str]


@cache
def tables() -> _Tables:
    """Return what is known of commands and variables."""
    text = resources.files("builtby.builds.audit").joinpath("commands.toml").read_text("utf-8")
    return convert(tomllib.loads(text), _Tables)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def suspicious(command: str) -> str:
    """Say what is odd about a hook's command; empty when nothing is."""
    return next((why for pattern, why in tables().suspicious.items() if _compiled(pattern).search(command)), "")


def found(text: str, patterns: tuple[Pattern, ...]) -> Iterator[tuple[Pattern, int, str]]:
    """Yield (pattern, line, text) of every line in which one is found."""
    for number, line in lines(text):
        shown = line.strip()[:_LONGEST]
        if not shown or shown.startswith(("#", "//")) or (_SAID.match(shown) and "|" not in shown):
            continue
        for pattern in patterns:
            if _compiled(pattern.pattern).search(shown) and not (
                    pattern.unless and _compiled(pattern.unless).search(shown)):
                yield pattern, number, shown[:200]
