"""`html`: the picture of the build, one page that opens anywhere and loads nothing."""

from collections.abc import Iterator

from builtby.builds.documents.base import Document
from builtby.builds.model import Record
from builtby.builds.picture.page import page
from builtby.reports.html_page import pieces


def write(record: Record) -> Iterator[bytes]:
    """Yield the page."""
    return pieces(page(record))


DOCUMENT = Document("html", "the picture of the build: one page, opens anywhere, loads nothing", write)
