"""Takes advisory data to and from machines that have no network: one file, or a folder or zip of JSON."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from builtby.advisories.documents import Reader
from builtby.advisories.feeds import Feeds, feeds
from builtby.advisories.harvest import Harvest
from builtby.advisories.locking import locked
from builtby.advisories.merging import merged
from builtby.advisories.packed import MOST_JSON, MOST_MEMBER, Refused, members, whole
from builtby.advisories.snapshot import MAGIC, Meta, Snapshot, Unusable, read, write
from builtby.advisories.store import current, data_dir, embedded, open_store

MOST_FILES = 500_000
"""Files of a folder that are looked at."""
_ZIP = b"PK"


class Imported(NamedTuple):
    """What came in: facts of ours, records looked at, and those skipped because they cannot be right."""

    meta: Meta
    advisories: int
    total: int
    bad: int
    reasons: tuple[str, ...]


class Bundle(NamedTuple):
    """A file that was written for another machine."""

    path: Path
    sha256: str
    size: int
    meta: Meta


def export(path: Path | None = None) -> Bundle:
    """Write the data in use to one file; by itself `builtby-advisories-DAY.bundle`. Raises OSError."""
    snapshot = open_store().snapshot
    meta = snapshot.meta
    target = path or Path(f"builtby-advisories-{(meta.fetched or meta.dated)[:10]}.bundle")
    write(target, snapshot)
    raw = target.read_bytes()
    return Bundle(target, hashlib.sha256(raw).hexdigest(), len(raw), meta)


def take(
    paths: Iterable[Path], *, sha256: str | None = None, older: bool = False, table: Feeds | None = None,
) -> Imported:
    """Import files and folders as one new snapshot.

    sha256: what the one file must have. older: take a bundle that is older than the data in use, too. Raises Refused,
    with the path, when anything of it is not to be used: then nothing is. Raises Busy, and OSError.
    """
    bundle, reader, paths = None, Reader(table or feeds()), list(paths)
    for path in paths:
        try:
            _checked(path, sha256)
            if _begins(path, MAGIC):
                bundle = read(path)
            else:
                _documents(path, reader)
        except (Refused, Unusable) as error:
            raise Refused(f"{path} is not used: {error}") from error
    try:
        with locked(data_dir() / "update.lock"):
            return _stored(bundle, reader.found, older=older)
    except Refused as error:
        raise Refused(f"{', '.join(map(str, paths))} is not used: {error}") from error


def _stored(bundle: Snapshot | None, harvest: Harvest, *, older: bool) -> Imported:
    """Write the new snapshot."""
    if bundle is None or harvest.total:
        harvest.checked()
        if bundle is None and not harvest.taken:
            raise Refused("nothing in it is about a tool that builtby knows")
    own, there = embedded(), open_store().snapshot
    if bundle is not None and not older and _age(bundle.meta) < _age(there.meta):
        raise Refused(f"the bundle is of {_age(bundle.meta)}, the data in use of {_age(there.meta)}")
    base = bundle or there
    meta = Meta("imported", base.meta.dated, base.meta.fetched, base.meta.sources)
    made = merged(base, own, [harvest], meta, time.strftime("%Y-%m-%d", time.gmtime()))
    write(current(), made)
    count = len(bundle.advisories) if bundle else 0
    return Imported(made.meta, count + len(harvest.advisories), harvest.total, harvest.bad, tuple(harvest.reasons))


def _age(meta: Meta) -> str:
    """Return the moment that data was true: when it was fetched, or the day of its newest fact."""
    return max(meta.fetched or "", meta.dated)


def _checked(path: Path, sha256: str | None) -> None:
    """Raise Refused when a file is not the one that is meant."""
    if sha256 is None:
        return
    if not path.is_file():
        raise Refused("a checksum can be had of a file only")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise Refused(f"its SHA-256 is {found}")


def _begins(path: Path, magic: bytes) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _documents(path: Path, reader: Reader) -> None:
    """Read a folder, a zip, or one document."""
    if path.is_dir():
        for file in _files(path):
            _file(file, reader, within=True)
    else:
        _file(path, reader, within=False)


def _file(path: Path, reader: Reader, *, within: bool) -> None:
    if _begins(path, _ZIP):
        for name, data in members(path, lambda name: name.endswith(".json")):
            _member(f"{path.name}/{name}", data, reader)
    elif within and path.stat().st_size > MOST_JSON:
        _member(path.name, None, reader)
    else:
        reader.read(path.name, whole(path, gzipped=path.suffix == ".gz"))


def _member(name: str, data: bytes | None, reader: Reader) -> None:
    if data is None:
        reader.found.total += 1
        reader.found.skip(f"{name}: it is larger than {MOST_MEMBER >> 20} MiB, or packed in an unknown way")
    else:
        reader.read(name, data)


def _files(folder: Path) -> Iterator[Path]:
    """Yield a folder's JSON files and zips in order; links are not followed."""
    count = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith((".json", ".json.gz", ".zip")) and path.is_file() and not path.is_symlink():
                count += 1
                if count > MOST_FILES:
                    raise Refused(f"it has more than {MOST_FILES:,} files")
                yield path
