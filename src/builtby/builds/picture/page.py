"""The page of a build: what was found first, then what ran when, what was made of what, and the lists."""

from collections.abc import Iterator
from functools import cache

from builtby.builds.documents.parts import Parts
from builtby.builds.model import Finding, Record
from builtby.builds.picture import flow_svg, tables
from builtby.builds.picture.flow import flow
from builtby.builds.picture.looks import titled
from builtby.builds.picture.timeline import timeline
from builtby.reports import html_page as frame
from builtby.reports.html_table import labels
from builtby.reports.html_text import esc, own
from builtby.reports.summary import counted

_FINDINGS = 200
_ORDER = ("critical", "high", "medium", "low", "info")


def page(record: Record) -> Iterator[str]:
    """Yield the page, piece by piece."""
    parts = Parts(record)
    yield frame.head(f"Build of {esc(_name(record))}", _style(), _script())
    yield _header(record)
    yield '<main><section aria-labelledby="summary"><h2 id="summary">Summary</h2>'
    yield from _summary(parts)
    yield "</section>\n"
    yield from _findings(record)
    yield from timeline(parts)
    yield from flow_svg.figure(flow(parts))
    yield from tables.toolchain(parts)
    yield from tables.network(parts)
    yield _unobserved(record)
    yield from tables.steering(parts)
    if record.changes:
        yield from tables.changes(parts)
    yield from tables.files(parts)
    yield from tables.programs(parts)
    yield frame.foot(_script())


def _name(record: Record) -> str:
    return record.cwd.rstrip("/").rpartition("/")[2] or "/"


def _header(record: Record) -> str:
    host = " ".join(filter(None, (record.host.get("system"), record.host.get("kernel"), record.host.get("machine"))))
    return (
        '<body><a class="skip" href="#summary">To the summary</a><header><p class="brand">builtby</p>'
        f'<h1>What this build did</h1><p class="command"><code>{own(" ".join(record.command))}</code></p>'
        f'<p class="dim">in {own(record.cwd)}, <time datetime="{esc(record.started)}">{esc(record.started)}</time>'
        f"{f', on {esc(host)}' if host else ''}</p>"
        '<div id="tools-of-page"></div></header>\n')


def _summary(parts: Parts) -> Iterator[str]:
    record = parts.record
    ran = sum(1 for one in record.processes if one.executable)
    outside = {one.host or one.address for one in record.network if one.kind != "unix"}
    code = "its exit code is not known" if record.exit_code is None else f"it left with exit code {record.exit_code}"
    yield (f"<p><strong>{counted(ran, 'program')}</strong> ran in {record.seconds:,.1f} s, and {code}. "
           f"{counted(len(parts.inputs), 'input')} went in, <strong>{counted(len(parts.products), 'file')}</strong> "
           f"{'is' if len(parts.products) == 1 else 'are'} left below the working directory; "
           f"{counted(len(outside), 'network endpoint') if outside else 'no network endpoint'} "
           f"{'were' if len(outside) > 1 else 'was'} turned to.</p>")
    state = ("<strong>Complete</strong>: nothing was lost of what this way of recording can see."
             if record.complete else '<strong class="bad">Incomplete</strong>: what is missing stands under '
             '<a href="#unseen-h">Not observed</a>.')
    yield f"<p>Recorded by {esc(record.backend)}. {state}</p>"
    differs = sorted({titled(one) for one in record.processes if one.as_packaged is False})
    if differs:
        yield (f'<p><span class="key r-critical"></span><strong>Not as packaged:</strong> '
               f"{', '.join(map(own, differs))}.</p>")
    if record.survivors:
        yield (f"<p>{counted(len(record.survivors), 'program')} still ran when the command had ended, and "
               f"{'was' if len(record.survivors) == 1 else 'were'} ended.</p>")


def _findings(record: Record) -> Iterator[str]:
    found = sorted(record.findings, key=lambda one: (_rank(one), one.rule, one.path or ""))
    yield ('<section aria-labelledby="findings"><h2 id="findings">Findings '
           f'<span class="count">{len(found):,}</span></h2>')
    if not found:
        yield ("<p>No rule found anything. That is no proof that nothing happened: see "
               '<a href="#unseen-h">Not observed</a>.</p></section>\n')
        return
    names = {one.id: titled(one) for one in record.processes}
    yield '<ol class="findings">'
    yield from (_finding(one, names) for one in found[:_FINDINGS])
    yield "</ol>"
    if len(found) > _FINDINGS:
        yield f'<p class="bound">{len(found) - _FINDINGS:,} more are in <code>record.json</code>.</p>'
    yield "</section>\n"


def _rank(one: Finding) -> int:
    return _ORDER.index(one.severity) if one.severity in _ORDER else len(_ORDER)


def _finding(one: Finding, names: dict[int, str]) -> str:
    severity = one.severity if one.severity in _ORDER else "unknown"
    colour = "none" if severity == "info" else severity
    blocked = ' <span class="badge kept">blocked</span>' if one.blocked else ""
    where = [f"by {own(names[one.process])} #{one.process}" if one.process in names else "",
             f"of {own(one.owner)}" if one.owner else "", f"in its {own(one.hook)}" if one.hook else "",
             own(one.path) if one.path else "", f"confidence {esc(one.confidence)}"]
    return (f'<li><p><span class="key r-{colour}">{severity}</span> <strong>{own(one.rule)}</strong>{blocked} '
            f'{own(one.message)}</p><p class="dim">{", ".join(filter(None, where))}</p></li>')


def _unobserved(record: Record) -> str:
    items = "".join(f"<li>{own(reason)}</li>" for reason in record.unobserved)
    body = f"<ul>{items}</ul>" if items else "<p>The record names nothing.</p>"
    return ('<section aria-labelledby="unseen-h"><h2 id="unseen-h">Not observed</h2>'
            f'<p class="dim">What this record cannot tell, whatever happened.</p>{body}</section>\n')


@cache
def _style() -> str:
    return frame.asset("report.css") + _own("record.css") + labels(tables.TABLES)


@cache
def _script() -> str:
    return frame.asset("report.js") + _own("record.js")


def _own(name: str) -> str:
    return frame.asset(name, "builtby.builds.picture", "assets")
