"""Which advisories a tool is judged by: names of tools on one side, the data's products on the other."""

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

_BARE = re.compile(r"(?:1\.)?(\d{1,3})")


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
    bare_is_line: a single number (`17`, `1.8`) names a release line, and no version of it.
    """

    product: tuple[Way, ...] = ()
    support: Support | None = None
    packages: tuple[str, ...] = ()
    bare_is_line: bool = False


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
        entry, match = self.entries.get(tool), _BARE.fullmatch(version)
        if entry is None or not entry.bare_is_line or match is None:
            return None
        return f">={match[1]},<{int(match[1]) + 1}"

    def packages(self, tool: str) -> tuple[str, ...]:
        """Return the beginnings of the names of a tool's source packages."""
        entry = self.entries.get(tool)
        return entry.packages if entry else ()


@cache
def products() -> Products:
    """Return the built-in table."""
    text = resources.files("builtby.advisories").joinpath("products.toml").read_bytes()
    return Products(msgspec.toml.decode(text, type=dict[str, Entry]))
