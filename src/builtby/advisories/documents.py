"""Recognises JSON documents that somebody hands in: OSV records, and the lists that builtby's own data is made of."""

from collections.abc import Callable
from typing import Any

import msgspec

from builtby.advisories.feeds import Feeds
from builtby.advisories.harvest import Harvest, day_of, name_of, read_list
from builtby.advisories.records import from_osv
from builtby.advisories.snapshot import Cycle, DistroStatus
from builtby.advisories.taking import Taker, sensible

Json = Any
_DAMAGE = (msgspec.MsgspecError, RecursionError, UnicodeError)
_WRONG = (KeyError, TypeError, ValueError, AttributeError)
_RPM = ("almalinux",)


class Reader:
    """Puts documents into one harvest."""

    def __init__(self, table: Feeds) -> None:
        self._table, self._taker = table, Taker(table, table.feed)
        self.found = Harvest()

    def read(self, name: str, raw: bytes) -> None:
        """Take a document; what is no data of ours is passed over."""
        try:
            document = msgspec.json.decode(raw)
        except _DAMAGE as error:
            self.found.total += 1
            self.found.skip(f"{name}: {str(error) or type(error).__name__}")
            return
        rows = document if isinstance(document, list) else [document]
        if rows and all(isinstance(row, dict) for row in rows):
            self._rows(name, rows, raw)

    def _rows(self, name: str, rows: list[dict[str, Json]], raw: bytes) -> None:
        kind = next((take for keys, take in self._kinds() if keys <= rows[0].keys()), None)
        if kind is None:
            self._lists(rows[0], raw)
            return
        for row in rows:
            self.found.total += 1
            try:
                kind(row)
            except _WRONG as error:
                self.found.skip(f"{name}: {error}")

    def _kinds(self) -> list[tuple[set[str], Callable[[dict[str, Json]], None]]]:
        return [
            ({"id", "affected"}, self._record), ({"catalogVersion", "all"}, self._exploited),
            ({"product", "releases"}, self._cycles), ({"cve", "source", "release", "status"}, self._debian),
            ({"cve", "package", "release", "fixed"}, self._azure), ({"product", "searched"}, self._none_known),
        ]

    def _lists(self, document: dict[str, Json], raw: bytes) -> None:
        """Take a list as its publisher writes it."""
        kind = "exploited" if "vulnerabilities" in document else "cycles" if "result" in document else "debian"
        feed = next((feed for feed in self._table.feed if feed.kind == kind), None)
        if feed is None:
            return
        try:
            part = read_list(raw, feed)
        except _DAMAGE:
            return
        found = self.found
        found.total, found.bad = found.total + part.total, found.bad + part.bad
        found.cycles |= part.cycles
        found.exploited += part.exploited
        found.distros += part.distros

    def _record(self, row: dict[str, Json]) -> None:
        general = row.get("database_specific")
        if isinstance(general, dict) and "builtby" in general:
            self.found.advisories.append(sensible(from_osv(row)))
        elif self._is_rpm(row):
            self._rpm(row)
        else:
            name, advisories = self._taker.take(msgspec.json.encode(row))
            self.found.advisories += advisories
            self.found.seen.add(name)

    def _is_rpm(self, row: dict[str, Json]) -> bool:
        first = row["affected"][0] if row["affected"] else {}
        return str((first.get("package") or {}).get("ecosystem", "")).lower().startswith(_RPM)

    def _rpm(self, row: dict[str, Json]) -> None:
        for affected in row["affected"]:
            package = affected["package"]
            fixed = [event["fixed"] for one in affected["ranges"] for event in one["events"] if "fixed" in event]
            distro = name_of(package["ecosystem"]).lower().replace(":", "-")
            for cve in row.get("related") or ():
                if cve.startswith("CVE-"):
                    self._status(distro, package["name"], cve, "fixed", fixed[0] if fixed else None)

    def _exploited(self, row: dict[str, Json]) -> None:
        self.found.exploited += tuple(map(name_of, row["all"]))

    def _cycles(self, row: dict[str, Json]) -> None:
        self.found.cycles[name_of(row["product"])] = tuple(
            Cycle(name_of(one["releaseCycle"]), day_of(one.get("releaseDate")), _maybe(one.get("eol")),
                  _maybe(one.get("latest"))) for one in row["releases"]
        )

    def _debian(self, row: dict[str, Json]) -> None:
        releases = next((feed.releases for feed in self._table.feed if feed.kind == "debian"), {})
        release = releases.get(row["release"])
        if release:
            self._status(f"debian-{release}", row["source"], row["cve"], row["status"], row.get("fixed_version"))

    def _azure(self, row: dict[str, Json]) -> None:
        self._status(row["release"], row["package"], row["cve"], "fixed", row["fixed"])

    def _none_known(self, row: dict[str, Json]) -> None:
        self.found.none_known.append(name_of(row["product"]))

    def _status(self, distro: str, package: str, cve: str, status: str, fixed: str | None) -> None:
        self.found.distros.append(
            DistroStatus(name_of(distro), name_of(package), name_of(cve), name_of(status), _maybe(fixed)))


def _maybe(value: Json) -> str | None:
    return name_of(value) if value else None

