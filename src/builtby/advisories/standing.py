"""How the advisory data of this machine stands: what it is, how old, and of which tools it knows nothing."""

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from builtby.advisories.feeds import feeds
from builtby.advisories.match import groups
from builtby.advisories.products import Way
from builtby.advisories.records import Advisory
from builtby.advisories.snapshot import Meta
from builtby.advisories.store import Store

FRESH = 7
"""Days after which downloaded data is called old."""


class FeedStanding(msgspec.Struct, frozen=True):
    """One feed. fetched: when it was last had, None for never; days: its age; records: facts taken of it."""

    name: str
    title: str
    fetched: str | None
    days: int | None
    records: int


class ToolStanding(msgspec.Struct, frozen=True):
    """One tool. records: OSV records of its products; advisories: how many different ones these are.

    data: `advisories`, `none known` (it was searched for, and nothing found), or `no data`.
    """

    tool: str
    data: str
    records: int
    advisories: int
    products: tuple[str, ...]
    support_dates: bool


class OriginStanding(msgspec.Struct, frozen=True):
    """Who wrote records, and their licence."""

    source: str
    records: int
    licence: str


class Standing(msgspec.Struct, frozen=True):
    """All of it. days: since the data was fetched, or since its newest fact where it was not; old: above a week."""

    kind: str
    dated: str
    fetched: str | None
    days: int
    old: bool
    problem: str | None
    records: int
    distro_statuses: int
    known_exploited: int
    products_with_support_dates: int
    feeds: tuple[FeedStanding, ...]
    tools: tuple[ToolStanding, ...]
    no_data: tuple[str, ...]
    origins: tuple[OriginStanding, ...]


def standing(store: Store, tools: Iterable[str], now: date | None = None) -> Standing:
    """Return how the data stands for some tools. now: the day; default: SOURCE_DATE_EPOCH, or today."""
    today = now or _today()
    snapshot, meta = store.snapshot, store.snapshot.meta
    told = tuple(_tool(store, tool) for tool in sorted(set(tools)))
    titles = {feed.name: feed.title for feed in feeds().feed}
    return Standing(
        kind=meta.kind, dated=meta.dated, fetched=meta.fetched, days=age(meta, today), old=old(meta, today),
        problem=store.problem, records=len(snapshot.advisories), distro_statuses=len(snapshot.distros),
        known_exploited=len(snapshot.exploited), products_with_support_dates=len(snapshot.cycles),
        feeds=tuple(_feed(meta, name, title, today) for name, title in titles.items()), tools=told,
        no_data=tuple(tool.tool for tool in told if tool.data == "no data"),
        origins=tuple(OriginStanding(name, source.records, source.licence)
                      for name, source in meta.sources.items() if name not in titles and source.records),
    )


def age(meta: Meta, today: date) -> int:
    """Return the days since data was fetched, or since its newest fact."""
    return _days(meta.fetched or meta.dated, today) or 0


def old(meta: Meta, today: date) -> bool:
    """Whether downloaded data is so old that people are to be warned."""
    return meta.fetched is not None and age(meta, today) > FRESH


def warning(store: Store, now: date | None = None) -> str | None:
    """Return what people are to be told of the data before they rely on it; None when there is nothing."""
    today, meta = now or _today(), store.snapshot.meta
    if store.problem:
        return store.problem
    if not old(meta, today):
        return None
    return (f"the {meta.kind} advisory data is {age(meta, today)} days old (oldest feed: {str(meta.fetched)[:10]}); "
            "`builtby advisories update` renews it")


def _tool(store: Store, tool: str) -> ToolStanding:
    ways = store.products.of(tool)
    products = tuple(sorted({way.product for way in ways}))
    records = list({record.id: record for way in ways for record in of_way(store, way)}.values())
    data = "advisories" if records else "none known" if store.knows(tool) else "no data"
    support = store.products.support(tool)
    return ToolStanding(tool, data, len(records), len(groups(records)), products,
                        support is not None and support.product in store.snapshot.cycles)


def of_way(store: Store, way: Way) -> list[Advisory]:
    """Return the records that a tool is judged by: of its part of the product, and not withdrawn."""
    wanted = set(way.components)
    return [record for record in store.of_product(way.product) if not record.withdrawn and (
        not wanted or not record.affected
        or any(not part.components or wanted & set(part.components) for part in record.affected))]


def _feed(meta: Meta, name: str, title: str, today: date) -> FeedStanding:
    source = meta.sources.get(name)
    fetched = source.fetched if source else None
    return FeedStanding(name, title, fetched, _days(fetched, today), source.records if source else 0)


def _days(moment: str | None, today: date) -> int | None:
    """Return the days since a moment, as `2026-08-23` or `2026-08-23T10:00:00Z`."""
    try:
        return max((today - date.fromisoformat(moment[:10])).days, 0) if moment else None
    except ValueError:
        return None


def _today() -> date:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch.isdecimal() else datetime.now(UTC).date()
