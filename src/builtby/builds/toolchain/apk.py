"""What Alpine's packages shipped: the checksums of `installed`, SHA-1 (`Q1`) or SHA-256 (`Q2`)."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

from builtby.builds.toolchain.model import Shipped, ShippedFile
from builtby.packages.base import decoded

PLACES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_KINDS = {"Q1": "sha1", "Q2": "sha256"}
_PROTECTED = "etc/"
"""apk leaves changed files there alone: they are made to be edited."""


def shipped(root: Path) -> Iterator[Shipped]:
    """Yield the packages of an Alpine system. Raises OSError when the database is not there or cannot be read."""
    file = next((root / place for place in PLACES if (root / place).exists()), root / PLACES[0])
    for block in decoded(file.read_bytes()).split("\n\n"):
        fields = {line[0]: line[2:] for line in block.split("\n") if line[1:2] == ":" and line[0] not in "FRaZM"}
        name, version = fields.get("P"), fields.get("V")
        if name and version:
            provides = {word.partition("=")[0] for word in fields.get("p", "").split()}
            requires = {_bare(word) for word in fields.get("D", "").split() if not word.startswith("!")}
            yield Shipped("apk", name, version, fields.get("A"), fields.get("o") or name, tuple(_files(block)),
                          frozenset({name, *provides}), frozenset(requires))


def _bare(word: str) -> str:
    for sign in "<>=~":
        word = word.partition(sign)[0]
    return word


def _files(block: str) -> Iterator[ShippedFile]:
    folder, path = "", None
    for line in (*block.split("\n"), "R:"):
        key, value = line[:2], line[2:]
        if key == "F:":
            folder = value.rstrip("/")
        elif key == "R:":
            if path is not None:
                yield ShippedFile(path, None, None, config=path.startswith(_PROTECTED))
            path = (f"{folder}/{value}" if folder else value) if value else None
        elif key == "Z:" and path is not None:
            kind, digest = _checksum(value)
            yield ShippedFile(path, kind, digest, config=path.startswith(_PROTECTED))
            path = None


def _checksum(text: str) -> tuple[str | None, str | None]:
    kind = _KINDS.get(text[:2])
    try:
        return (kind, base64.b64decode(text[2:], validate=True).hex()) if kind else (None, None)
    except binascii.Error:
        return None, None
