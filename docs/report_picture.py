"""Draws docs/assets/report.png: the top of the HTML report of a real scan, as Chromium shows it.

Usage: docs/report_picture.py TARGET… (wants `make browser` to have run once)
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from builtby.cli.scan import processors
from builtby.reports.base import ReportOptions
from builtby.reports.html import write
from builtby.reports.results import Results
from builtby.scanning import Options, scan

ASSETS = Path(__file__).parent / "assets"
WIDTH, HEIGHT = 1100, 1180


def main(targets: list[str]) -> None:
    """Scan the targets, write the page aside, and take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        with Results.collect(scan(*targets, options=Options(jobs=processors()))) as results, page.open("wb") as stream:
            write(results, stream, ReportOptions())
        picture(page, ASSETS / "report.png")


def picture(page: Path, file: Path) -> None:
    """Show a page and write down what is seen."""
    program = shutil.which("chromium") or sys.exit("chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:] or sys.exit(__doc__))
