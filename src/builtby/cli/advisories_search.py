"""The list of a tool's advisories."""

import sys
from collections.abc import Iterator

import msgspec
from rich.table import Table
from rich.text import Text

from builtby.advisories.match import Match, Matcher, Names, groups
from builtby.advisories.products import Way
from builtby.advisories.records import Advisory
from builtby.advisories.standing import of_way
from builtby.advisories.store import Store
from builtby.advisories.subject import Subject
from builtby.cli.catalogue_view import console
from builtby.model import ExposureClass, Role
from builtby.reports.terminal_style import RATINGS, clean

_FIXES = 3


class Hit(msgspec.Struct, frozen=True):
    """An advisory of a tool. fixed_in: for a version, what is newer and fixed; else every fixed version.

    decided: whether the version is affected for sure; False where the record does not tell. rule: what decided.
    """

    id: str
    aliases: tuple[str, ...]
    product: str
    class_: ExposureClass = msgspec.field(name="class")
    severity: float | None
    rating: str
    kev: bool
    fixed_in: tuple[str, ...]
    published: str | None
    disputed: bool
    decided: bool | None
    rule: str | None
    url: str | None


def hits(store: Store, tool: str, version: str | None) -> list[Hit]:
    """Return the advisories of a tool, or those that speak of a version, the exploited and severe first."""
    ways = store.products.of(tool) or (Way(tool),)
    found = {(hit.id, hit.product): hit for way in ways for hit in _of(store, way, tool, version)}
    return sorted(found.values(), key=lambda hit: (not hit.kev, hit.decided is False, -_weight(hit), hit.id))


def _of(store: Store, way: Way, tool: str, version: str | None) -> Iterator[Hit]:
    if version is None:
        for group in groups(of_way(store, way)):
            yield _hit(store, group[0], Names.of(group), None)
        return
    line = store.products.line_of(tool, version)
    subject = Subject(tool, None if line else version, line, Role.COMPILER)
    for match in Matcher(store.of_product(way.product), way).matches(subject):
        yield _hit(store, match.advisory, match.names, match)


def _hit(store: Store, record: Advisory, names: Names, match: Match | None) -> Hit:
    return Hit(
        id=names.name, aliases=names.aliases, product=record.product, class_=record.class_,
        severity=record.score, rating=record.rating, kev=names.name in store.exploited,
        fixed_in=match.fixed_in if match else fixes(record), published=record.published, disputed=record.disputed,
        decided=match.affected is not None if match else None, rule=match.rule if match else None,
        url=record.links[0] if record.links else None,
    )


def fixes(record: Advisory) -> tuple[str, ...]:
    """Return the fixed versions that a record names, in its order."""
    found = (part.fixed for affected in record.affected for part in affected.intervals if part.fixed)
    return tuple(dict.fromkeys(found))


def _weight(hit: Hit) -> float:
    words = {"critical": 9.0, "high": 7.0, "medium": 4.0, "low": 0.1, "none": 0.0}
    return hit.severity if hit.severity is not None else words.get(hit.rating, -1.0)


def as_json(found: list[Hit]) -> str:
    """Return the list as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


def show(found: list[Hit], tool: str, version: str | None) -> None:
    """Print the list."""
    out = console(sys.stdout)
    shown = f"{tool} {version}" if version else tool
    if not found:
        out.print(f"{shown}: no advisory of this data speaks of it")
        return
    sure = sum(hit.decided is not False for hit in found)
    title = f"{shown}: {sure} advisor{'y' if sure == 1 else 'ies'}"
    table = Table(title=title + (f", {len(found) - sure} undecided" if sure < len(found) else ""),
                  title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0),
                  header_style="dim")
    for name in ("id", "severity", "class", "fixed in", "published", "also"):
        table.add_column(name, no_wrap=name in ("id", "severity", "class", "published"), overflow="fold")
    for hit in found:
        table.add_row(*_row(hit))
    out.print(table)


def _row(hit: Hit) -> tuple[str | Text, ...]:
    score = f"{hit.severity:.1f} {hit.rating}" if hit.severity is not None else hit.rating
    more = f", … ({len(hit.fixed_in)})" if len(hit.fixed_in) > _FIXES else ""
    fixed = ", ".join(hit.fixed_in[:_FIXES]) + more or "-"
    notes = ["exploited"] if hit.kev else []
    notes += ["disputed"] if hit.disputed else []
    notes += [hit.rule or ""] if hit.decided is False else []
    return (Text(clean(hit.id), "bold"), Text(score, RATINGS.get(hit.rating, "")), hit.class_.value, clean(fixed),
            hit.published or "-", clean("; ".join([*notes, *hit.aliases[:2]])))
