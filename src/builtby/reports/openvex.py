"""`openvex`: OpenVEX 0.2.0, to be given to grype and trivy so that they leave out what is not in the artifact.

Where statuses differ within one image or package, the gravest holds for the whole, and each artifact is named by its
own digest beside it: a scanner that compares only the whole never hides a hole.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import IO, Any

import msgspec

from builtby import __version__
from builtby.model import Exposure
from builtby.reports import names, vex_products
from builtby.reports.base import Report, ReportOptions
from builtby.reports.exposed import Found, found, link
from builtby.reports.results import Results
from builtby.reports.spool import Spool
from builtby.reports.stream import JsonWriter, iso_time
from builtby.reports.vex_status import AFFECTED, NOT_AFFECTED, Stance, stance

CONTEXT = "https://openvex.dev/ns/v0.2.0"

Said = tuple[str, int, Stance]
"""A statement without its products: the advisory, the gravity, what is said."""


class Row(msgspec.Struct, frozen=True):
    """One product, or one component of a product, of one statement."""

    statement: int
    product: str
    component: str


class _Case:
    """All the statements about one scan; `local` names the components themselves as the products."""

    def __init__(self, results: Results, *, local: bool) -> None:
        self._results, self._local = results, local
        self._installed = {(p.target, e.id) for p in results.present for e in p.exposures}
        self.advisories: dict[str, Exposure] = {}
        self._gravest: dict[tuple[str, str, str], int] = {}
        self._mixed: set[tuple[str, str, str]] = set()
        said: set[Said] = set()
        for one, what in self._found():
            self.advisories.setdefault(one.exposure.id, one.exposure)
            said.add((one.exposure.id, what.gravity, what))
            for key in self._wholes(one):
                held = self._gravest.setdefault(key, what.gravity)
                if held != what.gravity:
                    self._mixed.add(key)
                    self._gravest[key] = min(held, what.gravity)
        self.said = sorted(said)

    def _found(self) -> Iterator[tuple[Found, Stance]]:
        for one in found(self._results, none_too=True):
            what = stance(one.record, one.exposure)
            if what is not None:
                yield one, what

    def _wholes(self, one: Found) -> Iterator[tuple[str, str, str]]:
        """Yield what a scanner looks up: the image with a component, the package, or the component alone."""
        components = vex_products.components(one.record, one.exposure)
        if self._local:
            yield from ((one.exposure.id, component, "") for component in components)
            return
        package = vex_products.package(one.record.package)
        if package:
            yield one.exposure.id, package, ""
        image = vex_products.image(self._results.targets[one.record.target])
        if image:
            yield from ((one.exposure.id, image, component) for component in components)

    def rows(self) -> Iterator[Row]:
        """Yield the products of every statement, in no order, and of each product only the gravest statement.

        Within one target, the same bytes are judged alike; another target may come from another distribution.
        """
        if len(self._results.targets) < 2:
            yield from self._rows()
            return
        advisories = {place: said[0] for place, said in enumerate(self.said)}

        def product(row: Row) -> tuple[str, str, str]:
            return advisories[row.statement], row.product, row.component

        with closing(Spool(Row, lambda row: (*product(row), row.statement))) as every:
            for row in self._rows():
                every.add(row)
            for _, alike in groupby(every, key=product):
                yield next(alike)

    def _rows(self) -> Iterator[Row]:
        places = {said: place for place, said in enumerate(self.said)}
        for one, what in self._found():
            place = places[one.exposure.id, what.gravity, what]
            whole = list(self._wholes(one))
            yield from (Row(place, product, component) for advisory, product, component in whole
                        if self._gravest[advisory, product, component] == what.gravity)
            if not self._local and (not whole or whole[0] in self._mixed) and not self._is_tool(one, what):
                yield from self._own(one, place)

    def _own(self, one: Found, place: int) -> Iterator[Row]:
        product = vex_products.own(one.record)
        for component in vex_products.components(one.record, one.exposure):
            yield Row(place, product, component if component != product else "")

    def _is_tool(self, one: Found, what: Stance) -> bool:
        """Say whether a file may belong to the vulnerable tool itself, which stands in the same target."""
        return what.status == NOT_AFFECTED and (one.record.target, one.exposure.id) in self._installed


def write(results: Results, stream: IO[bytes], options: ReportOptions, *, local: bool = False) -> None:
    """Write what each exposure means for each product. Without a time given, it is that of the advisory data."""
    case = _Case(results, local=local)
    out = JsonWriter(stream)
    out.member("@context", CONTEXT)
    out.member("@id", f"urn:uuid:{names.serial('openvex-local' if local else 'openvex', results.digest())}")
    out.member("author", "builtby")
    out.member("role", "Document Creator")
    out.member("timestamp", _time(results, options))
    out.member("version", 1)
    out.member("tooling", f"builtby/{__version__}")
    with closing(Spool(Row, lambda row: (row.statement, row.product, row.component))) as rows:
        for row in case.rows():
            rows.add(row)
        out.array("statements", groupby(rows, key=lambda row: row.statement), partial(_statement, stream, case))
    out.end()
    stream.write(b"\n")


def _time(results: Results, options: ReportOptions) -> str:
    if options.timestamp is None and results.advisories is not None:
        return f"{results.advisories.dated}T00:00:00Z"
    return iso_time(options.timestamp or 0)


def _statement(stream: IO[bytes], case: _Case, group: tuple[int, Iterator[Row]]) -> None:
    place, rows = group
    advisory, _, what = case.said[place]
    out = JsonWriter(stream)
    out.member("vulnerability", _vulnerability(case.advisories[advisory]))
    out.array("products", (_product(name, parts) for name, parts in groupby(rows, key=lambda row: row.product)))
    out.member("status", what.status)
    if what.status == NOT_AFFECTED:
        out.member("justification", what.justification)
        out.member("impact_statement", what.text)
    else:
        out.member("action_statement" if what.status == AFFECTED else "status_notes", what.text)
    out.end()


def _vulnerability(exposure: Exposure) -> dict[str, Any]:
    told: dict[str, Any] = {"@id": link(exposure), "name": exposure.id}
    return told | {"aliases": sorted(exposure.aliases)} if exposure.aliases else told


def _product(name: str, rows: Iterator[Row]) -> dict[str, Any]:
    product: dict[str, Any] = {"@id": name}
    digest = vex_products.digest(name)
    if digest:
        product["hashes"] = {"sha-256": digest}
    components = [{"@id": row.component} for row in rows if row.component]
    return product | {"subcomponents": components} if components else product


REPORTS = [
    Report("openvex", "OpenVEX 0.2.0: which artifacts, packages and images an advisory concerns", write),
    Report("openvex-local", "OpenVEX 0.2.0 for scanning the same files or archive again: components are the products",
           partial(write, local=True)),
]
