"""Text of strangers made harmless for an HTML page, and the few shapes that every part of the page uses."""

import html
from collections.abc import Iterable

from builtby.model import Exposure
from builtby.reports.exposed import link
from builtby.reports.terminal_style import clean

LONGEST = 240
"""Characters of a path or text that are shown; names of 4 KB would make pages of nothing else."""
_FIXES = 4


def esc(text: str) -> str:
    r"""Return text for the inside of an element or a quoted attribute.

    Control characters, line ends and marks of writing direction become `\xNN`; long text loses its middle.
    """
    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]}…{text[-half:]}"
    return html.escape(clean(text))


def own(text: str) -> str:
    """Return text of a stranger as an element of its own, whose writing direction touches nothing beside it."""
    return f"<bdi>{esc(text)}</bdi>"


def anchor(exposure: Exposure) -> str:
    """Return an exposure's name, as a link where its address is one of the web."""
    url = link(exposure)
    if not url.startswith(("https://", "http://")):
        return own(exposure.id)
    return f'<a href="{html.escape(url[:2000])}" rel="noreferrer noopener">{own(exposure.id)}</a>'


def rating(exposure: Exposure) -> str:
    """Return how severe an exposure is, in words and with its colour."""
    name = exposure.rating if exposure.rating in RATINGS else "unknown"
    score = f" {exposure.severity:.1f}" if exposure.severity is not None else ""
    word = "not scored" if name == "unknown" else name
    return f'<span class="key r-{name}">{word}{score}</span>'


def fixes(versions: tuple[str, ...]) -> str:
    """Return first fixed versions, or that none is known."""
    if not versions:
        return '<span class="dim">none known</span>'
    more = f" +{len(versions) - _FIXES}" if len(versions) > _FIXES else ""
    return esc(", ".join(versions[:_FIXES])) + more


def joined(parts: Iterable[str]) -> str:
    """Return parts as a list in a sentence: `a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


RATINGS = ("critical", "high", "medium", "low", "none", "unknown")
"""Worst first."""
