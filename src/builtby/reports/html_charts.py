"""Charts as bars of SVG, drawn in shares of the width: text stays outside, as large as on the rest of the page."""

from collections.abc import Iterable
from typing import NamedTuple

from builtby.reports.html_text import esc, own

_LEAST = 0.4
"""Per cent of the width below which a part of a bar could not be seen."""


class Part(NamedTuple):
    """One part of a bar: how much it stands for, its colour's class, and its name."""

    value: int
    colour: str
    name: str


class Row(NamedTuple):
    """One bar of a chart. `note`: what stands below it, as HTML. `figure`: its number, in words."""

    label: str
    parts: tuple[Part, ...]
    note: str
    figure: str


def bar(parts: Iterable[Part], whole: int, words: str) -> str:
    """Return a bar whose text alternative is `words`; `whole` is what the full width stands for."""
    drawn, at = [], 0.0
    shown = [part for part in parts if part.value > 0]
    for part in shown:
        width = max(100 * part.value / max(whole, 1), _LEAST)
        width = min(width, 100 - at)
        drawn.append(f'<rect class="f-{part.colour}" x="{at:.2f}%" width="{width:.2f}%" height="100%">'
                     f"<title>{esc(part.name)}: {part.value:,}</title></rect>")
        at += width
    return f'<svg class="bar" role="img" aria-label="{esc(words)}">{"".join(drawn)}</svg>'


def rows(bars: Iterable[Row]) -> str:
    """Return bars below one another, the longest as wide as there is room for."""
    held = list(bars)
    whole = max((sum(part.value for part in row.parts) for row in held), default=1)
    return f'<ul class="bars">{"".join(_row(row, whole) for row in held)}</ul>'


def _row(row: Row, whole: int) -> str:
    words = f"{row.label}: {', '.join(f'{part.name} {part.value:,}' for part in row.parts if part.value)}"
    note = f'<p class="note">{row.note}</p>' if row.note else ""
    return (f'<li><p class="label"><strong>{own(row.label)}</strong> <span class="count">{esc(row.figure)}</span></p>'
            f"{bar(row.parts, whole, words)}{note}</li>")


def figure(name: str, title: str, about: str, body: str, *, wide: bool = False) -> str:
    """Return a chart with its title and what it says in words."""
    width = " class=wide" if wide else ""
    return (f'<figure aria-labelledby="{name}"{width}><figcaption><h3 id="{name}">{title}</h3>'
            f'<p class="dim">{about}</p></figcaption>{body}</figure>')


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Return what the colours mean, as (class of colour, name)."""
    items = "".join(f'<li><span class="key {colour}">{esc(name)}</span></li>' for colour, name in entries)
    return f'<ul class="legend">{items}</ul>'
