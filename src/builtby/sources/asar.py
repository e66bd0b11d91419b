"""Electron's archives: a JSON tree of files, then their bytes one after another.

Layout: two Chromium pickles, one with the other's size, and the data; see @electron/asar's README.
"""

from collections.abc import Iterator
from typing import NamedTuple

from builtby.formats.json_tools import Json, decode
from builtby.model import text
from builtby.sources.base import Container, Damaged, Member, MemberKind, Members, Note, Stream
from builtby.sources.parts import Part, Pushback, Unreadable, exactly

HEADER = 64 << 20
"""A longer tree of files is not read."""
ENTRIES = 1_000_000
_INTRO = 16


class _Entry(NamedTuple):
    path: str
    kind: MemberKind
    offset: int
    size: int
    link: str


def read(stream: Stream, note: Note) -> Members:
    """Yield the archive's members in the order of their bytes; those that are kept outside of it are left out."""
    source = Pushback(stream)
    intro = exactly(source, _INTRO, "its header")
    pickle, length = int.from_bytes(intro[4:8], "little"), int.from_bytes(intro[12:16], "little")
    if length > HEADER or pickle > length + 64 or pickle < length + 8:
        raise Damaged("the asar archive's header is damaged or too large")
    tree = decode(exactly(source, length, "its header"))
    source.skip(pickle - 8 - length)
    note("asar.header", "asar")
    start = source.position
    for entry in sorted(_walk(tree), key=lambda item: item.offset):
        source.skip(max(start + entry.offset - source.position, 0))
        member = Member(entry.path, entry.kind, entry.size, entry.link)
        if source.position != start + entry.offset:
            yield member, Unreadable("the member shares bytes with another one, or is not there")
            continue
        yield member, Part(source, entry.size)


def _walk(tree: Json) -> Iterator[_Entry]:
    """Yield the entries of the tree, whatever its depth."""
    stack: list[tuple[str, Json]] = [("", tree)]
    count = 0
    while stack:
        folder, node = stack.pop()
        files = node.get("files") if isinstance(node, dict) else None
        for name, child in files.items() if isinstance(files, dict) else ():
            count += 1
            if count > ENTRIES:
                raise Damaged(f"the asar archive has more than {ENTRIES} members")
            path = text(f"{folder}{name}")
            if not isinstance(child, dict):
                continue
            if "files" in child:
                stack.append((f"{path}/", child))
            elif "unpacked" not in child:
                yield _entry(path, child)


def _entry(path: str, child: Json) -> _Entry:
    link = child.get("link")
    if isinstance(link, str):
        return _Entry(path, "symlink", 0, 0, text(link))
    offset, size = str(child.get("offset", "0")), child.get("size")
    if not (offset.isdecimal() and len(offset) < 20 and isinstance(size, int) and size >= 0):
        raise Damaged("the asar archive's tree holds a place that is none")
    return _Entry(path, "file", int(offset) if size else 0, size, "")


def _accepts(path: str, head: bytes) -> bool:
    return head[16:25] == b'{"files":' or (path.lower().endswith(".asar") and head[16:17] == b"{")


CONTAINER = Container("asar", read, magics=(b"\x04\0\0\0",), accepts=_accepts, artifact=True)
