"""Draws docs/assets/record.png: the page of a recorded build, as Chromium shows it.

Usage: docs/record_picture.py RECORD (wants `make browser` to have run once)
"""

import sys
import tempfile
from pathlib import Path

from report_picture import ASSETS, picture

from builtby.builds.book import read
from builtby.builds.documents.html import write


def main(record: Path) -> None:
    """Write the page aside, and take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "record.html"
        page.write_bytes(b"".join(write(read(record))))
        picture(page, ASSETS / "record.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__))
