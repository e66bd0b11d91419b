"""Brings the advisory data of this machine up to date: every feed by itself, and one new snapshot at the end.

A feed that fails takes nothing away, and until the new snapshot stands whole the old one is in use: an update may be
killed at any moment.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from builtby.advisories.addresses import Untrusted, public
from builtby.advisories.download import Download, Failed, Fetched, Limits, Unreachable, client
from builtby.advisories.feeds import Addresses, Feed, Feeds, completed, feeds
from builtby.advisories.harvest import Harvest, read
from builtby.advisories.http_answer import Validators
from builtby.advisories.locking import locked
from builtby.advisories.merging import merged
from builtby.advisories.packed import Refused
from builtby.advisories.snapshot import Meta, Snapshot, Source, Unusable, write
from builtby.advisories.snapshot import read as read_snapshot
from builtby.advisories.store import current, data_dir, embedded

LISTING = Limits(bytes=1 << 20, seconds=60)
REMEDY = "The old data of this feed stays in use. Try again later, name a mirror with --mirror, or import a bundle."


class State(StrEnum):
    """What became of a feed."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True):
    """What an update did with one feed. `taken`: facts of ours; `bad`: records skipped, for they cannot be right."""

    feed: str
    title: str
    url: str
    state: State
    taken: int = 0
    total: int = 0
    bad: int = 0
    reasons: tuple[str, ...] = ()
    problem: str = ""
    remedy: str = ""


class Watch(NamedTuple):
    """Who is told how it goes: `started` with a feed, `moved` with bytes there are and will be, `ended` with it."""

    started: Callable[[Feed], None] = lambda _feed: None
    moved: Callable[[int, int | None], None] = lambda _have, _all: None
    ended: Callable[[Outcome], None] = lambda _outcome: None


class Plan(NamedTuple):
    """How to update. `only`: names of feeds, all when empty; `silence`: seconds that a server may say nothing."""

    mirror: str | None = None
    only: tuple[str, ...] = ()
    limits: Limits = Limits()
    silence: float = 30.0
    table: Feeds | None = None


def update(plan: Plan | None = None, watch: Watch | None = None) -> list[Outcome]:
    """Update the data and return what became of each feed. Raises Busy, and OSError when nothing can be written."""
    plan, watch = plan or Plan(), watch or Watch()
    with locked(data_dir() / "update.lock"), client(plan.silence) as http:
        _tidy(data_dir())
        return _Update(plan, watch, http).run()


class _Update:
    """One run."""

    def __init__(self, plan: Plan, watch: Watch, http: httpx.Client) -> None:
        self._plan, self._watch, self._http = plan, watch, http
        self._table = plan.table or feeds()
        self._addresses = Addresses(self._table.bases, plan.mirror)
        self._own = embedded()
        self._base = _in_use(self._own)
        self._sources = dict(self._base.meta.sources)
        self._folder = data_dir() / "downloads"
        self._dead: dict[str, str] = {}
        """Servers that did not answer, and what was said then."""
        self._listing: str | None = None
        self._now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def run(self) -> list[Outcome]:
        self._folder.mkdir(parents=True, exist_ok=True)
        outcomes, harvests = [], []
        for feed in self._table.feed:
            if self._plan.only and feed.name not in self._plan.only:
                continue
            self._watch.started(feed)
            outcome, harvest = self._feed(feed)
            self._watch.ended(outcome)
            outcomes.append(outcome)
            harvests += [harvest] if harvest else []
        if any(outcome.state is not State.FAILED for outcome in outcomes):
            meta = Meta("downloaded", self._base.meta.dated, self._oldest(), self._sources)
            write(current(), merged(self._base, self._own, harvests, meta, self._now[:10]))
        return outcomes

    def _oldest(self) -> str:
        """Return when the feed that was not had for the longest time was had: the data is no younger."""
        times = (self._sources[feed.name].fetched for feed in self._table.feed if feed.name in self._sources)
        return min((time for time in times if time), default=self._now)

    def _feed(self, feed: Feed) -> tuple[Outcome, Harvest | None]:
        """Fetch and read one feed."""
        failed = Outcome(feed.name, feed.title, "", State.FAILED, remedy=REMEDY)
        try:
            url = self._address(feed)
            failed = msgspec.structs.replace(failed, url=public(url))
            return self._fetched(feed, url)
        except Failed as error:
            if isinstance(error, Unreachable):
                self._dead[feed.base] = str(error)
            return msgspec.structs.replace(failed, problem=str(error), remedy=error.remedy), None
        except Untrusted as error:
            return msgspec.structs.replace(failed, problem=str(error), remedy="Give an address of https://."), None
        except Refused as error:
            return msgspec.structs.replace(failed, problem=f"{failed.url} is not used: {error}"), None

    def _address(self, feed: Feed) -> str:
        if feed.base in self._dead:
            raise Failed(self._dead[feed.base], REMEDY)
        if not feed.match:
            return self._addresses.of(feed)
        if self._listing is None:
            self._listing = self._listed(self._addresses.listing(feed))
        name = completed(feed.match, self._listing)
        if name is None:
            raise Refused(f"the list of ecosystems has no, or more than one, {feed.match!r}")
        return self._addresses.of(feed, name)

    def _listed(self, url: str) -> str:
        target = self._folder / "ecosystems.txt"
        limits = LISTING._replace(tries=self._plan.limits.tries, wait=self._plan.limits.wait)
        Download(self._http, url, target, limits=limits).run()
        text = target.read_bytes().decode("utf-8", "replace")
        target.unlink()
        return text

    def _fetched(self, feed: Feed, url: str) -> tuple[Outcome, Harvest | None]:
        source = self._source(feed, url)
        known = Validators(source.etag, source.last_modified) if source else None
        got = Download(self._http, url, self._folder / feed.name, known=known, limits=self._plan.limits,
                       progress=self._watch.moved).run()
        if got.path is None:
            self._sources[feed.name] = msgspec.structs.replace(source or Source(), fetched=self._now)
            taken = source.records if source else 0
            return Outcome(feed.name, feed.title, public(url), State.UNCHANGED, taken), None
        try:
            harvest = read(got.path, feed, self._table, gzipped=got.gzipped)
        finally:
            got.path.unlink(missing_ok=True)
        self._sources[feed.name] = self._fresh(feed, url, got, harvest)
        return Outcome(feed.name, feed.title, public(url), State.NEW, harvest.taken, harvest.total, harvest.bad,
                       tuple(harvest.reasons)), harvest

    def _source(self, feed: Feed, url: str) -> Source | None:
        """Return what is known of a feed, when it was read for the same facts as it would be now."""
        source = self._base.meta.sources.get(feed.name)
        return source if source and source.url == _marked(url, feed) else None

    def _fresh(self, feed: Feed, url: str, got: Fetched, harvest: Harvest) -> Source:
        said = got.validators
        return Source(_marked(url, feed), self._now, said.etag, said.last_modified, harvest.taken, feed.licence)


def _marked(url: str, feed: Feed) -> str:
    return f"{public(url)}#{feed.fingerprint}"


def _in_use(own: Snapshot) -> Snapshot:
    """Return the data to build on: what stands on this machine, where it is sound."""
    try:
        return read_snapshot(current())
    except (OSError, Unusable):
        return own


def _tidy(folder: Path) -> None:
    """Remove what killed updates left behind."""
    leftovers: Iterable[Path] = folder.glob(f".{current().name}-*")
    for path in leftovers:
        with suppress(OSError):
            path.unlink()
