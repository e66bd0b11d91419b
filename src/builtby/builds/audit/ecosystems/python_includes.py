"""What a requirements file says with all that it includes (`-r`, `-c`), as pip reads it: options hold for the whole."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from builtby.builds.audit.model import Skipped
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree, Unreadable, Wanted

_INCLUDE = re.compile(r"(?:(-r|--requirement)|-c|--constraint)(?:\s*[=\s]\s*|(?<=-[rc]))(\S+)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_MOST = 500
_LONGEST = 65_536


class Line(NamedTuple):
    """A logical line: its continuations joined, its comment gone."""

    path: str
    number: int
    text: str
    constraint: bool
    """Whether it stands in a constraints file: it then only says which version, if any."""


def gathered(path: str, tree: Tree) -> Iterator[Line | Skipped]:
    """Yield the lines of a requirements file and of those that it includes, each file once."""
    yield from _gathered(path, tree, set(), constraint=is_constraint(path))


def is_constraint(path: str) -> bool:
    """Say whether a file is one of constraints by its name."""
    return "constraint" in path.rpartition("/")[2].lower()


def _gathered(path: str, tree: Tree, seen: set[str], *, constraint: bool) -> Iterator[Line | Skipped]:
    seen.add(path)
    for number, text in _logical(tree.text(path)):
        match = _INCLUDE.match(text)
        if match is None:
            yield Line(path, number, text, constraint)
            continue
        place = tree.reach(path, match[2].strip("\"'"))
        if "://" in match[2]:
            yield Line(path, number, text, constraint)
        elif place is None:
            yield Skipped(path=path, reason=f"line {number} includes {match[2]}, which is not in this tree")
        elif place not in seen and len(seen) < _MOST:
            try:
                yield from _gathered(place, tree, seen, constraint=constraint or not match[1])
            except (Unreadable, RecursionError) as error:
                yield Skipped(path=place, reason=str(error) or "included too deeply")


def _logical(text: str) -> Iterator[tuple[int, str]]:
    held, first = list[str](), 0
    for number, line in lines(text):
        first = first or number
        if line.endswith("\\"):
            held.append(line[:-1])
            continue
        whole = _COMMENT.sub("", " ".join([*held, line])[:_LONGEST]).strip()
        if whole:
            yield first, whole
        held, first = [], 0
    if held:
        yield first, " ".join(held)[:_LONGEST].strip()


def is_included(path: str, tree: Tree, wanted: Wanted) -> bool:
    """Say whether another file of the tree includes this one, and so is where it is read."""
    held = tree.memory.get("requirements")
    if not isinstance(held, _Graph):
        held = tree.memory["requirements"] = _Graph({one: _named(one, tree) for one in tree.files if wanted(one)})
    above = held.above.get(path, set()) - {path}
    return bool(above) and not above & _below(path, held.below)


class _Graph:
    """Which files include which, and which are included by which."""

    def __init__(self, below: dict[str, set[str]]) -> None:
        self.below = below
        self.above: dict[str, set[str]] = {}
        for one, named in below.items():
            for place in named:
                self.above.setdefault(place, set()).add(one)


def _below(path: str, graph: dict[str, set[str]]) -> set[str]:
    """Return all that a file includes, however deep: in a circle nobody is the first, and each is read by itself."""
    found, waiting = set[str](), [path]
    while waiting:
        for name in graph.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return found


def _named(path: str, tree: Tree) -> set[str]:
    try:
        matches = [_INCLUDE.match(text) for _, text in _logical(tree.text(path))]
    except Unreadable:
        return set()
    return {place for match in matches if match and (place := tree.reach(path, match[2].strip("\"'")))}
