"""What languages' packages shipped: pip's RECORD, and npm's tarballs, which its cache keeps by their integrity."""

import base64
import binascii
import csv
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

import msgspec

from builtby.builds.toolchain.model import Shipped, ShippedFile
from builtby.packages import language
from builtby.packages.base import MOST_FILES, decoded
from builtby.packages.clues import Clues

MOST_TARBALL = 512 << 20
"""Bytes of the largest tarball that is looked into."""
LOCK = ".package-lock.json"
_UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json")


def python(root: Path, site: str, clues: Clues) -> Iterator[Shipped]:
    """Yield the distributions of a site's folder (from the root) that are tools."""
    for info in sorted((root / site).glob("*.dist-info")):
        try:
            metadata, record = (info / "METADATA").read_bytes(), (info / "RECORD").read_bytes()
        except OSError:
            continue
        found = next(language.python(metadata, ""), None)
        if found and any(clues.of_package("pypi", found.name, found.version, f"{site}/{info.name}/METADATA")):
            files = tuple(_recorded(record, site))
            yield Shipped("pypi", found.name, found.version, None, found.name, files)


def _recorded(record: bytes, site: str) -> Iterator[ShippedFile]:
    rows = csv.reader(io.StringIO(decoded(record), newline=""))
    for row, _ in zip(rows, range(MOST_FILES), strict=False):
        if len(row) < 2 or row[0].endswith(".pyc") or row[0].rpartition("/")[2] in _UNHASHED:
            continue
        kind, _, text = row[1].partition("=")
        path = normpath(f"{site}/{row[0]}") if not row[0].startswith("/") else row[0][1:]
        digest = _hex(text + "=" * (-len(text) % 4), urlsafe=True)
        yield ShippedFile(path, kind if digest and kind in ("sha256", "sha384", "sha512") else None, digest)


def _hex(text: str, *, urlsafe: bool = False) -> str | None:
    try:
        data = base64.urlsafe_b64decode(text) if urlsafe else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data.hex() or None


class _Entry(msgspec.Struct):
    version: str = ""
    integrity: str | None = None
    link: bool = False


class _Lock(msgspec.Struct):
    packages: dict[str, _Entry] = {}


def npm(root: Path, modules: str, clues: Clues, cache: Path) -> Iterator[Shipped]:
    """Yield the packages of a `node_modules` folder (from the root) that are tools. `cache`: npm's own.

    Files of a package whose tarball is not in the cache have no digest.
    """
    try:
        lock = msgspec.json.decode((root / modules / LOCK).read_bytes(), type=_Lock)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return
    above = modules.rpartition("/")[0]
    for place, entry in sorted(lock.packages.items()):
        name = place.rpartition("node_modules/")[2]
        path = normpath(f"{above}/{place}").lstrip("/")
        if entry.link or not any(clues.of_package("npm", name, entry.version, f"{path}/package.json")):
            continue
        members = _members(cache, entry.integrity)
        files = (tuple(ShippedFile(f"{path}/{inner}", "sha256", digest) for inner, digest in members.items())
                 if members else tuple(ShippedFile(one, None, None) for one in _there(root, path)))
        yield Shipped("npm", name, entry.version, None, name, files)


def _members(cache: Path, integrity: str | None) -> dict[str, str]:
    """Return the digests of the files of a tarball that the cache holds; nothing if it has not, or another one."""
    for one in (integrity or "").split():
        kind, _, text = one.partition("-")
        digest = _hex(text)
        if digest is None or kind not in ("sha512", "sha256", "sha1"):
            continue
        file = cache / "content-v2" / kind / digest[:2] / digest[2:4] / digest[4:]
        try:
            data = file.read_bytes() if file.stat().st_size <= MOST_TARBALL else b""
            if hashlib.new(kind, data).hexdigest() == digest:
                return dict(_unpacked(data))
        except (OSError, tarfile.TarError, EOFError, ValueError):
            continue
    return {}


def _unpacked(data: bytes) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for member, _ in zip(archive, range(MOST_FILES), strict=False):
            stream = archive.extractfile(member) if member.isfile() and member.size <= MOST_TARBALL else None
            if stream is not None:
                yield member.name.partition("/")[2], hashlib.sha256(stream.read()).hexdigest()


def _there(root: Path, path: str) -> Iterator[str]:
    """Yield a package's files as they are, its dependencies' left out."""
    for folder, folders, names in os.walk(root / path):
        folders[:] = sorted(name for name in folders if name != "node_modules")
        for name in sorted(names):
            yield str((Path(folder) / name).relative_to(root))
