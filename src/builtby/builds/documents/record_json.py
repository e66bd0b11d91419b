"""`json`: the record itself."""

from collections.abc import Iterator

from builtby.builds.documents.base import Document
from builtby.builds.documents.parts import json_bytes
from builtby.builds.model import SCHEMA, Record


def write(record: Record) -> Iterator[bytes]:
    """Yield the record."""
    yield json_bytes(record)


DOCUMENT = Document("json", f"the record itself, as the published contract {SCHEMA}", write)
