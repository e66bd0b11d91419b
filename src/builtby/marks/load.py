"""Reads mark files into rules that can be applied."""

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby import toml
from builtby.marks.schema import MarkRule, ToolFile


class MarksError(ValueError):
    """A mark file is wrong; the message names the file, the rule and the remedy."""


class Rule(NamedTuple):
    """A mark rule with its tool."""

    id: str
    """`tool/rule-id`."""
    tool: ToolFile
    mark: MarkRule
    kinds: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern. Most rules of a catalogue are never asked in a run, so it is made at the first use."""
        return _compiled(self.mark.pattern)


_compiled = cache(re.compile)


class Catalogue(NamedTuple):
    """Every rule that is to be applied, and the tables they look versions up in."""

    tools: tuple[ToolFile, ...]
    marks: tuple[Rule, ...]
    present: tuple[Rule, ...]
    tables: dict[str, dict[str, str]]


def parse(raw: bytes, origin: str) -> ToolFile:
    """Return the tool of one TOML file, or raise MarksError that names `origin`."""
    try:
        return toml.decode(raw, ToolFile)
    except ValueError as error:
        raise MarksError(f"{origin}: {error}") from error


def rules_of(tool: ToolFile, marks: list[MarkRule]) -> list[Rule]:
    """Return a tool's rules."""
    kinds = ((mark.surface,) if isinstance(mark.surface, str) else tuple(mark.surface) for mark in marks)
    return [Rule(f"{tool.tool}/{mark.id}", tool, mark, kind) for mark, kind in zip(marks, kinds, strict=True)]


def compile_rules(tool: ToolFile, marks: list[MarkRule], origin: str) -> list[Rule]:
    """Return a tool's rules, checked: raise MarksError for a pattern that is no regular expression.

    The built-in ones are checked by the tests, not at every start.
    """
    rules = rules_of(tool, marks)
    for rule in rules:
        try:
            _ = rule.pattern
        except re.error as error:
            raise MarksError(f"{origin}: rule {rule.mark.id!r}: pattern: {error}") from error
    return rules


def catalogue(extra: tuple[Path, ...] = (), *, nursery: bool = False) -> Catalogue:
    """Return the built-in catalogue, joined by the `*.toml` of the `extra` folders and, if asked, the nursery's.

    A tool of the same name in an extra folder adds its rules to the built-in one's.
    Raises MarksError for a bad file and for a folder that holds none. Read once.
    """
    return _catalogue(extra, nursery)


@cache
def _catalogue(extra: tuple[Path, ...], nursery: bool) -> Catalogue:  # by name, it would be read twice
    home = resources.files(__name__.rpartition(".")[0])
    files = [(entry.name, entry.read_bytes()) for entry in home.iterdir() if entry.name.endswith(".toml")]
    if nursery:
        nest = home / "nursery"
        files += [(f"nursery/{e.name}", e.read_bytes()) for e in nest.iterdir() if e.name.endswith(".toml")]
    for folder in extra:
        found = sorted(folder.glob("*.toml"))
        if not found:
            raise MarksError(f"{folder}: no *.toml file there; --rules wants a folder of mark files")
        files += [(str(path), path.read_bytes()) for path in found]
    return _build(sorted(files), {str(path) for folder in extra for path in folder.glob("*.toml")})


def _build(files: list[tuple[str, bytes]], strict: set[str]) -> Catalogue:
    tools: list[ToolFile] = []
    marks: list[Rule] = []
    present: list[Rule] = []
    for origin, raw in files:
        tool = parse(raw, origin)
        tools.append(tool)
        if origin in strict:
            compile_rules(tool, [*tool.mark, *tool.present], origin)
        marks += rules_of(tool, tool.mark)
        present += rules_of(tool, tool.present)
    return Catalogue(tuple(tools), tuple(marks), tuple(present), tables())


@cache
def tables() -> dict[str, dict[str, str]]:
    """Return the look-up tables (`marks/tables/NAME.json`: {"source": …, "entries": {key: version}})."""
    folder = resources.files(__name__.rpartition(".")[0]) / "tables"
    if not folder.is_dir():
        return {}
    return {
        entry.name.removesuffix(".json"): msgspec.json.decode(entry.read_bytes())["entries"]
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    }
