"""JavaScript: the text is searched for what bundlers and compilers put around the code they are given.

The kind is `js.text`, which ends like no other, so that rules for the data of programs do not read it: a script that
speaks of a compiler was not made by it. A source map in the last line gives what sourcemap says.
"""

from builtby.formats.base import Format, Reading, Region
from builtby.formats.sourcemap import read_inline
from builtby.sources.view import View

HEAD = 1 << 20
TAIL = 64 << 10
"""Helpers stand at the beginning; what ties chunks together, at the end."""
LEAST = 48
"""A shorter file holds no helper."""


def read(view: View, _path: str) -> Reading:
    """Return the ranges of a script that are worth a search."""
    reading = Reading("javascript")
    if view.size >= LEAST:
        reading.regions.append(Region("js.text", 0, min(view.size, HEAD)))
    if view.size > HEAD:
        start = max(HEAD, view.size - TAIL)
        reading.regions.append(Region("js.text", start, view.size - start))
    read_inline(view, reading)
    return reading


def _accepts(_path: str, head: bytes) -> bool:
    return b"\0" not in head[:256]


FORMAT = Format("javascript", read, suffixes=(".js", ".mjs", ".cjs"), accepts=_accepts, hoist=True)
