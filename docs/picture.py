"""Draws docs/assets/scan.svg: the terminal view of a real scan. Usage: docs/picture.py TARGET…"""

import io
import os
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from builtby.cli.scan import processors
from builtby.reports.base import ReportOptions
from builtby.reports.results import Results
from builtby.reports.terminal import show
from builtby.scanning import Options, scan

HERE = Path(__file__).parent
WIDTH = 104
THEME = TerminalTheme(
    (22, 24, 33), (205, 210, 225),
    [(22, 24, 33), (240, 113, 120), (125, 207, 140), (224, 175, 104), (122, 162, 247), (187, 154, 247),
     (125, 207, 255), (192, 202, 245)],
)


def main(targets: list[str]) -> None:
    """Scan the targets and write the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard",
                      highlight=False, markup=False, emoji=False)
    with Results.collect(scan(*targets, options=Options(jobs=processors()))) as results:
        show(console, results, ReportOptions())
    plain = CONSOLE_SVG_FORMAT[: CONSOLE_SVG_FORMAT.index("@font-face")]  # no fonts from other people's servers
    rest = CONSOLE_SVG_FORMAT[CONSOLE_SVG_FORMAT.index(".{unique_id}-matrix"):]
    svg = console.export_svg(title=f"builtby scan {' '.join(targets)}", theme=THEME, code_format=plain + rest,
                             unique_id="builtby")
    (HERE / "assets/scan.svg").write_text(svg.replace("Fira Code", "ui-monospace, DejaVu Sans Mono"), "utf-8")


if __name__ == "__main__":
    os.chdir(HERE.parent)
    main(sys.argv[1:] or sys.exit(__doc__))
