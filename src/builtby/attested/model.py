"""The nouns of a check of sources, which are also its JSON contract `builtby/verify-sources/1`. No I/O."""

from enum import StrEnum

from msgspec import Struct

SCHEMA = "builtby/verify-sources/1"


class Status(StrEnum):
    """How a source that the compiler read compares with the checkout."""

    MATCHED = "matched"
    LINE_ENDINGS = "line-endings"
    """The same but for CRLF or LF at the ends of lines, or a byte order mark."""
    CHANGED = "changed"
    MISSING = "missing"
    """Below the folder that was built, and not in the checkout."""
    GENERATED = "generated"
    """Missing as well, and said to be generated."""
    UNKNOWN = "unknown"
    """In the checkout, but nothing can be said: the compiler wrote no checksum."""
    OUTSIDE = "outside"
    """Not below the folder that was built: headers of the system, standard libraries, dependencies."""


class Attested(Struct, frozen=True):
    """A source file as debug data names it."""

    path: str
    algorithm: str | None
    """`md5`, `sha1`, `sha256`."""
    digest: str | None
    """None: the compiler wrote none."""
    why: str = ""
    """Why there is none."""


class Source(Struct, frozen=True):
    """A source file with its verdict."""

    path: str
    status: Status
    file: str | None
    """Where it is in the checkout, relative, with `/`."""
    algorithm: str | None
    digest: str | None
    """What the compiler read."""
    found: str | None
    """What the checkout holds, by the same algorithm."""
    reason: str = ""


class Check(Struct, frozen=True):
    """The result. `counts` has every status that occurs."""

    schema: str
    artifact: str
    sha256: str
    debug_data: str
    """`dwarf`, `portable-pdb`, `pdb`; empty when there is none."""
    checkout: str
    roots: tuple[str, ...]
    """Folders of the build that stand for the checkout."""
    counts: dict[str, int]
    sources: tuple[Source, ...]
    problems: tuple[str, ...]
    """Why not everything could be compared."""
