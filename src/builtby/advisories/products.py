"""Which advisories a tool is judged by: names of tools on one side, the data's products on the other."""

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product of a tool.

    roles: only when the tool has one of these roles; empty for any. components: only advisories that affect one of
    these programs of the product, or name none. only_in: components that only code in a language holds, with it.
    scheme: instead of the record's own.
    """

    product: str
    roles: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    only_in: tuple[tuple[str, str], ...] = ()
    scheme: str | None = None
    numbering: str = ""
    """Only ranges in this numbering, where a record has several (`Rust release`)."""


class Support(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool's release lines: the product of endoflife.date whose cycles they are."""

    product: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool.

    packages: source packages of distributions that it may be of, as beginnings of their names.
    line: how many numbers name a release line, and no version: 1 for a JDK's `17` (and `1.8`), 2 for Python's `3.11`.
    """

    product: tuple[Way, ...] = ()
    support: Support | None = None
    packages: tuple[str, ...] = ()
    line: int = 0


class Products(NamedTuple):
    """All tools."""

    entries: dict[str, Entry]

    def of(self, tool: str) -> tuple[Way, ...]:
        """Return a tool's products; none for a tool of which no advisory data is kept."""
        entry = self.entries.get(tool)
        return entry.product if entry else ()

    def support(self, tool: str) -> Support | None:
        """Return where a tool's support dates are."""
        entry = self.entries.get(tool)
        return entry.support if entry else None

    def line_of(self, tool: str, version: str) -> str | None:
        """Return the range of a release line, where a version names no more than that."""
        entry = self.entries.get(tool)
        if entry is None or not entry.line:
            return None
        numbers = (version.removeprefix("1.") if entry.line == 1 else version).split(".")
        if len(numbers) > entry.line or not all(_NUMBER.fullmatch(number) for number in numbers):
            return None
        return f">={'.'.join(numbers)},<{'.'.join([*numbers[:-1], str(int(numbers[-1]) + 1)])}"

    def packages(self, tool: str) -> tuple[str, ...]:
        """Return the beginnings of the names of a tool's source packages."""
        entry = self.entries.get(tool)
        return entry.packages if entry else ()


@cache
def products() -> Products:
    """Return the built-in table."""
    text = resources.files("builtby.advisories").joinpath("products.toml").read_bytes()
    return Products(msgspec.toml.decode(text, type=dict[str, Entry]))
