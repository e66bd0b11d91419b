"""Source maps: who wrote one shows in which keys it has, in which order, and in how the sources are named.

Surfaces, of a file `*.map` and of a map inside a script's last line (javascript):

- `map.layout`: `style=compact root=empty scheme=none keys=version file sourceRoot sources names mappings`. `style` is
  `compact`, `pretty` (two blanks before a key) or `lines`; `root` is the sourceRoot: `none`, `empty` or `given`;
  `scheme` is that of the first source's URL.
- `map.source`: the sources' names, the first 64.
- `map.debug_id`.

A map is not parsed: within JSON's strings a quotation mark has a backslash before it, so that a key between two plain
ones can be no text. Source: the "Source Map" specification, ECMA-426.
"""

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

MOST = 32 << 20
"""A larger map is not read."""
_KEYS = ("version", "file", "sourceRoot", "sources", "names", "mappings", "sourcesContent", "ignoreList",
         "x_google_ignoreList", "debugId", "debug_id", "sections", "lineCount", "preExistingComment",
         "x_facebook_sources", "rangeMappings", "sourceMap")
_LISTED = 64 << 10
_MOST_SOURCES = 64
_STRING = re.compile(rb'\s*"((?:[^"\\]|\\.){0,300})"\s*[,\]}]')
_SCHEME = re.compile(rb"([A-Za-z][\w+.-]{1,20})://")
_INLINE = re.compile(rb"sourceMappingURL=data:application/json;(?:charset=[\w-]{1,20};)?base64,([A-Za-z0-9+/=]+)\s*\Z")
_ENDS_LIKE_ONE = re.compile(rb"[A-Za-z0-9+/=]{32}\s*\Z")
INLINE = 4 << 20


def read(view: View, _path: str) -> Reading:
    """Return what a source map shows."""
    reading = Reading("source-map")
    if view.size <= MOST:
        read_map(view.read(0, view.size), reading)
    return reading


def read_inline(view: View, reading: Reading) -> None:
    """Add what the map shows that a script's last line holds, if it does and is no larger than INLINE."""
    if not _ENDS_LIKE_ONE.search(view.read(max(view.size - 64, 0), 64)):
        return
    start = max(view.size - INLINE, 0)
    tail = view.read(start, INLINE)
    found = _INLINE.search(tail, max(tail.rfind(b"sourceMappingURL="), 0))
    if found:
        try:
            raw = a2b_base64(found[1])
        except Error:
            return
        read_map(raw, reading, start + found.start())


def read_map(raw: bytes, reading: Reading, offset: int | None = None) -> None:
    """Add the surfaces of a map; `offset` stands for all of them where the map is no plain part of the file."""
    if raw[:4] == b")]}'":
        raw = raw.partition(b"\n")[2]
    found = {key: raw.find(b'"%s":' % key.encode()) for key in _KEYS}
    at = {key: place for key, place in sorted(found.items(), key=lambda one: one[1]) if place >= 0}
    if "version" not in at or not {"mappings", "sections"} & at.keys():
        return
    sources = list(_sources(raw, at["sources"])) if "sources" in at else []
    scheme = _SCHEME.match(sources[0][1]) if sources else None
    shown = scheme[1].decode() if scheme else "none"
    place = 0 if offset is None else offset
    reading.add("map.layout", f"style={_style(raw)} root={_root(raw, at.get('sourceRoot'))} scheme={shown} "
                              f"keys={' '.join(at)}", place)
    for key in {"debugId", "debug_id"} & at.keys():
        value = _STRING.search(raw, at[key] + len(key) + 3, at[key] + len(key) + 80)
        if value:
            reading.add("map.debug_id", value[1], place)
    for start, name in sources:
        reading.add("map.source", name, start if offset is None else offset)


def _style(raw: bytes) -> str:
    if raw.startswith(b'{"'):
        return "compact"
    return "pretty" if raw.startswith((b'{\n  "', b'{\r\n  "')) else "lines" if raw.startswith(b'{\n"') else "other"


def _root(raw: bytes, at: int | None) -> str:
    if at is None:
        return "none"
    at += len('"sourceRoot":')
    return "empty" if raw[at : at + 3].lstrip().startswith(b'""') else "given"


def _sources(raw: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the offsets and names in the list that is the value of the key at `at`."""
    start = raw.find(b"[", at, at + 16) + 1
    listed = raw[start : start + _LISTED] if start else b""
    place = 0
    for _ in range(_MOST_SOURCES):
        found = _STRING.match(listed, place)
        if found is None:
            return
        yield start + found.start(1), found[1]
        if found[0].endswith(b"]"):
            return
        place = found.end()


def _accepts(_path: str, head: bytes) -> bool:
    return head[:1] == b"{" or head[:4] == b")]}'"


FORMAT = Format("source-map", read, suffixes=(".map",), accepts=_accepts, hoist=True, many=(".map",))
