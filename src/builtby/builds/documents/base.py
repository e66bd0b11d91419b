"""The contract of a document that is made of a record."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builtby.builds.model import Record


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its name on the command line, what it is, and the pieces of its bytes.

    The same record gives the same bytes. A module of this package announces its own in DOCUMENT, and nothing else
    needs to be told.
    """

    name: str
    summary: str
    write: Callable[[Record], Iterable[bytes]]
