"""Joins what feeds hold now with what was known before, so that a feed that fails takes nothing away."""

from collections.abc import Iterable

import msgspec

from builtby.advisories.harvest import Harvest
from builtby.advisories.records import Advisory
from builtby.advisories.snapshot import DistroStatus, Meta, Snapshot, Source
from builtby.model import ExposureClass

_Key = tuple[str, str]


def merged(base: Snapshot, own: Snapshot, harvests: Iterable[Harvest], meta: Meta, today: str) -> Snapshot:
    """Return a new snapshot.

    base: the data in use. own: the package's data, whose classes somebody has thought about. meta: of the new one.
    today: the day after which no fact can be dated.
    """
    known, given = joined(base, own), list(harvests)
    advisories = {_key(one): one for one in known.advisories}
    decided = {_key(one): one for one in own.advisories}
    distros, cycles, exploited = known.distros, dict(known.cycles), known.exploited
    for harvest in given:
        _take(advisories, decided, harvest, today)
        distros = _statuses(distros, harvest.distros)
        cycles |= harvest.cycles
        exploited = tuple(sorted({*exploited, *harvest.exploited}))
    ordered = tuple(advisories[key] for key in sorted(advisories))
    none_known = {*base.none_known, *own.none_known}.union(*(harvest.none_known for harvest in given))
    return Snapshot(_dated(meta, ordered, today), ordered, distros, dict(sorted(cycles.items())), exploited,
                    tuple(sorted(none_known)))


def joined(base: Snapshot, own: Snapshot) -> Snapshot:
    """Return one snapshot with the newer state of each record of two; of equals, the second's.

    The package's data is newer than what was downloaded when the package was updated since.
    """
    advisories = {_key(one): one for one in base.advisories}
    for one in own.advisories:
        there = advisories.get(_key(one))
        if there is None or (one.modified or "") >= (there.modified or ""):
            advisories[_key(one)] = one
    newer = own.meta.dated > base.meta.dated
    first, last = (base, own) if newer else (own, base)
    return Snapshot(
        base.meta, tuple(advisories.values()), _statuses(first.distros, last.distros),
        {**first.cycles, **last.cycles}, tuple(sorted({*base.exploited, *own.exploited})),
    )


def sources(base: dict[str, Source], advisories: Iterable[Advisory]) -> dict[str, Source]:
    """Return each origin's records and licence, which is to be named with the data, beside the feeds' entries."""
    found = {name: source for name, source in base.items() if source.url}
    for one in advisories:
        before = found.get(one.source) or Source(licence=one.licence)
        found[one.source] = msgspec.structs.replace(before, records=before.records + 1)
    return dict(sorted(found.items()))


def _take(advisories: dict[_Key, Advisory], own: dict[_Key, Advisory], harvest: Harvest, today: str) -> None:
    fresh = {_key(one): one for one in harvest.advisories}
    products = {one.product for one in fresh.values()}
    for key in [key for key in advisories if key[1] in harvest.seen and key[0] in products and key not in fresh]:
        del advisories[key]  # the record is still there, but is not about this product any more
    for key, one in fresh.items():
        if _outdone(one, advisories.get(key), own.get(key), today):
            continue
        advisories[key] = _classified(one, own.get(key))


def _classified(fresh: Advisory, own: Advisory | None) -> Advisory:
    """Return a record with the class that the package's data has for it, which somebody has thought about."""
    if own is None or own.class_ is ExposureClass.UNKNOWN:
        return fresh
    return msgspec.structs.replace(fresh, class_=own.class_, basis=own.basis)


def _outdone(fresh: Advisory, there: Advisory | None, own: Advisory | None, today: str) -> bool:
    """Whether a record that is there is to be kept: it is newer, or of the same day and the package's own.

    A day in the future says nothing: else a record that claims one could never be corrected.
    """
    if there is None or there.withdrawn != fresh.withdrawn:
        return False
    before, now = (day if (day := one.modified or "") <= today else "" for one in (there, fresh))
    return before > now or (before == now and there is own)


def _statuses(before: tuple[DistroStatus, ...], fresh: Iterable[DistroStatus]) -> tuple[DistroStatus, ...]:
    """Return statuses; a package of a release that is in the fresh ones is told by them alone."""
    rows = list(fresh)
    told = {(row.distro, row.package) for row in rows}
    kept = [row for row in before if (row.distro, row.package) not in told]
    return tuple(sorted({*kept, *rows}, key=_order))


def _order(row: DistroStatus) -> tuple[str, ...]:
    return row.distro, row.package, row.cve, row.status, row.fixed or ""


def _dated(meta: Meta, advisories: tuple[Advisory, ...], today: str) -> Meta:
    """Return the description with the day of the newest fact."""
    days = [day for one in advisories if (day := one.modified or one.published) and day <= today]
    return msgspec.structs.replace(meta, dated=max([meta.dated, *days]), sources=sources(meta.sources, advisories))


def _key(advisory: Advisory) -> _Key:
    return advisory.product, advisory.id
