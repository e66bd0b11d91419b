"""The contract of archive readers: a stream of bytes in, members with streams of their own out. Nothing is unpacked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from builtby.sources.view import View

MemberKind = Literal["file", "directory", "symlink", "hardlink", "sparse", "other"]
"""`sparse`: a file with holes, of which the archive holds only the rest."""


class Damaged(Exception):  # noqa: N818  # a statement about the data, which becomes a `skipped` entry
    """The bytes are not what they should be; the message is a reason a person understands, and names no path."""


class Stream(Protocol):
    """Bytes that go by once."""

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes, fewer only at the end. Raises Damaged when the data cannot be decoded."""
        ...

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; return how many there were."""
        ...


class Member(NamedTuple):
    """An archive's member. `path` is as the archive has it, undecodable bytes escaped; never used on the disk."""

    path: str
    kind: MemberKind
    size: int | None
    """None when only reading to the end tells."""
    link: str = ""
    mtime: int | None = None


Members = Iterator[tuple[Member, Stream]]
"""Each stream is valid until the next member is asked for; what was not read of it is skipped."""

Note = Callable[[str, str], None]
"""Called as note(kind, text) with surfaces of the archive itself, such as an rpm's header tags."""


Unwanted = Callable[[bytes], bool]
"""Asked for the path of each file, as the archive has it, in order; True: it is not wanted, and not yielded."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of archive.

    `stream` reads it as it goes by; `view`, where given, reads it by offset and is preferred when that is possible:
    it is told which members are not wanted, so that they cost next to nothing.
    Both may raise Damaged at any time; the members before it stand.
    `artifact`: whether the archive is itself a built thing (a jar, a wheel, a deb), not only a wrapping.
    """

    name: str
    stream: Callable[[Stream, Note], Members]
    view: Callable[[View, Note, Unwanted], Members] | None = None
    magics: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()
    accepts: Callable[[str, bytes], bool] | None = None
    artifact: bool = False
    payload: bool = False
    """Whether it carries files to be installed (a deb): those are things of their own, and do not speak for it."""
