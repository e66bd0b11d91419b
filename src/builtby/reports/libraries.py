"""Standard libraries that compilers leave inside: shipped, and known to scanners under names of their own."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import msgspec

from builtby.model import Artifact, BuiltBy, Role


class _Entry(msgspec.Struct):
    """`fact`: what an artifact that holds the library has; objects and archives do not hold it yet."""

    name: str
    purl: str
    fact: str


class _Table(msgspec.Struct):
    source: str
    entries: dict[str, _Entry]


class Library(NamedTuple):
    """The standard library of one version of a tool."""

    tool: str
    name: str
    version: str
    purl: str

    @property
    def ref(self) -> str:
        """A name that is unique within the report and readable."""
        return f"library:{self.tool}@{self.version}"

    def component(self) -> dict[str, Any]:
        """Return it as CycloneDX writes it."""
        return {
            "type": "library", "bom-ref": self.ref, "name": self.name, "version": self.version, "scope": "required",
            "purl": self.purl, "properties": [{"name": "builtby:relation", "value": "left-inside"},
                                              {"name": "builtby:tool", "value": self.tool}],
        }


def libraries(artifact: Artifact) -> Iterator[Library]:
    """Yield the libraries in an artifact."""
    for made in artifact.built_by:
        library = of_tool(artifact, made)
        if library is not None:
            yield library


def of_tool(artifact: Artifact, made: BuiltBy) -> Library | None:
    """Return what a compiler left inside; None for another tool, or where it left nothing that is known."""
    entry = _entries().get(made.tool)
    if entry is None or made.role is not Role.COMPILER or not made.version or entry.fact not in artifact.facts:
        return None
    return Library(made.tool, entry.name, made.version, entry.purl.replace("{version}", made.version))


@cache
def _entries() -> dict[str, _Entry]:
    raw = resources.files(__package__).joinpath("libraries.json").read_bytes()
    return msgspec.json.decode(raw, type=_Table).entries
