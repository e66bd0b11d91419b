"""Reads a fetched feed: what it holds for builtby, and how much of it was bad.

Sources: the OSV schema; endoflife.date's API, version 1; CISA's catalogue; the Debian security tracker's JSON.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import msgspec

from builtby.advisories.feeds import Feed, Feeds
from builtby.advisories.packed import Refused, looks_like_page, members, whole
from builtby.advisories.records import Advisory, BadRecord
from builtby.advisories.snapshot import Cycle, DistroStatus
from builtby.advisories.taking import Taker

MOST_BAD = 0.5
"""The part of a feed's records that may be bad before nothing of it is taken."""
MOST_REASONS = 3
MOST_NAME = 128
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Harvest(msgspec.Struct):
    """What a feed holds. `total` counts its records, `bad` those that were skipped because they cannot be right."""

    advisories: list[Advisory] = []
    seen: set[str] = set()
    """Ids of the feed's records: what is not in `advisories` says nothing of our products any more."""
    cycles: dict[str, tuple[Cycle, ...]] = {}
    exploited: tuple[str, ...] = ()
    distros: list[DistroStatus] = []
    none_known: list[str] = []
    total: int = 0
    bad: int = 0
    reasons: list[str] = []

    def skip(self, reason: str) -> None:
        """Count a bad record."""
        self.bad += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(reason[:200])

    def checked(self) -> "Harvest":
        """Return it, or raise Refused when it is not to be trusted."""
        if not self.total:
            raise Refused("it holds no records")
        if self.bad > self.total * MOST_BAD:
            raise Refused(f"{self.bad:,} of its {self.total:,} records are bad: {'; '.join(self.reasons)}")
        return self

    @property
    def taken(self) -> int:
        """How many facts builtby takes of it."""
        lines = sum(map(len, self.cycles.values()))
        return len(self.advisories) + lines + len(self.exploited) + len(self.distros)


def read(path: Path, feed: Feed, table: Feeds, *, gzipped: bool = False) -> Harvest:
    """Return what a fetched feed holds. Raises Refused when it is not to be used."""
    if feed.kind == "osv":
        return _osv(path, feed, table).checked()
    raw = whole(path, gzipped=gzipped)
    if looks_like_page(raw[:512]):
        raise Refused("it is a web page, not JSON")
    try:
        return read_list(raw, feed).checked()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise Refused(f"it is not the JSON that it should be: {error}") from error


def read_list(raw: bytes, feed: Feed) -> Harvest:
    """Return what a document holds that its publisher wrote. Raises msgspec's errors for one that is something else."""
    return _READERS[feed.kind](raw, feed)


def _osv(path: Path, feed: Feed, table: Feeds) -> Harvest:
    found, taker = Harvest(), Taker(table, (feed,))
    for name, data in members(path, lambda name: name.endswith(".json")):
        stem = PurePosixPath(name).stem
        if taker.passes_over(stem):
            continue
        found.total += 1
        try:
            if data is None:
                raise BadRecord("it is too large, or packed in an unknown way")
            record, advisories = taker.take(data)
        except BadRecord as error:
            found.skip(f"{stem}: {error}")
            continue
        found.seen.add(record)
        found.advisories += advisories
    return found


class _Latest(msgspec.Struct):
    name: str


class _Release(msgspec.Struct, rename="camel"):
    name: str
    release_date: str | None = None
    eol_from: str | None = None
    is_eol: bool | None = None
    latest: _Latest | None = None


class _Product(msgspec.Struct):
    name: str
    releases: list[_Release]


class _Products(msgspec.Struct):
    result: list[msgspec.Raw]


def _cycles(raw: bytes, feed: Feed) -> Harvest:
    found = Harvest()
    for item in msgspec.json.decode(raw, type=_Products).result:
        found.total += 1
        try:
            product = msgspec.json.decode(item, type=_Product)
            if product.name in feed.wanted:
                found.cycles[product.name] = tuple(map(_cycle, product.releases))
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            found.skip(str(error))
    return found


def _cycle(release: _Release) -> Cycle:
    ended = None if release.is_eol is None else str(release.is_eol).lower()
    latest = name_of(release.latest.name) if release.latest else None
    return Cycle(name_of(release.name), day_of(release.release_date), day_of(release.eol_from) or ended, latest)


class _Exploited(msgspec.Struct):
    cve: str = msgspec.field(name="cveID")


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]


def _exploited(raw: bytes, _feed: Feed) -> Harvest:
    found, names = Harvest(), set()
    for item in msgspec.json.decode(raw, type=_Catalogue).vulnerabilities:
        found.total += 1
        try:
            names.add(_cve(msgspec.json.decode(item, type=_Exploited).cve))
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            found.skip(str(error))
    found.exploited = tuple(sorted(names))
    return found


class _State(msgspec.Struct):
    status: str
    fixed_version: str | None = None
    urgency: str | None = None
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Entry(msgspec.Struct):
    releases: dict[str, _State] = {}


def _debian(raw: bytes, feed: Feed) -> Harvest:
    found = Harvest()
    for package, rows in msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).items():
        if not any(fnmatchcase(package, pattern) for pattern in feed.wanted):
            continue
        for cve, row in msgspec.json.decode(rows, type=dict[str, msgspec.Raw]).items():
            if _CVE.fullmatch(cve):  # issues that have no CVE yet have names of the tracker's own
                found.total += 1
                _take_state(found, feed, package, cve, row)
    return found


def _take_state(found: Harvest, feed: Feed, package: str, cve: str, row: msgspec.Raw) -> None:
    try:
        states = msgspec.json.decode(row, type=_Entry).releases
        found.distros += [
            DistroStatus(f"debian-{feed.releases[release]}", name_of(package), cve, *_status(state))
            for release, state in states.items() if release in feed.releases
        ]
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        found.skip(f"{package}, {cve}: {error}")


def _status(state: _State) -> tuple[str, str | None]:
    """Return our word for what the tracker says, and the version that has the fix."""
    if state.status == "resolved":
        if state.fixed_version == "0":
            return "not-affected", None
        return "fixed", name_of(state.fixed_version) if state.fixed_version else None
    if state.urgency == "unimportant":
        return "unimportant", None
    if state.nodsa is not None:
        return ("ignored" if state.nodsa_reason == "ignored" else "no-dsa"), None
    return "open", None


def name_of(text: str) -> str:
    """Return a name or version, or raise ValueError for what cannot be one."""
    if not isinstance(text, str) or not text or len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(f"no name or version: {str(text)[:40]!r}")
    return text


def day_of(text: str | None) -> str | None:
    """Return a day, or raise ValueError for what is none."""
    if text is not None and not _DAY.fullmatch(text):
        raise ValueError(f"no date: {str(text)[:40]!r}")
    return text


def _cve(text: str) -> str:
    if not _CVE.fullmatch(text):
        raise ValueError(f"no CVE: {str(text)[:40]!r}")
    return text


_READERS: dict[str, Callable[[bytes, Feed], Harvest]] = {
    "cycles": _cycles, "exploited": _exploited, "debian": _debian,
}
