"""An open file as a stream that skips by seeking, and the table of a tar archive made with it."""

import os
from typing import IO, NamedTuple

from builtby.sources.base import MemberKind
from builtby.sources.tar import read


class SeekStream:
    """A stream over an open, seekable file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def skip(self, size: int) -> int:
        here = self._file.tell()
        there = min(here + size, self._size)
        self._file.seek(there)
        return max(there - here, 0)

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._file.tell()


class Extent(NamedTuple):
    """Where a member's bytes stand in the file."""

    name: str
    kind: MemberKind
    offset: int
    size: int
    link: str


def extents(file: IO[bytes], most: int) -> dict[str, Extent]:
    """Return the extents of the first `most` members of an uncompressed tar archive, by name.

    Raises Damaged as the tar reader does.
    """
    stream = SeekStream(file)
    table: dict[str, Extent] = {}
    for member, _ in read(stream, lambda _kind, _text: None):
        name = member.path.removeprefix("./")
        table[name] = Extent(name, member.kind, stream.tell(), member.size or 0, member.link)
        if len(table) >= most:
            break
    return table
