"""What is drawn for people, as bytes for wherever results go."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from builtby.cli.output import colour, width


def told(draw: Callable[[Console], None], file: Path | None) -> bytes:
    """Return what `draw` prints: in colour only on a terminal, never for a file."""
    text = io.StringIO()
    coloured = file is None and colour(sys.stdout)
    draw(Console(file=text, width=(width(sys.stdout) if file is None else None) or 100, force_terminal=coloured,
                 no_color=not coloured, color_system="standard" if coloured else None, markup=False, emoji=False,
                 highlight=False))
    return text.getvalue().encode("utf-8", "backslashreplace")
