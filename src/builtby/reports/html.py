"""`html`: one page for people, that opens from a mail: no network, no other files, no code of others."""

from collections.abc import Iterator
from functools import cache
from typing import IO

from builtby.reports import html_lists as lists
from builtby.reports import html_overview as overview
from builtby.reports import html_page as page
from builtby.reports.base import Report, ReportOptions
from builtby.reports.html_figures import Figures
from builtby.reports.html_table import labels
from builtby.reports.html_text import esc, own
from builtby.reports.results import Results
from builtby.reports.stream import iso_time
from builtby.reports.summary import Summary

_TARGETS = 20


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the scan as a page. A time is on it only where `options.timestamp` gives one."""
    for piece in page.pieces(_page(results, options)):
        stream.write(piece)


def _page(results: Results, options: ReportOptions) -> Iterator[str]:
    summary, figures = Summary(results), Figures(results)
    yield _head(results)
    yield _header(results, options.timestamp)
    yield '<main><section aria-labelledby="summary"><h2 id="summary">Summary</h2>'
    yield from overview.words(summary, figures, len(results.targets))
    yield "</section>\n"
    yield overview.first(figures)
    yield '<section aria-label="Charts" class="charts">'
    yield from overview.charts(summary, figures)
    yield "</section>\n"
    yield _unsupported(figures)
    yield from _tables(results, summary, figures)
    yield page.foot(page.asset("report.js"))


def _tables(results: Results, summary: Summary, figures: Figures) -> Iterator[str]:
    if figures.data is not None:
        yield from lists.advisories(figures)
    yield from lists.tools(summary, figures)
    yield from lists.artifacts(results, figures)
    yield from lists.present(results, summary.present.total())
    if figures.settled:
        yield from lists.settled(figures)
    yield from lists.unmarked(summary)
    yield from lists.skipped(summary)


def _unsupported(figures: Figures) -> str:
    found = figures.unsupported()
    if not found:
        return ""
    items = "".join(map(overview.unsupported, found[: lists.ROWS]))
    return (f'<section aria-labelledby="eol"><h2 id="eol">Out of support <span class="count">{len(found):,}</span></h2>'
            f'<p class="dim">Nobody patches these release lines any more.</p><ul class="eol">{items}</ul></section>')


def _head(results: Results) -> str:
    name = results.targets[0].ref if results.targets else "nothing"
    more = f" and {len(results.targets) - 1} more" if len(results.targets) > 1 else ""
    return page.head(f"What built {esc(name)}{more}", _style(), page.asset("report.js"))


def _header(results: Results, timestamp: int | None) -> str:
    targets = "".join(
        f'<li>{own(target.ref)} <span class="dim">{esc(target.kind)}'
        f"{f' {esc(target.digest)}' if target.digest else ''}</span></li>" for target in results.targets[:_TARGETS])
    rest = len(results.targets) - _TARGETS
    more = f"<li>and {rest:,} more</li>" if rest > 0 else ""
    return (
        '<body><a class="skip" href="#summary">To the summary</a><header><p class="brand">builtby</p>'
        f'<h1>What built this</h1><ul class="targets">{targets}{more}</ul>'
        f"{_time(timestamp)}"
        '<div id="tools-of-page"></div></header>\n')


def _time(timestamp: int | None) -> str:
    if timestamp is None:
        return ""
    told = iso_time(timestamp)
    return f'<p class="dim"><time datetime="{told}">{told[:10]} {told[11:16]} UTC</time></p>'


@cache
def _style() -> str:
    return page.asset("report.css") + labels(lists.TABLES)


REPORT = Report("html", "one page for people: charts, search and sort; opens anywhere, loads nothing", write)
