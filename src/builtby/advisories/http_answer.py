"""What the headers of an answer say about the file that comes with it."""

import base64
import hashlib
from pathlib import Path

import httpx
import msgspec

_PIECE = 1 << 20


class Validators(msgspec.Struct, frozen=True):
    """What a server calls one state of a file; sent back, it answers whether the file changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def for_range(self) -> str | None:
        """What If-Range may carry: a strong ETag, else the date."""
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        return strong or (None if self.etag else self.last_modified)


def validators(answer: httpx.Response) -> Validators:
    """Return what the server calls this state of the file."""
    headers = answer.headers
    return Validators(_short(headers.get("etag")), _short(headers.get("last-modified")))


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= 256 and value.isascii() and value.isprintable() else None


def total(answer: httpx.Response, have: int) -> int | None:
    """Return the bytes of the whole file, where they are announced."""
    length: str = answer.headers.get("content-length", "")
    return have + int(length) if length.isdecimal() else None


def checksums(answer: httpx.Response) -> dict[str, bytes]:
    """Return the checksums of the stored file by kind, as Google Cloud Storage gives them.

    Against accidents, not against malice. A file that was put together of parts has no `md5`, only its `crc32c`.
    """
    said = (item.strip().partition("=") for item in answer.headers.get("x-goog-hash", "").split(","))
    return {kind: _unbased(value) for kind, _, value in said if kind in _KINDS}


def matches(path: Path, said: dict[str, bytes]) -> bool:
    """Tell whether a file is what every one of its checksums says."""
    return all(_KINDS[kind](path) == value for kind, value in said.items())


def _unbased(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""  # garbled on its way: no file's checksum


def _md5(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()


def _crc32c(path: Path) -> bytes:
    import google_crc32c  # only updates want it

    found = google_crc32c.Checksum()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    digest: bytes = found.digest()
    return digest


_KINDS = {"md5": _md5, "crc32c": _crc32c}


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that the server asks us to wait."""
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() and len(value) < 6 else None


def words(error: Exception) -> str:
    """Return what happened to a connection, in words."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})"
    return f"the connection was cut ({error})"
