"""Java's two text formats, as far as builds write them: manifests and `.properties` files."""

from collections.abc import Iterator

from builtby.sources.view import View

LINES = 400
"""Lines of a file that are looked at."""
VALUE = 1000
"""Longest value, in characters, that is kept; a longer one is cut."""


def manifest(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Yield key, value and offset of a manifest's main attributes, continuation lines joined.

    Source: the JAR file specification. The main section ends with the first empty line; some files begin with one.
    """
    key, value, start = "", "", 0
    for offset, line in _lines(data):
        if line.startswith(" "):
            value = (value + line[1:])[:VALUE]
            continue
        if key:
            yield key, value.strip(), start
        key, _, value = line.partition(":")
        start = offset
        if not line and offset > 2:
            return
    if key:
        yield key, value.strip(), start


def properties(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Yield key, value and offset; a comment's key is `#`. Escapes are left as they are."""
    for offset, line in _lines(data):
        if line[:1] in {"#", "!"}:
            yield "#", line[1:].strip(), offset
        elif "=" in line:
            key, _, value = line.partition("=")
            yield key.strip(), value.strip(), offset


def beginning(view: View, most: int) -> bytes:
    """Return the first `most` bytes of a text file, or all of a shorter one."""
    return view.read(0, min(view.size, most))


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    position = 0
    for _ in range(LINES):
        if position >= len(data):
            return
        end = data.find(b"\n", position)
        end = len(data) if end < 0 else end
        yield position, data[position : min(end, position + VALUE)].decode("utf-8", "backslashreplace").rstrip("\r")
        position = end + 1
