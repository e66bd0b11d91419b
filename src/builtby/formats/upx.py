r"""UPX: what the packer writes of itself into any format of program.

Surfaces: `upx.header`, the words `version=13 format=22 method=8 level=9` of the pack header (the numbers are UPX's
own: `format` tells ELF, PE, Mach-O; `version` is the header's, not the packer's); `upx.id`, the text that carries the
packer's version, `$Id: UPX 4.2.4 Copyright (C) 1996-2024 the UPX Team. All Rights Reserved. $`; `upx.version`, the
same version where it stands alone before the pack header, as it does in PE: `3.94`.

Source: src/packhead.h of UPX. A packer's user may have changed any of it.
"""

import re

from builtby.formats.base import Reading
from builtby.sources.view import View

MAGIC = b"UPX!"
_HEAD, _TAIL = 4096, 128 << 10
_ID, _LONGEST = b"$Id: UPX ", 160
_LATEST_VERSION = 20
_VERSION = re.compile(rb"(?:\A|[^\d.])(\d{1,2}\.\d\d(?:\.\d{1,2})?)\0\Z")
_LONGEST_VERSION = 12


def read_upx(view: View, reading: Reading) -> bool:
    """Add the surfaces; return whether the file is packed. Looks at the file's first 4 KiB and last 128 KiB."""
    packed = False
    for offset, size in ((0, _HEAD), (max(view.size - _TAIL, _HEAD), _TAIL)):
        raw = view.read(offset, size)
        packed |= _add_id(raw, offset, reading)
        packed |= _add_header(raw, offset, reading)
    if packed:
        reading.facts["packed"] = "upx"
    return packed


def _add_id(raw: bytes, offset: int, reading: Reading) -> bool:
    at = raw.find(_ID)
    end = raw.find(b"$", at + 1, at + _LONGEST)
    if at < 0 or end < 0 or any(surface.kind == "upx.id" for surface in reading.surfaces):
        return False
    reading.add("upx.id", raw[at : end + 1], offset + at)
    return True


def _add_header(raw: bytes, offset: int, reading: Reading) -> bool:
    """The pack header is 32 bytes long; the `UPX!` of the loader's l_info is followed by other things."""
    at = raw.rfind(MAGIC)
    while at >= 0:
        header = raw[at : at + 32]
        if len(header) == 32 and _sum(header[4:31]) == header[31]:
            _, version, form, method, level = header[:4], *header[4:8]
            if 8 <= version <= _LATEST_VERSION:
                reading.add("upx.header", f"version={version} format={form} method={method} level={level}", offset + at)
                _add_version(raw, at, offset, reading)
                return True
        at = raw.rfind(MAGIC, 0, at)
    return False


def _add_version(raw: bytes, at: int, offset: int, reading: Reading) -> None:
    """Of PE the packer's version stands right before the header, without the text around it."""
    found = _VERSION.search(raw[max(at - _LONGEST_VERSION, 0) : at])
    if found:
        reading.add("upx.version", found[1], offset + at - len(found[1]) - 1)


def _sum(raw: bytes) -> int:
    return sum(raw) % 251
