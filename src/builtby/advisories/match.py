"""Versions against advisories: which ones a tool's version is affected by, and by what."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from builtby.advisories.products import Way
from builtby.advisories.records import Advisory, Affected, Interval
from builtby.advisories.subject import Subject
from builtby.advisories.versions import Unordered, covers, key, within

_PREFERENCE = ("golang/vulndb", "rust", "psf/", "nodejs/", "git/", "haskell/", "ocaml/", "pypa/", "rubysec/", "Debian",
               "NVD", "anchore/", "JuliaLang/", "trickest/", "google/", "bitnami/")
"""Sources, the nearest to the project first: of records of one advisory, the first that can decide decides."""
_SHOWN = 6


class Match(NamedTuple):
    """An advisory that speaks of a tool's version. `affected` is the part that decided; None when nothing could.

    rule: what decided, in words. only_range: the version is not known, only that all (or, if `partly`, some) of the
    versions that it can be are affected.
    """

    advisory: Advisory
    names: frozenset[str]
    affected: Affected | None
    rule: str
    fixed_in: tuple[str, ...] = ()
    partly: bool = False


def matches(advisories: Sequence[Advisory], way: Way, subject: Subject) -> Iterator[Match]:
    """Yield one match for each advisory of a product that affects the version, or of which that cannot be told.

    Records that share a name (CVE, GO, GHSA, BIT) are one advisory.
    """
    for group in groups(advisories):
        names = frozenset(name for record in group for name in record.names)
        undecided: Match | None = None
        for record in sorted(group, key=_preference):
            found = _match(record, names, way, subject)
            if found is None:
                break
            if found.affected is not None:
                yield found
                break
            undecided = undecided or found
        else:
            if undecided is not None:
                yield undecided


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


def _match(record: Advisory, names: frozenset[str], way: Way, subject: Subject) -> Match | None:
    """Return None when the version is not affected, and a match without `affected` when that cannot be told."""
    parts = [part for part in record.affected if _concerns(part, way)]
    if record.affected and not parts:
        return None
    problem = "names no versions"
    for part in parts:
        try:
            found = _in_part(record, part, way.scheme or record.scheme, subject)
        except Unordered as error:
            problem = str(error)
            continue
        if found is not None:
            rule, fixed, partly = found
            return Match(record, names, part, rule, fixed, partly)
        if part.intervals or part.versions:
            problem = ""
        elif part.commits:
            problem = "its ranges are of commits, which no version tells"
    return Match(record, names, None, f"undecided: {problem}") if problem else None


def _concerns(part: Affected, way: Way) -> bool:
    if way.numbering and part.numbering and part.numbering != way.numbering:
        return False
    return not way.components or not part.components or bool(set(way.components) & set(part.components))


def _in_part(
    record: Advisory, part: Affected, scheme: str, subject: Subject,
) -> tuple[str, tuple[str, ...], bool] | None:
    if subject.version is None:
        return _by_range(record, part, scheme, subject.version_range or "")
    if subject.version in part.versions:
        return f"{subject.version} is among the versions that {record.id} names", (), False
    key(scheme, subject.version)
    for interval in part.intervals:
        if within(scheme, subject.version, interval):
            return f"{subject.version} is in {said(interval)}", fixed_in(scheme, part, subject.version), False
    return None


def _by_range(
    record: Advisory, part: Affected, scheme: str, range_: str,
) -> tuple[str, tuple[str, ...], bool] | None:
    low = range_.partition("<")[0].strip(">=, ")
    for interval in part.intervals:
        told = covers(scheme, range_, interval)
        if told is not False and (told or "<" in range_):
            words = "all" if told else "some"
            rule = f"{words} of {range_} is in {said(interval)}"
            return rule, fixed_in(scheme, part, low), told is not True
    return None


def said(interval: Interval) -> str:
    """Return an interval in words."""
    end = f"<{interval.fixed}" if interval.fixed else f"<={interval.last}" if interval.last else ""
    start = f">={interval.introduced}" if interval.introduced != "0" else ""
    return ",".join(part for part in (start, end) if part) or "every version"


def fixed_in(scheme: str, part: Affected, version: str) -> tuple[str, ...]:
    """Return the fixed versions that are newer than a version, the oldest first."""
    fixes = {interval.fixed for interval in part.intervals if interval.fixed is not None}
    try:
        newer = [fix for fix in fixes if key(scheme, fix) > key(scheme, version)]
        return tuple(sorted(newer, key=lambda fix: key(scheme, fix)))[:_SHOWN]
    except Unordered:
        return ()
