"""Versions against advisories: which ones a tool's version is affected by, and by what."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builtby.advisories.products import Way
from builtby.advisories.records import Advisory, Affected, Interval
from builtby.advisories.subject import Subject
from builtby.advisories.versions import Key, Unordered, covers, key

_PREFERENCE = ("golang/vulndb", "rust", "psf/", "nodejs/", "git/", "haskell/", "ocaml/", "pypa/", "rubysec/", "Debian",
               "github/advisory-database", "NVD", "anchore/", "JuliaLang/", "trickest/", "google/", "bitnami/")
"""Sources, the nearest to the project first: of records of one advisory, the first that can decide decides."""
_SHOWN = 6
REMEMBERED = 1 << 12
"""Versions whose matches are kept: tools of one version differ in role, vendor and machine only."""


class Match(NamedTuple):
    """An advisory that speaks of a tool's version. `affected` is the part that decided; None when nothing could.

    rule: what decided, in words. partly: the version is not known, and of those that it can be, some are affected.
    """

    advisory: Advisory
    names: "Names"
    affected: Affected | None
    rule: str
    fixed_in: tuple[str, ...] = ()
    partly: bool = False
    plain: bool = False
    """Nothing but the version decides."""


class Names(NamedTuple):
    """All names of an advisory: the one that people use, which is the CVE where there is one, and the others."""

    name: str
    aliases: tuple[str, ...]

    @classmethod
    def of(cls, group: Sequence[Advisory]) -> "Names":
        """Return the names of records of one advisory."""
        every = sorted({name for record in group for name in record.names})
        name = next((name for name in every if name.startswith("CVE-")), group[0].id)
        return cls(name, tuple(other for other in every if other != name))


class _Fixes(NamedTuple):
    """The versions that fix a part of a record, the oldest first, and their keys."""

    keys: tuple[Key, ...]
    versions: tuple[str, ...]

    def above(self, mine: Key) -> tuple[str, ...]:
        """Return the first fixes above a version."""
        start = bisect_right(self.keys, mine)
        return self.versions[start : start + _SHOWN]


class _Part(NamedTuple):
    """A part of a record, with the keys of its ranges and the versions that fix it."""

    affected: Affected
    scheme: str
    spans: tuple["_Span", ...]
    fixes: "_Fixes"
    problem: str
    plain: bool


class _Span(NamedTuple):
    """A range: where it begins and ends (None: never), whether the end is in it, and the range in words."""

    begun: Key | None
    end: Key | None
    closed: bool
    words: str


class _Record(NamedTuple):
    advisory: Advisory
    parts: tuple[_Part, ...]


class _Group(NamedTuple):
    """Records of one advisory, the nearest to the project first."""

    names: Names
    records: tuple[_Record, ...]


class Matcher:
    """The advisories of one product, made ready to be asked about many versions."""

    def __init__(self, advisories: Sequence[Advisory], way: Way) -> None:
        self._groups = [_prepared(group, way) for group in groups(advisories)]
        self._known: dict[tuple[str | None, str | None], tuple[Match, ...]] = {}

    def matches(self, subject: Subject) -> tuple[Match, ...]:
        """Return one match for each advisory that affects the version, or of which that cannot be told.

        Records that share a name (CVE, GO, GHSA, BIT) are one advisory: the first that can decide decides.
        """
        version = subject.version, subject.version_range
        known = self._known.get(version)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[version] = tuple(self._matches(subject))
        return known

    def _matches(self, subject: Subject) -> Iterator[Match]:
        keys: dict[str, Key | None] = {}
        for group in self._groups:
            undecided: Match | None = None
            for record in group.records:
                found = _match(record, group.names, subject, keys)
                if found is None:
                    break
                if found.affected is not None:
                    yield found
                    break
                undecided = undecided or found
            else:
                if undecided is not None:
                    yield undecided


def _prepared(group: list[Advisory], way: Way) -> _Group:
    names = Names.of(group)
    records = []
    for record in sorted(group, key=_preference):
        scheme = way.scheme or record.scheme
        parts = tuple(
            _part(part, scheme, disputed=record.disputed) for part in record.affected if _concerns(part, way)
        )
        if parts or not record.affected:
            records.append(_Record(record, parts))
    return _Group(names, tuple(records))


def _part(affected: Affected, scheme: str, *, disputed: bool) -> _Part:
    spans, problem = [], ""
    for interval in affected.intervals:
        try:
            spans.append(_span(scheme, interval))
        except Unordered as error:
            problem = str(error)
    if not spans and not affected.versions:
        problem = problem or ("its ranges are of commits, which no version tells" if affected.commits
                              else "names no versions")
    fixed = [interval.fixed for interval in affected.intervals if interval.fixed is not None]
    try:
        fixes = {key(scheme, fix): fix for fix in fixed}
    except Unordered:
        fixes = {}
    ordered = sorted(fixes)
    return _Part(affected, scheme, tuple(spans), _Fixes(tuple(ordered), tuple(fixes[place] for place in ordered)),
                 problem, not disputed and not affected.conditional)


def _span(scheme: str, interval: Interval) -> _Span:
    begun = None if interval.introduced == "0" else key(scheme, interval.introduced)
    end = interval.fixed or interval.last
    return _Span(begun, None if end is None else key(scheme, end), interval.fixed is None, said(interval))


def groups(advisories: Sequence[Advisory]) -> list[list[Advisory]]:
    """Join records that share a name, in the order in which they come; withdrawn ones are left out."""
    by_name: dict[str, list[Advisory]] = {}
    found: list[list[Advisory]] = []
    for advisory in advisories:
        if advisory.withdrawn:
            continue
        joined: list[Advisory] = [advisory]
        for group in {id(by_name[name]): by_name[name] for name in sorted(advisory.names) if name in by_name}.values():
            joined = group + joined
            found.remove(group)
        found.append(joined)
        for name in (name for one in joined for name in one.names):
            by_name[name] = joined
    return found


def _preference(advisory: Advisory) -> int:
    ranks = (rank for rank, source in enumerate(_PREFERENCE) if advisory.source.startswith(source))
    return next(ranks, len(_PREFERENCE))


def _match(
    record: _Record, names: Names, subject: Subject, keys: dict[str, Key | None],
) -> Match | None:
    """Return None when the version is not affected, and a match without `affected` when that cannot be told."""
    problem = "" if record.parts else "names no versions"
    for part in record.parts:
        if subject.version is None:
            found = _by_range(record.advisory, part, names, subject.version_range or "")
        elif subject.version in part.affected.versions:
            rule = f"{subject.version} is among the versions that {record.advisory.id} names"
            found = Match(record.advisory, names, part.affected, rule)
        else:
            mine = _key_of(part.scheme, subject.version, keys)
            if mine is None:
                problem = problem or f"{subject.version} has no place in the order of {part.scheme}"
                continue
            found = _by_version(record.advisory, part, names, subject.version, mine)
        if found is not None:
            return found
        problem = problem or part.problem
    return Match(record.advisory, names, None, f"undecided: {problem}") if problem else None


def _key_of(scheme: str, version: str, keys: dict[str, Key | None]) -> Key | None:
    if scheme not in keys:
        try:
            keys[scheme] = key(scheme, version)
        except Unordered:
            keys[scheme] = None
    return keys[scheme]


def _by_version(
    advisory: Advisory, part: _Part, names: Names, version: str, mine: Key,
) -> Match | None:
    for begun, end, closed, words in part.spans:
        if (begun is None or mine >= begun) and (end is None or mine < end or (closed and mine <= end)):
            return Match(advisory, names, part.affected, f"{version} is in {words}", part.fixes.above(mine),
                         plain=part.plain)
    return None


def _by_range(advisory: Advisory, part: _Part, names: Names, range_: str) -> Match | None:
    low = range_.partition("<")[0].strip(">=, ")
    for interval in part.affected.intervals:
        try:
            told = covers(part.scheme, range_, interval)
        except Unordered:
            continue
        if told is not False and (told or "<" in range_):
            rule = f"{'all' if told else 'some'} of {range_} is in {said(interval)}"
            fixed = part.fixes.above(key(part.scheme, low)) if low else part.fixes.versions[:_SHOWN]
            return Match(advisory, names, part.affected, rule, fixed, told is not True)
    return None


def _concerns(part: Affected, way: Way) -> bool:
    if way.numbering and part.numbering and part.numbering != way.numbering:
        return False
    return not way.components or not part.components or bool(set(way.components) & set(part.components))


def said(interval: Interval) -> str:
    """Return an interval in words."""
    end = f"<{interval.fixed}" if interval.fixed else f"<={interval.last}" if interval.last else ""
    start = f">={interval.introduced}" if interval.introduced != "0" else ""
    return ",".join(part for part in (start, end) if part) or "every version"
