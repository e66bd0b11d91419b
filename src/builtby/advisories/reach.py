"""Whether the code that an advisory speaks of is linked into a Go program, by the program's function table.

The rule is that of govulncheck's binary mode: a named function is linked when the table names it, as a function or as
one that was inlined; a package of which all is affected, when any of its functions is. What a program links, it need
not call. Functions that only reflection reaches are in the table, for Go's linker keeps them.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from builtby.advisories.records import Import
from builtby.formats.golinked import sought

_MOST_NAMED = 3
_NOT_UNIX = frozenset({"windows", "darwin", "ios", "plan9", "js", "wasip1"})
_MACHINES = {"x86-64": "amd64", "x86": "386", "aarch64": "arm64", "ppc64": "ppc64", "ppc64le": "ppc64le"}
"""Go's words for machines, where the build information does not say them."""


class Linkage(StrEnum):
    """Whether an advisory's code is in a program."""

    LINKED = "linked"
    NOT_LINKED = "not-linked"
    OTHER_PLATFORM = "other-platform"
    """The code is affected only in programs for other systems or machines than this one is for."""
    UNKNOWN = "unknown"


class Reach(NamedTuple):
    """An answer, and its reason in words."""

    linkage: Linkage
    reason: str


def reach(imports: Sequence[Import], facts: Mapping[str, str]) -> Reach:
    """Return whether any of the imports of an advisory is linked into the program with these facts.

    `imports` are those of the affected ranges that the program's Go is in. What cannot be told is `unknown`.
    """
    if not imports:
        return Reach(Linkage.UNKNOWN, "the advisory names no package")
    here = [item for item in imports if _is_for(item, facts)]
    if not here:
        return Reach(Linkage.OTHER_PLATFORM, f"only programs for {_platforms(imports)} are affected")
    if "go.packages" not in facts:
        return Reach(Linkage.UNKNOWN, "no function table could be read: what is linked is not known")
    answers = [_one(item, facts) for item in _merged(here)]
    for linkage in (Linkage.LINKED, Linkage.UNKNOWN):
        reasons = [answer.reason for answer in answers if answer.linkage is linkage]
        if reasons:
            return Reach(linkage, "; ".join(reasons[:_MOST_NAMED]))
    return _absent(answers, facts)


def _merged(imports: Iterable[Import]) -> list[Import]:
    """Return one import for each package; all of it is affected when one of them says so."""
    symbols: dict[str, list[tuple[str, ...]]] = {}
    for item in imports:
        symbols.setdefault(item.path, []).append(item.symbols)
    return [Import(path, tuple(dict.fromkeys(sum(lists, ()))) if all(lists) else ())
            for path, lists in symbols.items()]


def _one(item: Import, facts: Mapping[str, str]) -> Reach:
    if item.path not in _words(facts["go.packages"]):
        return Reach(Linkage.NOT_LINKED, f"{item.path} is not linked")
    if not item.symbols:
        return Reach(Linkage.LINKED, f"{item.path} is linked")
    names = [f"{item.path}.{symbol}" for symbol in item.symbols]
    linked = _words(facts.get("go.symbols", ""))
    found = [name for name in names if name in linked]
    if found:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        return Reach(Linkage.LINKED, f"linked: {', '.join(found[:_MOST_NAMED])}{more}")
    if facts.get("go.sought") != sought().digest or not sought().names.issuperset(names):
        return Reach(Linkage.UNKNOWN, f"{item.path} is linked, but not all of its functions named were looked for")
    if len(names) == 1:
        return Reach(Linkage.NOT_LINKED, f"{names[0]} is not linked")
    return Reach(Linkage.NOT_LINKED, f"of {item.path}, none of the {len(names)} functions named is linked")


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _absent(answers: list[Reach], facts: Mapping[str, str]) -> Reach:
    reason = "; ".join(answer.reason for answer in answers[:_MOST_NAMED])
    if len(answers) > _MOST_NAMED:
        reason += f"; nor is what is named of {len(answers) - _MOST_NAMED} more packages"
    if facts.get("go.table", "").endswith("functions"):
        return Reach(Linkage.UNKNOWN, f"{reason}, but may be inlined: so old a Go does not name what was")
    return Reach(Linkage.NOT_LINKED, reason)


def _is_for(item: Import, facts: Mapping[str, str]) -> bool:
    """Whether the program may be for a platform that the import speaks of; where that is not known, it may be."""
    system = facts.get("go.os")
    machine = facts.get("go.arch") or _MACHINES.get(facts.get("machine", ""))
    if item.machines and machine is not None and machine not in item.machines:
        return False
    if not item.systems or system is None:
        return True
    return bool(set(item.systems) - _NOT_UNIX) if system == "unix" else system in item.systems


def _platforms(imports: Iterable[Import]) -> str:
    words = sorted({"/".join((*item.systems, *item.machines)) for item in imports})
    return " or ".join(words)
