"""The programs of a build over time, as bars of SVG in shares of the width: to look closer is to make it wider."""

from collections import Counter
from collections.abc import Iterator
from json import dumps

from builtby.builds.documents.parts import Parts
from builtby.builds.picture.lanes import Bar, bars
from builtby.builds.picture.looks import KINDS, kind, name, titled
from builtby.reports.html_charts import legend
from builtby.reports.html_text import esc
from builtby.reports.terminal_style import clean

LANE, AXIS = 18, 20
"""Height of a lane and of the axis, in pixels."""
_LEAST = 0.02
"""Per cent of the width below which a bar could not be hit."""
_TICKS = 10
_LONGEST = 600


def timeline(parts: Parts) -> Iterator[str]:
    """Yield the figure with its data."""
    record = parts.record
    drawn, left_out = bars(record)
    whole = max([record.seconds, *(bar.end for bar in drawn)], default=0.0) or 1.0
    height = AXIS + LANE * (max((bar.lane for bar in drawn), default=0) + 1)
    kinds = Counter(kind(bar.process, parts.made) for bar in drawn)
    words = ", ".join(f"{KINDS[one]} {kinds[one]:,}" for one in KINDS if kinds[one])
    yield ('<section aria-labelledby="time"><h2 id="time">Programs over time</h2>'
           f'<p class="dim">Each bar is a program, as long as it ran; what it started stands below it. '
           f"{len(drawn):,} in {whole:,.1f} s.</p>")
    yield '<div id="time-tools"></div><div class="time" id="time-view" tabindex="0" role="group" ' \
          'aria-label="Programs over time, can be scrolled">'
    yield (f'<svg id="time-chart" class="chart" height="{height}" role="img" '
           f'aria-label="{len(drawn):,} programs over {whole:,.1f} seconds: {esc(words)}. '
           f'Each is listed in the table of programs.">')
    yield f'<g id="ticks">{"".join(_tick(place, whole) for place in range(_TICKS))}</g>'
    found = {one.process for one in record.findings if one.severity != "info"}
    for number, bar in enumerate(drawn):
        yield _bar(number, bar, whole, kind(bar.process, parts.made), marked=bar.process.id in found)
    yield "</svg></div>"
    yield '<div id="time-said" role="status" class="said"></div>'
    yield legend((f"p-{one}", KINDS[one]) for one in KINDS if kinds[one])
    if left_out:
        yield (f'<p class="bound">{left_out:,} programs are not drawn: of so many, those that took longest are. '
               "All are in <code>record.json</code>.</p>")
    yield f'<script type="application/json" id="time-data">{_data(parts, drawn, whole)}</script></section>\n'


def _tick(place: int, whole: float) -> str:
    at = 100 * place / _TICKS
    return (f'<line x1="{at}%" x2="{at}%" y1="0" y2="100%"/>'
            f'<text x="{at}%" dx="3" y="13">{seconds(whole * place / _TICKS)}</text>')


def _bar(number: int, bar: Bar, whole: float, colour: str, *, marked: bool) -> str:
    left = 100 * bar.start / whole
    width = max(100 * (bar.end - bar.start) / whole, _LEAST)
    left = min(left, 100 - _LEAST)
    failed = " failed" if bar.process.exit_code else ""
    label = f'<text x="4" y="12">{esc(name(bar.process))}</text>' if width > 0.05 else ""
    return (f'<svg class="p-{colour}{failed}{" marked" if marked else ""}" data-n="{number}" x="{left:.3f}%" '
            f'width="{width:.3f}%" y="{AXIS + LANE * bar.lane}" height="{LANE - 2}">'
            f'<rect width="100%" height="100%"/>{label}</svg>')


def seconds(time: float) -> str:
    """Return a time as it stands on the axis."""
    return f"{time:.0f} s" if time >= 100 or time == 0 else f"{time:.1f} s" if time >= 1 else f"{1000 * time:.0f} ms"


def _data(parts: Parts, drawn: list[Bar], whole: float) -> str:
    """Return what is told of each bar, as JSON that no HTML can end."""
    record = parts.record
    uses: dict[int, Counter[str]] = {}
    for use in parts.uses:
        uses.setdefault(use.process, Counter())[use.access] += 1
    findings: dict[int | None, list[str]] = {}
    for one in record.findings:
        findings.setdefault(one.process, []).append(f"{one.severity}: {clean(one.message)[:_LONGEST]}")
    place = {bar.process.id: number for number, bar in enumerate(drawn)}
    told = [{
        "name": clean(titled(bar.process)), "command": _cut(clean(" ".join(bar.process.argv))),
        "executable": clean(bar.process.executable or ""), "folder": clean(bar.process.cwd or ""),
        "package": clean(bar.process.package or ""), "packaged": bar.process.as_packaged,
        "from": round(bar.start, 3), "took": round(bar.end - bar.start, 3), "code": bar.process.exit_code,
        "by": place.get(bar.process.replaces if bar.process.replaces is not None else bar.process.parent),
        "files": ", ".join(f"{access} {count:,}" for access, count in sorted(uses.get(bar.process.id, {}).items())),
        "findings": findings.get(bar.process.id, [])} for bar in drawn]
    text = dumps({"whole": round(whole, 3), "bars": told}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
