"""R packages, built: the line `Built` of their DESCRIPTION, which R writes when it installs one or makes a binary.

Surface `r.built`: `R 4.2.2; ; 2023-01-20 18:24:23 UTC; unix` (R's version, the platform of compiled code, when, where).
Source: Writing R Extensions, and tools:::.install_packages of R.
"""

import re

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

_MOST = 64 << 10
_BUILT = re.compile(rb"^Built: (R [^\r\n]{1,200})$", re.MULTILINE)


def read(view: View, _path: str) -> Reading:
    """Return what built the package."""
    reading = Reading("r-package")
    match = _BUILT.search(view.read(0, _MOST))
    if match is not None:
        reading.add("r.built", match[1], match.start(1))
    return reading


def _accepts(_path: str, head: bytes) -> bool:
    return b"Package: " in head and b"\nVersion: " in head


FORMAT = Format("r-package", read, names=("DESCRIPTION",), accepts=_accepts, hoist=True)
