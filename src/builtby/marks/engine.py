"""Applies rules to a reading: surfaces in, evidence out. Knows no tool by name and no file."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from builtby.formats.base import Reading, Region, Surface
from builtby.marks.load import Catalogue, Rule
from builtby.marks.search import Hit, Searcher
from builtby.sources.view import View


class Evidence(NamedTuple):
    """One rule that fired on one surface."""

    rule: Rule
    surface: Surface
    version: str | None
    range: str | None
    vendor: str | None
    language: str | None


class Engine:
    """The rules of a catalogue, indexed for speed. One for each worker."""

    def __init__(self, catalogue: Catalogue, *, present: bool = False) -> None:
        self.tables = catalogue.tables
        self._by_kind: dict[str, list[Rule]] = {}
        self._by_needle: dict[bytes, list[Rule]] = {}
        self.rules = catalogue.present if present else catalogue.marks
        for rule in self.rules:
            for kind in rule.kinds:
                self._by_kind.setdefault(kind, []).append(rule)
            for needle in rule.mark.needles:
                self._by_needle.setdefault(needle.encode("latin-1"), []).append(rule)
        once = [all(rule.mark.once for rule in rules) for rules in self._by_needle.values()]
        self.searcher = Searcher(self._by_needle, once)
        self.needle_rules = list(self._by_needle.values())
        self._match = lru_cache(maxsize=65536)(self._match_uncached)

    def apply(self, view: View | None, reading: Reading) -> list[Evidence]:
        """Return the evidence in a reading; with a view, its regions are searched as well."""
        evidence: list[Evidence] = []
        for surface in reading.surfaces:
            evidence += [item._replace(surface=surface) for item in self._match(surface.kind, surface.value)]
        if view is not None and reading.regions:
            evidence += self.search(view, reading.regions)
        return settle(evidence, reading)

    def search(self, view: View, regions: Iterable[Region]) -> list[Evidence]:
        """Search regions of bytes for the rules that have needles."""
        search = Search(self)
        for region in regions:
            end = min(region.offset + region.size, view.size)
            for base, window in view.windows(region.offset, region.size):
                search.feed(window, base, region.kind, first=base == region.offset, last=base + len(window) >= end)
        return search.evidence()

    def _match_uncached(self, kind: str, value: str) -> tuple[Evidence, ...]:
        surface = Surface(kind, value)
        rules = self._by_kind.get(kind, []) + self._by_kind.get(kind.rpartition(".")[2], [])
        hits = ((rule, rule.pattern.search(value)) for rule in {rule.id: rule for rule in rules}.values())
        return tuple(self.evidence(rule, match, surface) for rule, match in hits if match)

    def evidence(self, rule: Rule, match: re.Match[str], surface: Surface) -> Evidence:
        """Return what a match of a rule's pattern proves."""
        mark, groups = rule.mark, match.groupdict()
        version, range_ = groups.get("version") or _joined(groups) or mark.version, mark.range
        key = groups.get("key")
        if key is not None:
            if mark.table is not None:
                version = version or self.tables.get(mark.table, {}).get(key)
            range_ = mark.ranges.get(key, range_)
        language = groups.get("language")
        if language is not None:
            language = mark.languages.get(language, language.lower() if not mark.languages else None)
        return Evidence(
            rule, surface, version, None if version else range_, groups.get("vendor") or mark.vendor,
            language or mark.language or rule.tool.language,
        )


class Search:
    """One file's search for needles, window by window."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[int, int] = {}
        self._found: dict[tuple[str, str], Evidence] = {}

    def feed(self, window: memoryview, base: int, kind: str | None, *, first: bool, last: bool) -> None:
        """Search a window at offset `base` of a region of `kind`; None: the kind is not known yet, any rule counts."""
        for hit in self._engine.searcher.search(window, base, self._seen, first=first, last=last):
            for rule in self._engine.needle_rules[hit.needle]:
                if kind is None or applies(rule, kind):
                    self._try(rule, kind or "data", hit)

    def evidence(self) -> list[Evidence]:
        """Return what was found."""
        return list(self._found.values())

    def _try(self, rule: Rule, kind: str, hit: Hit) -> None:
        match = nearest(rule, hit)
        if match is None:
            return
        key, offset = (rule.id, match.group()), hit.context_offset + match.start()
        known = self._found.get(key)
        if known is None:
            self._found[key] = self._engine.evidence(rule, match, Surface(kind, printable(match.group()), offset))
        elif known.surface.offset != offset:
            self._found[key] = known._replace(surface=known.surface._replace(times=known.surface.times + 1))


def nearest(rule: Rule, hit: Hit) -> re.Match[str] | None:
    """Return the pattern's match that the needle belongs to: another of its kind may stand shortly before."""
    needle, found = hit.offset - hit.context_offset, None
    for match in rule.pattern.finditer(hit.context):
        if match.start() > needle:
            break
        found = match
    return found


def _joined(groups: dict[str, str | None]) -> str | None:
    """Return a version whose numbers do not stand between dots: `_cython_3_2_9` has them as v1, v2 and v3."""
    return ".".join(part for name in ("v1", "v2", "v3") if (part := groups.get(name))) or None


def applies(rule: Rule, kind: str) -> bool:
    """Whether a rule speaks of this kind of surface."""
    return kind in rule.kinds or kind.rpartition(".")[2] in rule.kinds


def printable(value: str) -> str:
    r"""Return text with control characters and undecodable bytes shown as `\xNN`."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value)


def settle(evidence: list[Evidence], reading: Reading) -> list[Evidence]:
    """Drop the evidence whose conditions on the rest of the file do not hold."""
    kinds = {surface.kind for surface in reading.surfaces}
    while True:
        fired = {item.rule.id for item in evidence}
        kept = [item for item in evidence if _holds(item.rule, fired, kinds, reading.facts)]
        if len(kept) == len(evidence):
            return kept
        evidence = kept


def _holds(rule: Rule, fired: set[str], kinds: set[str], facts: dict[str, str]) -> bool:
    def true(condition: str) -> bool:
        if condition.startswith("surface:"):
            return condition[8:] in kinds
        if condition.startswith("fact:"):
            return fact_holds(condition[5:], facts)
        return condition in fired

    return all(map(true, rule.mark.requires)) and not any(map(true, rule.mark.unless))


def fact_holds(condition: str, facts: dict[str, str]) -> bool:
    """Whether `KEY=VALUE` or `KEY>=NUMBER` is true of a file; a fact that is absent fulfils nothing."""
    key, least, number = condition.partition(">=")
    if not least:
        key, _, value = condition.partition("=")
        return facts.get(key) == value
    try:
        return float(facts[key]) >= float(number)
    except (KeyError, ValueError):
        return False
