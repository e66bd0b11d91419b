"""Makefiles: what they include, and what runs as soon as make reads them."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builtby.builds.audit.base import Auditor
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree, Unreadable

_INCLUDE = re.compile(r"\s*(?:-|s)?include\s+(\S.*)")
_ASSIGNED = re.compile(r"^[\w.-]+\s*!=\s*(.+)|^\s*-?load\s+(\S+)")
_SHELL = re.compile(r"\$[({]shell\s")
_VARIABLE = re.compile(r"\$[({](\w+)[)}]")
_HERE = {"CURDIR": ".", "srcdir": ".", "top_srcdir": "."}
_MOST, _MOST_FILES = 50, 200
_LONGEST = 4096
_ELSEWHERE = ("/", "~", "..")


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    for place, hooks in _files(path, tree, set()):
        if hooks:
            yield Dependency(ecosystem="make", name=PurePosixPath(path).parent.name or "project", path=place,
                             hooks=tuple(hooks), project=True)


def _files(path: str, tree: Tree, seen: set[str]) -> Iterator[tuple[str, list[Hook]]]:
    """Yield a makefile and those of the tree that it includes under names that say nothing, each once."""
    seen.add(path)
    hooks, included = list[Hook](), list[str]()
    for number, text in lines(tree.text(path)):
        line = text[:_LONGEST].partition("#")[0]
        if (match := _INCLUDE.match(line)) and not line.startswith("\t"):
            hooks.append(_included(match[1].strip(), path, number, tree))
            included += [place for word in match[1].split() if (place := _place(word, path, tree))]
        elif not line.startswith("\t") and (command := _command(line)):
            hooks.append(Hook(kind="make-shell", when=When.BUILD, path=path, line=number,
                              how=f"as make reads the file: {command[:200]}"))
    yield path, hooks[:_MOST]
    for place in included:
        if place not in seen and not is_makefile(place) and len(seen) < _MOST_FILES:
            try:
                yield from _files(place, tree, seen)
            except Unreadable:  # a list of objects, or nothing that make could read either
                continue


def _included(words: str, path: str, number: int, tree: Tree) -> Hook:
    known = all(_place(word, path, tree) for word in words.split())
    outside = any(word.startswith(_ELSEWHERE) for word in words.split())
    where = "" if known else " (outside this tree)" if outside else " (not in this tree, or made by the build)"
    return Hook(kind="make-include", when=When.BUILD, how=f"include {words[:200]}{where}", path=path, line=number,
                certainty=Certainty.CERTAIN if known or outside else Certainty.POSSIBLE)


def _place(word: str, path: str, tree: Tree) -> str | None:
    """Return the file that an include names, None when it is not in the tree or holds variables that are not known."""
    name = _VARIABLE.sub(lambda match: _HERE.get(match[1], match[0]), word)
    return None if "$" in name else tree.reach(path, name)


def _command(line: str) -> str:
    """Return the command that make runs as it reads a line; empty when there is none."""
    if match := _ASSIGNED.match(line):
        return (match[1] or match[2] or "").strip()
    match = _SHELL.search(line)
    if match is None:
        return ""
    depth, start = 1, match.end()
    for place in range(start, len(line)):
        depth += (line[place] in "({") - (line[place] in ")}")
        if depth == 0:
            return line[start:place].strip()
    return line[start:].strip()


def is_makefile(path: str) -> bool:
    """Say whether a file is a makefile by its name."""
    name = path.rpartition("/")[2]
    return name in {"Makefile", "makefile", "GNUmakefile", "Makefile.am"} or name.endswith(".mk")


AUDITORS = (Auditor("Makefile", lambda path: is_makefile(path) and "node_modules/" not in path, _audit),)
