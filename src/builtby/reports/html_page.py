"""What every HTML page of ours has: one file, no network, only our own script and style, which its policy names."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from builtby import __version__

_PIECE = 1 << 16


@cache
def asset(name: str, package: str = "builtby.reports", folder: str = "html_assets") -> str:
    """Return a style or script that stands in a folder of a package."""
    return (resources.files(package) / folder / name).read_text("utf-8")


def head(title: str, style: str, script: str) -> str:
    """Return the page up to its body. `title` is HTML already; only this style and this script will be obeyed."""
    policy = (f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; "
              "form-action 'none'")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f'<meta name="generator" content="builtby {__version__}">'
        f"<title>{title}</title><style>{style}</style></head>\n")


def foot(script: str) -> str:
    """Return the end of the page, from the end of what is in `main`."""
    return (f"</main>\n<footer><p>Made by builtby {__version__}. This page is one file; it loads nothing and sends "
            f"nothing.</p></footer>\n<script>{script}</script></body></html>\n")


def pieces(parts: Iterable[str]) -> Iterator[bytes]:
    """Yield the parts of a page as bytes, many small ones together."""
    held, size = [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _PIECE:
            yield "".join(held).encode("utf-8", "backslashreplace")
            held, size = [], 0
    yield "".join(held).encode("utf-8", "backslashreplace")


def _digest(text: str) -> str:
    """Return what a content security policy calls an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
