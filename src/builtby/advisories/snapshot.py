"""One file with all the advisory data: written whole or not at all, and read in a few hundredths of a second.

Layout: MAGIC, the SHA-256 of the rest, and zstd-compressed MessagePack of a `Snapshot`.
"""

import hashlib
import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import msgspec

from builtby.advisories.records import Advisory

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = b"builtby advisories 1\n"
MOST = 256 << 20
"""Bytes of a snapshot, plain, that are taken in."""
_DIGEST = 32


class Unusable(ValueError):  # noqa: N818  # a statement about the file
    """A file that is no whole snapshot; the message says why."""


class Source(msgspec.Struct, frozen=True):
    """Where a part of the data was had, and the validators of that answer."""

    url: str = ""
    fetched: str | None = None
    """Time, as `2026-08-23T10:00:00Z`."""
    etag: str | None = None
    last_modified: str | None = None
    records: int = 0
    licence: str = ""


class Meta(msgspec.Struct, frozen=True):
    """What a snapshot is. `kind`: `embedded`, `downloaded` or `imported`; `dated`: the day of its newest fact."""

    kind: str
    dated: str
    fetched: str | None = None
    sources: dict[str, Source] = {}


class DistroStatus(msgspec.Struct, frozen=True, array_like=True):
    """What a distribution says of one CVE in one source package of one release.

    distro: `debian-12`, `almalinux-9`, `azurelinux-3.0`. status: `fixed`, `no-dsa`, `ignored`, `unimportant`,
    `not-affected` or `open`. fixed: the first package version that has the fix.
    """

    distro: str
    package: str
    cve: str
    status: str
    fixed: str | None = None


class Cycle(msgspec.Struct, frozen=True, array_like=True):
    """A release line and its support. `eol`: the day on which it ended, `true`, `false`, or None when unknown."""

    name: str
    released: str | None
    eol: str | None
    latest: str | None


class Snapshot(msgspec.Struct, frozen=True):
    """All the data. `cycles` are by endoflife.date's product; `exploited` are CVEs known to be exploited;
    `none_known` are tools that were searched for, without an advisory being found.
    """

    meta: Meta
    advisories: tuple[Advisory, ...] = ()
    distros: tuple[DistroStatus, ...] = ()
    cycles: dict[str, tuple[Cycle, ...]] = {}
    exploited: tuple[str, ...] = ()
    none_known: tuple[str, ...] = ()


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def pack(snapshot: Snapshot, level: int = 19) -> bytes:
    """Return a snapshot as bytes: the same for the same data. level: 19 takes a second, 9 hardly any time."""
    body = zstd.compress(_encode(snapshot), level=level)
    return MAGIC + hashlib.sha256(body).digest() + body


def unpack(raw: bytes) -> Snapshot:
    """Return the snapshot that `pack` packed. Raises Unusable for anything else."""
    start = len(MAGIC) + _DIGEST
    if not raw.startswith(MAGIC):
        raise Unusable("it is no snapshot of builtby's, or one of another version")
    body = memoryview(raw)[start:]
    if hashlib.sha256(body).digest() != raw[len(MAGIC) : start]:
        raise Unusable("its checksum does not fit: it is damaged or cut off")
    try:
        with zstd.ZstdFile(BytesIO(body)) as file:
            plain = file.read(MOST + 1)
        if len(plain) > MOST:
            raise Unusable(f"it expands to more than {MOST >> 20} MiB")
        return _decode(plain)
    except (zstd.ZstdError, msgspec.MsgspecError, EOFError) as error:
        raise Unusable(f"it cannot be read: {error}") from error


def read(path: Path) -> Snapshot:
    """Return the snapshot in a file. Raises Unusable, and OSError when it cannot be opened."""
    if path.stat().st_size > MOST:
        raise Unusable(f"it is larger than {MOST >> 20} MiB")
    return unpack(path.read_bytes())


def write(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot to a file, which is whole at any moment: the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(pack(snapshot, level=9))
            file.flush()
            os.fsync(file.fileno())
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
