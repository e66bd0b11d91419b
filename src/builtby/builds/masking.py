"""Keeps secrets out of records. What is one is data, in `masking.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cache
from importlib import resources
from typing import Any

HIDDEN = "***"
SHORTEST = 8
"""Characters of the shortest value of a secret variable that is looked for in other texts."""
MOST_KEPT = 20_000
"""Texts that are remembered as they are shown: a build's commands have most words in common."""


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("masking.toml").read_text("utf-8"))


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(form["pattern"]), rf"\g<1>{HIDDEN}") for form in _data()["form"])


@cache
def _names(group: str) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, _data()[group])))


@cache
def is_secret(name: str) -> bool:
    """Whether a variable's value is a secret, by its name."""
    return _names("secret").match(name.upper()) is not None


@cache
def _is_kept(name: str) -> bool:
    return not is_secret(name) and _names("keep").match(name.upper()) is not None


class Masker:
    """Hides what is secret by its form, by its option's name, or because a secret variable has that value."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._options = re.compile(_data()["options"], re.IGNORECASE)
        values = {value for name, value in environment.items() if is_secret(name) and len(value) >= SHORTEST}
        self._values = sorted(values, key=len, reverse=True)
        self._shown: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Return a text with its secrets hidden."""
        shown = self._shown.get(text)
        if shown is None:
            if len(self._shown) >= MOST_KEPT:
                self._shown.clear()
            shown = self._shown[text] = self._hidden(text)
        return shown

    def _hidden(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, HIDDEN)
        for pattern, kept in _forms():
            text = pattern.sub(kept, text)
        return text

    def argv(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the words of a command with secrets hidden."""
        shown: list[str] = []
        hide_next = False
        for word in words:
            name, equals, _ = word.partition("=")
            option = self._options.match(name) is not None
            if hide_next and not word.startswith("-"):
                shown.append(HIDDEN)
            elif equals and (option or (name.isidentifier() and is_secret(name))):
                shown.append(f"{name}={HIDDEN}")
            else:
                shown.append(self.text(word))
            hide_next = option and not equals
        return tuple(shown)

    def environment(self, pairs: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the names of `NAME=value` pairs, sorted, and the values of those that steer builds."""
        split = [pair.partition("=") for pair in pairs]
        names = tuple(sorted({name for name, _, _ in split}))
        return names, {name: self.text(value) for name, _, value in sorted(split) if _is_kept(name)}
