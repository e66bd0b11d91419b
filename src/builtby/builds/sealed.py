"""Baselines as files: what they hold is under a checksum, so that a slip or a silent edit does not pass for one.

It is no signature: whoever can write the file can make another checksum. Keep baselines where the host cannot write.
"""

import hashlib
import platform
import time
from pathlib import Path
from typing import Any

import msgspec

from builtby._version import __version__

CHECKSUM = "checksum"


class SealError(ValueError):
    """A file is no baseline of this kind, or is not what was written; the message says which."""


def sealed(schema: str, body: dict[str, Any], now: float | None = None) -> bytes:
    """Return a baseline as bytes."""
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now if now is not None else time.time()))
    document = {"schema": schema, "made": made, "builtby": __version__,
                "host": {"name": platform.node(), "system": platform.system(), "machine": platform.machine()}, **body}
    return msgspec.json.format(msgspec.json.encode({**document, CHECKSUM: _checksum(document)}), indent=1) + b"\n"


def opened(file: Path, schema: str) -> dict[str, Any]:
    """Return what a baseline holds. Raises SealError, and OSError when the file cannot be read."""
    try:
        document: Any = msgspec.json.decode(file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SealError(f"{file} is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        kind = document.get("schema") if isinstance(document, dict) else None
        raise SealError(f"{file} is {kind!r}, not {schema!r}")
    if document.pop(CHECKSUM, None) != _checksum(document):
        raise SealError(f"{file} is not what was written: its checksum does not fit")
    return document


def _checksum(document: dict[str, Any]) -> str:
    text = msgspec.json.encode(document, order="sorted")
    return f"sha256:{hashlib.sha256(text).hexdigest()}"
