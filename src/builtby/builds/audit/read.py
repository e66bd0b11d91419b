"""Reading of manifests: JSON, TOML, YAML, XML. What is no such thing is Unreadable, whatever the bytes are."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import msgspec
import yaml

from builtby.builds.audit.tree import Tree, Unreadable

_DEEPEST = 100
_ALIASES = 10_000
_ANCHOR = re.compile(r"(?:^|[\s\[{,])\*[\w-]+", re.ASCII)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*+")|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)')
_BREAK = re.compile("\n")
_MISSES = 500
_COMMA = re.compile(r'("(?:\\.|[^"\\])*+")|,(?=\s*+[}\]])')


def json(tree: Tree, path: str, *, loose: bool = False) -> dict[str, Any]:
    """Return a JSON object; `loose` takes comments and last commas (JSONC). Raises Unreadable."""
    text = tree.text(path)
    if loose:
        text = _COMMA.sub(lambda m: m[1] or "", _COMMENT.sub(lambda m: m[1] or "", text))
    try:
        return _object(msgspec.json.decode(text.encode()), "JSON")
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"no valid JSON: {error}") from error


def toml(tree: Tree, path: str) -> dict[str, Any]:
    """Return a TOML document. Raises Unreadable."""
    try:
        return tomllib.loads(tree.text(path))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Unreadable(f"no valid TOML: {error}") from error


def yaml_(tree: Tree, path: str, loader: type[yaml.SafeLoader] | None = None) -> dict[Any, Any]:
    """Return a YAML mapping of plain values; `loader`: a safe one that knows more tags. Raises Unreadable.

    Only safe types are made, and a document with very many aliases is refused: each is cheap to write and may
    stand for a million values.
    """
    text = tree.text(path)
    if sum(1 for _ in _ANCHOR.finditer(text)) > _ALIASES:
        raise Unreadable("YAML with more aliases than any honest file has")
    try:
        _shallow(text)
        return _object(yaml.load(text, Loader=loader or _LOADER), "YAML")  # noqa: S506  # a safe loader, either way
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"no valid YAML: {' '.join(str(error).split())[:200]}") from error


def _shallow(text: str) -> None:
    """Refuse deep nesting, at which the fast loader, in C, would end the whole process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Unreadable("YAML nested too deeply")


def _object(value: object, kind: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{kind} that is no object")
    return value


def xml(tree: Tree, path: str) -> Element:
    """Return an XML document's root; names without namespaces, the line of each element in its attribute `:line`.

    Document types, and with them entities, are refused: none of the files read here needs one. Raises Unreadable.
    """
    parser, builder, depth = expat.ParserCreate(), TreeBuilder(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Unreadable("XML nested too deeply")
        builder.start(name.rpartition(":")[2], attributes | {":line": str(parser.CurrentLineNumber)})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise Unreadable("XML with a document type, which may define entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(tree.data(path), True)
        return builder.close()
    except (expat.ExpatError, AssertionError, ValueError) as error:
        raise Unreadable(f"no valid XML: {error}") from error


def mapping(value: object) -> dict[str, Any]:
    """Return an object's members, an empty one for anything else. Keys that are no text are left out."""
    return {k: v for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, and nothing for anything else."""
    return (mapping(item) for item in items(value) if isinstance(item, dict))


def string(value: object) -> str:
    """Return a text, an empty one for anything else. Numbers, as YAML makes of versions, become text."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


class Places:
    """Finds the lines of many texts in one, quickly when they are asked for in the order in which they stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._missed = 0
        self._breaks = [found.start() for found in _BREAK.finditer(text)]

    def line(self, needle: str, after: int = 0) -> int | None:
        """Return the line, from 1, on which a text begins, plus `after`; None when it is not there.

        After very many texts that are not there it stops looking: each costs a search through the whole.
        """
        if self._missed > _MISSES:
            return None
        place = self._text.find(needle, self._at)
        if place < 0:
            place = self._text.find(needle, 0, self._at + len(needle))
        if place < 0:
            self._missed += 1
            return None
        self._at = place
        return bisect_left(self._breaks, place) + 1 + after


def line_of(text: str, needle: str, start: int = 0) -> int | None:
    """Return the line, from 1, on which a text first stands; None when it is not there."""
    place = text.find(needle, start)
    return None if place < 0 else text.count("\n", 0, place) + 1


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield numbered lines, from 1."""
    return enumerate(text.splitlines(), 1)
