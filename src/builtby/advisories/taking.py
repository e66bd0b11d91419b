"""Takes what builtby needs out of OSV records that anybody wrote: the products it knows, classified."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from builtby.advisories.feeds import Feed, Feeds
from builtby.advisories.records import Advisory, BadRecord, Defaults, Interval, from_osv
from builtby.advisories.versions import Unordered, is_ordered, key
from builtby.model import ExposureClass

_DAMAGE = (msgspec.MsgspecError, RecursionError, UnicodeError)


class _Package(msgspec.Struct):
    ecosystem: str
    name: str


class _Affected(msgspec.Struct):
    package: _Package | None = None


class _Glance(msgspec.Struct):
    """What a record must say to be looked at more closely; reading only this is many times faster."""

    id: str
    affected: list[_Affected] | None = None


_glance = msgspec.json.Decoder(_Glance).decode
_whole = msgspec.json.Decoder(dict[str, Any]).decode


class Taker:
    """Takes records for some feeds. `feeds` is the whole table, which knows classes and origins."""

    def __init__(self, table: Feeds, only: Iterable[Feed]) -> None:
        self._table = table
        self._feeds = [feed for feed in only if feed.kind == "osv"]
        self._named = {feed.ecosystem: feed for feed in self._feeds if feed.ecosystem}
        self._begun = {feed.match: feed for feed in self._feeds if feed.match}

    def passes_over(self, name: str) -> bool:
        """Whether a record of that id is not wanted at all."""
        return name.startswith(self._table.skip.begins)

    def take(self, data: bytes) -> tuple[str, list[Advisory]]:
        """Return a record's id, and an advisory for each of our products that it affects. Raises BadRecord."""
        try:
            seen = _glance(data)
            if self.passes_over(seen.id) or not any(self._product(one.package) for one in seen.affected or ()):
                return seen.id, []
            return seen.id, list(self._advisories(_whole(data)))
        except _DAMAGE as error:
            raise BadRecord(str(error) or type(error).__name__) from error

    def _advisories(self, raw: dict[str, Any]) -> Iterator[Advisory]:
        parts: dict[str, tuple[Feed, list[dict[str, Any]]]] = {}
        for item in raw["affected"]:
            package = item.get("package")
            found = self._product(msgspec.convert(package, _Package) if package else None)
            if found:
                feed, product = found
                parts.setdefault(product, (feed, []))[1].append(_numbered(item, feed.numbering.get(product)))
        for product, (feed, affected) in parts.items():
            yield sensible(from_osv(self._ours(raw, product, affected), self._defaults(feed, product, raw["id"])))

    def _product(self, package: _Package | None) -> tuple[Feed, str] | None:
        """Return our product for a package, and the feed that has it."""
        if package is None:
            return None
        name = package.ecosystem.partition(":")[0]
        feed = self._named.get(name) or self._begun.get(name.partition(".")[0])
        product = feed.packages.get(package.name) if feed else None
        return (feed, product) if feed and product else None

    def _defaults(self, feed: Feed, product: str, name: str) -> Defaults:
        origin = self._table.origin_of(name)
        return Defaults(product, feed.schemes.get(product, feed.scheme), ExposureClass.UNKNOWN,
                        origin.source, origin.licence or feed.licence)

    def _ours(self, raw: dict[str, Any], product: str, affected: list[dict[str, Any]]) -> dict[str, Any]:
        """Return a record about one product. Nothing that a feed puts in our own fields is believed."""
        general = raw.get("database_specific")
        general = general if isinstance(general, dict) else {}
        class_, basis = self._class(product, affected)
        ours = {"product": product, "exposure": class_.value, "exposure_basis": basis,
                "severity_word": general.get("severity")}
        return {**raw, "affected": affected,
                "database_specific": {"cwe_ids": general.get("cwe_ids"), "builtby": ours}}

    def _class(self, product: str, affected: list[dict[str, Any]]) -> tuple[ExposureClass, str]:
        paths = {path for item in affected for path in _paths(item)}
        for rule in self._table.import_class:
            hit = sorted(path for path in paths if path.startswith(rule.imports))
            if rule.product == product and hit:
                return rule.class_, f"{product}, package {hit[0]}"
        return self._table.class_of(product), f"what advisories of {product} mean, unless they say otherwise"


def sensible(advisory: Advisory) -> Advisory:
    """Return it. Raises BadRecord when no version can lie in any of its ranges.

    Such a record would clear what it replaces. Where versions have no order, as those of git, nothing can be said.
    """
    intervals = [one for part in advisory.affected for one in part.intervals]
    named = any(part.versions for part in advisory.affected)
    ordered = is_ordered(advisory.scheme)
    if intervals and ordered and not named and not any(_holds_some(advisory.scheme, one) for one in intervals):
        raise BadRecord(f"{advisory.id}: no version lies in its ranges")
    return advisory


def _holds_some(scheme: str, interval: Interval) -> bool:
    end = interval.fixed or interval.last
    try:
        begun = None if interval.introduced == "0" else key(scheme, interval.introduced)
        last = None if end is None else key(scheme, end)
    except Unordered:
        return False
    return begun is None or last is None or begun < last or (begun == last and interval.fixed is None)


def _numbered(affected: dict[str, Any], numbering: str | None) -> dict[str, Any]:
    if numbering is None:
        return affected
    specific = affected.get("ecosystem_specific")
    return {**affected, "ecosystem_specific": {**(specific if isinstance(specific, dict) else {}),
                                               "numbering": numbering}}


def _paths(affected: dict[str, Any]) -> list[str]:
    """Return the packages of a library that are affected."""
    specific = affected.get("ecosystem_specific")
    imports = specific.get("imports") if isinstance(specific, dict) else None
    rows = imports if isinstance(imports, list) else []
    return [row["path"] for row in rows if isinstance(row, dict) and isinstance(row.get("path"), str)]
