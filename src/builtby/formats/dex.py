"""Dalvik executables: the marker that the tool which wrote the bytecode leaves among the strings.

Source: the Dalvik Executable format, https://source.android.com/docs/core/runtime/dex-format.
"""

import re

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

MOST = 64 << 20
"""Bytes of a dex file that are looked at."""
MARKERS = 16
"""Different markers that are kept; a file has one for each tool run that it was merged from."""
_MARKER = re.compile(rb'~~[A-Z][A-Z0-9]{1,3}\{"[^}\x00]{1,400}\}')
TRIES = 4096
_FIRST_KEY = b'{"backend":'
_STEP = 1 << 20
_OVERLAP = 512
_CLASSES, _CLASS_SIZE = 0x60, 32
"""Where the header counts the definitions of classes, and the size of one."""


def _find_markers(view: View) -> dict[bytes, int]:
    """Return the markers, `~~NAME{"key":"value",...}`, and where each stands first."""
    found: dict[bytes, int] = {}
    tries = TRIES
    for start in range(0, min(view.size, MOST), _STEP):
        data = view.read(start, _STEP + _OVERLAP)
        place = data.find(_FIRST_KEY)
        while place >= 0 and len(found) < MARKERS and (tries := tries - 1) >= 0:
            name = data.rfind(b"~~", max(place - 6, 0), place)
            if name >= 0 and (match := _MARKER.match(data, name)):
                found.setdefault(match.group(), start + match.start())
            place = data.find(_FIRST_KEY, place + 1)
    return found


def read(view: View, path: str) -> Reading:
    """Return the format's version (`dex.version`) and the markers (`dex.marker`).

    The first marker counts as often as the file defines classes.
    """
    reading = Reading("dex")
    reading.add("dex.version", view.read(4, 3), 4)
    classes = min(int.from_bytes(view.read(_CLASSES, 4), "little"), view.size // _CLASS_SIZE)
    for number, (marker, place) in enumerate(_find_markers(view).items()):
        reading.add("dex.marker", marker, place, times=max(classes, 1) if number == 0 else 1)
    if view.size > MOST:
        reading.problem = "dex file larger than 64 MiB"
    return reading


def _accepts(_path: str, head: bytes) -> bool:
    return len(head) >= 0x70 and head[7:8] == b"\x00" and head[4:7].isdigit()


FORMAT = Format("dex", read, magics=(b"dex\n",), accepts=_accepts, hoist=True)
