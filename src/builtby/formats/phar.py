r"""PHP archives: a script, `__HALT_COMPILER();`, and a manifest of the files behind it.

Surface `phar.api`: the version of the manifest's form, such as `1.1.0`, where a whole manifest's beginning stands.

Source: the PHP manual, "Phar: what makes a phar a phar and not a tar or a zip?".
"""

import re
from struct import unpack_from

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

MOST = 256 << 10
"""Bytes of a script before its archive."""
_END = re.compile(rb"__HALT_COMPILER\(\);(?: ?\?>)?(?:\r\n|\n)?")
_HEADER = 18
"""The manifest's length, the number of files, the form, flags, the length of the name."""
_ENTRY = 24
"""Bytes that the manifest has at least for each file."""
_MOST_MANIFEST = 100 << 20
"""PHP opens no larger one."""


def read(view: View, _path: str) -> Reading:
    """Return the form of the first archive behind a script."""
    reading = Reading("phar")
    api, place = _api(view.read(0, MOST), view.size)
    if api is not None:
        reading.add("phar.api", api, place)
    return reading


def _api(data: bytes, size: int) -> tuple[str | None, int]:
    """Return the version of the first manifest in the beginning of a file of `size` bytes, and where it stands."""
    for match in _END.finditer(data):
        place = match.end()
        if place + _HEADER > len(data):
            break
        length, files, first, second = unpack_from("<IIBB", data, place)
        whole = _HEADER - 4 <= length <= min(_MOST_MANIFEST, size - place)
        if whole and files * _ENTRY <= length and first >> 4 == 1:
            return f"{first >> 4}.{first & 15}.{second >> 4}", place
    return None, 0


def _accepts(path: str, head: bytes) -> bool:
    """What only speaks of the word is no archive; where the script is longer than the head, the name tells."""
    return path.lower().endswith(".phar") or _api(head, _MOST_MANIFEST)[0] is not None


FORMAT = Format("phar", read, magics=(b"<?php", b"#!"), accepts=_accepts)
