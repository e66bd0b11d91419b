"""`slsa`: the SLSA v1 provenance that also lies beside the record."""

from collections.abc import Iterator

from builtby.builds.documents.base import Document
from builtby.builds.documents.parts import json_bytes
from builtby.builds.model import Record
from builtby.builds.provenance import provenance


def write(record: Record) -> Iterator[bytes]:
    """Yield the statement."""
    yield json_bytes(provenance(record))


DOCUMENT = Document("slsa", "SLSA v1 provenance as an in-toto statement, not signed", write)
