"""The contract between formats, which know bytes, and marks, which know tools."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from builtby.model import text
from builtby.sources.view import View


class Surface(NamedTuple):
    """A short text that stands at a known kind of place in a file.

    `times` says how often the same text stands there (compilation units, classes).
    `extra` carries what belongs to this surface but is no part of the text that rules match, such as the flags.
    """

    kind: str
    value: str
    offset: int | None = None
    times: int = 1
    path: str | None = None
    extra: tuple[str, ...] = ()


class Region(NamedTuple):
    """A range of the file to be searched for the rules' needles, such as a read-only data section.

    A hit becomes a surface of kind `kind`, whose value is the text around the needle.
    """

    kind: str
    offset: int
    size: int


@dataclass(slots=True)
class Reading:
    """What a format read in a file.

    `facts` are short statements about the file itself (machine, class, type, stripped), for conditions and people.
    `problem` says why the file could not be read wholly; what was read still stands.
    """

    format: str
    surfaces: list[Surface] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    problem: str | None = None

    def add(self, kind: str, value: bytes | str, offset: int | None = None, times: int = 1,
            extra: tuple[str, ...] = ()) -> None:
        """Add a surface; bytes are made printable."""
        self.surfaces.append(Surface(kind, text(value), offset, times, None, extra))


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that carries marks.

    A file is of this format when its first bytes start with one of `magics`, or its base name is one of `names`,
    or its lower-cased path ends with one of `suffixes`; and `accepts(path, head)`, where given, agrees.
    `hoist`: inside an archive, the surfaces belong to the archive (a class to its jar, WHEEL to its wheel);
    outside, the file is an artifact of its own if `alone`, else its surfaces are dropped.
    `wants`: for a file too large to be held that goes by once, the (offset, size) ranges, beyond its beginning and
    its end, that `read` will ask for, told from what was kept of it so far: first only its beginning.
    `follow`: for the same file, from an offset and the bytes there as they go by, the (offset, size) ranges to keep
    that only those bytes tell of; each begins in them.
    `many`: an archive may hold thousands with one of these endings, all much alike, so that a sample of them will do.
    `telling`: where `read` looks at no more than so many bytes of the beginning: files that begin alike read alike.
    """

    name: str
    read: Callable[[View, str], Reading]
    magics: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    accepts: Callable[[str, bytes], bool] | None = None
    hoist: bool = False
    alone: bool = True
    wants: Callable[[View], list[tuple[int, int]]] | None = None
    follow: Callable[[int, memoryview], list[tuple[int, int]]] | None = None
    many: tuple[str, ...] = ()
    telling: int = 0
