"""Applies the rules to a record."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module

from builtby.builds.detect import detectors
from builtby.builds.detect.build import Build
from builtby.builds.detect.load import rules
from builtby.builds.detect.match import hits
from builtby.builds.detect.model import SEVERITIES, Hit, Rule
from builtby.builds.model import Finding, Record

Detector = Callable[[Build], Iterable[Hit]]
MOST = 50
"""Findings of one rule; the last one says how many more there are."""
_SHOWN = 160


@cache
def coded() -> dict[str, Detector]:
    """Return the detectors that are code, by rule."""
    found: dict[str, Detector] = {}
    for info in pkgutil.iter_modules(detectors.__path__):
        found |= getattr(import_module(f"{detectors.__name__}.{info.name}"), "DETECTORS", {})
    return found


def findings(record: Record) -> tuple[Finding, ...]:
    """Return what should not be there, the worst first."""
    build = Build(record)
    found = [one for rule in rules() for one in _guarded(rule, build)]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _guarded(rule: Rule, build: Build) -> list[Finding]:
    """Apply a rule. A fault in one must not cost the record, nor be hidden."""
    try:
        return of_rule(rule, build)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        text = f"the rule could not be applied, a fault of builtby: {type(error).__name__}: {error}"
        return [Finding(rule.id, "medium", "low", None, None, text)]


def of_rule(rule: Rule, build: Build) -> list[Finding]:
    """Return the findings of one rule: for one package and one path, one."""
    met: dict[object, Finding] = {}
    for hit in (coded()[rule.id](build) if not rule.when else hits(rule, build)):
        one = _finding(rule, hit, build)
        met.setdefault((one.owner, one.path, one.message if one.path is None else None), one)
    shown = list(met.values())
    if len(shown) > MOST:
        rest = len(shown) - MOST + 1
        shown = [*shown[: MOST - 1], Finding(rule.id, rule.severity, rule.confidence, None, None, f"and {rest} more")]
    return shown


def _finding(rule: Rule, hit: Hit, build: Build) -> Finding:
    owner = build.owner(hit.process) if hit.process is not None else None
    worse = rule.in_hooks if rule.in_hooks and owner is not None and owner.within == "hook" else None
    text = rule.message.format_map(_Fields(hit, build))
    return Finding(rule.id, hit.severity or worse or rule.severity, hit.confidence or rule.confidence, hit.process,
                   hit.path, text, hit.blocked, owner=owner.purl if owner else None, hook=owner.hook if owner else None)


class _Fields(dict[str, str]):
    """What a message may name."""

    def __init__(self, hit: Hit, build: Build) -> None:
        one = build.program(hit.process) if hit.process is not None else None
        words = " ".join(one.argv) if one else "a process"
        program = one.argv[0].rpartition("/")[2] if one and one.argv else "a process"
        super().__init__(program=program, argv=_short(words), path=hit.path or "", **dict(_shortened(hit.values)))

    def __missing__(self, key: str) -> str:
        return f"(no {key})"


def _shortened(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield name, _short(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
