"""The advisory data for people, and as JSON."""

import sys
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from builtby.advisories.exchange import Bundle, Imported
from builtby.advisories.match import said
from builtby.advisories.records import Advisory, Affected
from builtby.advisories.standing import Standing, ToolStanding
from builtby.advisories.store import Store
from builtby.advisories.update import Outcome, State
from builtby.cli.catalogue_view import console
from builtby.reports.terminal_style import RATINGS, clean, human_size

_SHOWN = 12
_STATES = {State.NEW: "green", State.UNCHANGED: "dim", State.FAILED: "red"}


def as_json(value: Any) -> str:  # noqa: ANN401  # whatever msgspec can encode
    """Return facts as JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"


def show_standing(found: Standing, *, everything: bool) -> None:
    """Print how the data stands."""
    out = console(sys.stdout)
    when = f"fetched {found.fetched}" if found.fetched else "of the package" if found.kind == "embedded" else "by hand"
    age = f"{found.days} day{'' if found.days == 1 else 's'} old"
    out.print(Text.assemble((f"{found.kind} data", "bold"), f", {when}, newest fact {found.dated}: ",
                            (age, "yellow" if found.old else "")))
    out.print(f"{found.records:,} advisories · {found.distro_statuses:,} statuses of distributions · "
              f"{found.known_exploited:,} known exploited\n"
              f"support dates of {found.products_with_support_dates} products")
    out.print()
    out.print(_feeds(found))
    out.print()
    with_data = [tool for tool in found.tools if tool.data == "advisories"]
    none_known = [tool.tool for tool in found.tools if tool.data == "none known"]
    out.print(_tools(found.tools if everything else tuple(with_data)))
    out.print()
    if none_known:
        out.print(f"Searched for, and none found ({len(none_known)}): {', '.join(none_known)}")
    out.print(f"No data ({len(found.no_data)}), which is no statement that they are safe: {', '.join(found.no_data)}")
    out.print()
    out.print("From: " + "; ".join(f"{one.source} ({one.records}, {one.licence or 'no licence named'})"
                                   for one in found.origins))


def _feeds(found: Standing) -> Table:
    table = _table("feed", "what it is", "facts", "fetched")
    for feed in found.feeds:
        fetched = f"{feed.fetched}, {feed.days} d ago" if feed.fetched else "never"
        table.add_row(Text(feed.name, "bold"), feed.title, f"{feed.records:,}" if feed.fetched else "-", fetched)
    return table


def _tools(tools: tuple[ToolStanding, ...]) -> Table:
    table = _table("tool", "advisories", "records", "support dates", "data")
    for tool in tools:
        table.add_row(Text(tool.tool, "bold"), str(tool.advisories), str(tool.records),
                      "yes" if tool.support_dates else "-", ", ".join(tool.products) or tool.data)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in ("facts", "advisories", "records") else "left")
    return table


def show_outcomes(outcomes: list[Outcome], *, quiet: bool) -> None:
    """Print what an update did: results to standard output, failures with their remedy to standard error."""
    out, err = console(sys.stdout), console(sys.stderr)
    if not quiet:
        table = _table("feed", "what came", "facts", "bad records")
        for one in outcomes:
            table.add_row(Text(one.feed, "bold"), Text(one.state.value, _STATES[one.state]),
                          f"{one.taken:,}" if one.state is not State.FAILED else "-", str(one.bad) if one.bad else "")
        out.print(table)
    for one in outcomes:
        if one.state is State.FAILED:
            err.print(f"builtby: {one.feed}: {clean(one.problem)}\n  {one.remedy}", soft_wrap=True)
        elif one.bad:
            why = clean("; ".join(one.reasons))
            err.print(f"builtby: {one.feed}: {one.bad} of {one.total:,} records skipped: {why}", soft_wrap=True)


def show_imported(found: Imported) -> None:
    """Print what came in."""
    console(sys.stdout).print(f"{found.advisories:,} advisories imported; newest fact {found.meta.dated}")
    if found.bad:
        why = clean("; ".join(found.reasons))
        console(sys.stderr).print(f"builtby: {found.bad} of {found.total:,} records skipped: {why}", soft_wrap=True)


def show_bundle(bundle: Bundle) -> None:
    """Print what was written."""
    print(f"{bundle.sha256}  {bundle.path}")
    print(f"builtby: {human_size(bundle.size)}, {bundle.meta.kind} data, newest fact {bundle.meta.dated}",
          file=sys.stderr)


def facts(record: Advisory, store: Store) -> dict[str, Any]:
    """Return all that is known of a record."""
    return {
        "id": record.id, "aliases": record.aliases, "product": record.product, "scheme": record.scheme,
        "class": record.class_, "class_basis": record.basis, "published": record.published,
        "modified": record.modified, "severity": record.score, "rating": record.rating, "cvss": record.cvss,
        "kev": not record.names.isdisjoint(store.exploited), "disputed": record.disputed,
        "withdrawn": record.withdrawn, "cwes": record.cwes, "links": record.links, "source": record.source,
        "licence": record.licence, "affected": [_affected(part) for part in record.affected],
        "distros": [{"distro": one.distro, "package": one.package, "status": one.status, "fixed": one.fixed}
                    for one in store.snapshot.distros if one.cve == record.name],
    }


def _affected(part: Affected) -> dict[str, Any]:
    return {
        "ecosystem": part.ecosystem, "package": part.package, "versions": part.versions,
        "ranges": [{"introduced": one.introduced, "fixed": one.fixed, "last_affected": one.last}
                   for one in part.intervals],
        "commits": part.commits, "components": part.components, "target": part.target, "flags": part.flags,
        "platforms": part.platforms, "numbering": part.numbering, "basis": part.basis,
        "imports": [{"path": one.path, "symbols": one.symbols} for one in part.imports],
    }


def show_records(records: list[Advisory], store: Store) -> None:
    """Print advisories in full."""
    out = console(sys.stdout)
    for place, record in enumerate(records):
        if place:
            out.print()
        _show_record(out, record, store)


def _show_record(out: Console, record: Advisory, store: Store) -> None:
    score = f"{record.score:.1f} {record.rating}" if record.score is not None else record.rating
    exploited = not record.names.isdisjoint(store.exploited)
    notes = [word for word, told in (("known to be exploited", exploited), ("disputed", record.disputed),
                                     ("withdrawn", record.withdrawn)) if told]
    out.print(Text.assemble((clean(record.id), "bold cyan"), "  ", (score, RATINGS.get(record.rating, "")),
                            f"  {record.product}  ", ("; ".join(notes), "red")))
    _line(out, "also", ", ".join(record.aliases))
    _line(out, "class", f"{record.class_.value}: {record.basis or 'nothing says why'}")
    _line(out, "published", f"{record.published or 'unknown'}, changed {record.modified or 'unknown'}")
    _line(out, "cvss", record.cvss or "")
    _line(out, "weakness", ", ".join(record.cwes))
    for part in record.affected:
        _show_part(out, part)
    for status in (one for one in store.snapshot.distros if one.cve == record.name):
        _line(out, status.distro, f"{status.package}: {status.status}{f' in {status.fixed}' if status.fixed else ''}")
    for link in record.links:
        _line(out, "read", link)
    _line(out, "from", f"{record.source}, {record.licence}")


def _show_part(out: Console, part: Affected) -> None:
    """Print what is affected, and under which conditions."""
    ranges = [said(interval) for interval in part.intervals] or list(part.versions[:_SHOWN])
    unknown = "only commits are named" if part.commits else "no versions are named"
    _line(out, "affects", f"{part.package}: {'; '.join(ranges) or unknown}")
    _line(out, "of it", ", ".join(part.components))
    for one in part.imports[:_SHOWN]:
        _line(out, "package", f"{one.path} {', '.join(one.symbols[:_SHOWN])}".strip())
    only = [*([f"code for {part.target}"] if part.target else []), *part.flags, *part.platforms]
    _line(out, "only with", ", ".join(only))
    _line(out, "numbers", part.numbering or "")
    _line(out, "basis", part.basis or "")


def _line(out: Console, name: str, value: str) -> None:
    if value:
        out.print(Text.assemble((f"  {name:<15} ", "dim"), clean(value)), soft_wrap=True)
