"""RPM's headers, and the three databases that have held them: SQLite, ndb and Berkeley DB."""

import struct
from collections.abc import Iterator

from builtby.packages.base import MOST_FILES, MOST_PACKAGES, Package
from builtby.packages.rpm_stores import bdb_blobs, ndb_blobs, sqlite_blobs

MOST_TAGS = 4096
NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCE = 1000, 1001, 1002, 1003, 1022, 1044
DIR_INDEXES, BASE_NAMES, DIR_NAMES, OLD_FILE_NAMES = 1116, 1117, 1118, 1027
_INT16, _INT32, _STRING, _STRING_ARRAY, _I18N = 3, 4, 6, 8, 9
_WANTED = frozenset({
    NAME, VERSION, RELEASE, EPOCH, ARCH, SOURCE, DIR_INDEXES, BASE_NAMES, DIR_NAMES, OLD_FILE_NAMES,
})

Value = list[str] | list[int]


def sqlite(data: bytes, path: str) -> Iterator[Package]:
    """Read `rpmdb.sqlite`."""
    return packages(sqlite_blobs(data))


def ndb(data: bytes, path: str) -> Iterator[Package]:
    """Read ndb's `Packages.db`."""
    return packages(ndb_blobs(data))


def bdb(data: bytes, path: str) -> Iterator[Package]:
    """Read the Berkeley DB hash `Packages`."""
    return packages(bdb_blobs(data))


def packages(blobs: Iterator[bytes]) -> Iterator[Package]:
    """Return the packages of a database's header blobs; imported keys (gpg-pubkey) are no packages."""
    for count, blob in enumerate(blobs):
        if count >= MOST_PACKAGES:
            return
        package = header_package(header(blob))
        if package and package.name != "gpg-pubkey":
            yield package


def header_package(tags: dict[int, Value]) -> Package | None:
    """Return the package that a header describes, None when it names none."""
    name, version, release = (_text(tags, tag) for tag in (NAME, VERSION, RELEASE))
    if not name or not version:
        return None
    epoch = tags.get(EPOCH)
    full = (f"{epoch[0]}:" if epoch and epoch[0] else "") + version + (f"-{release}" if release else "")
    source = (_text(tags, SOURCE) or "").removesuffix(".src.rpm").removesuffix(".nosrc.rpm")
    parts = source.rsplit("-", 2)
    of = parts if len(parts) == 3 else [None, None, None]
    return Package(
        "rpm", name, full, _text(tags, ARCH), source=of[0] if of[0] != name else None,
        source_version=f"{of[1]}-{of[2]}" if of[1] else None, files=tuple(_files(tags)),
    )


def _text(tags: dict[int, Value], tag: int) -> str | None:
    values = tags.get(tag)
    return str(values[0]) if values else None


def _files(tags: dict[int, Value]) -> Iterator[str]:
    old = tags.get(OLD_FILE_NAMES)
    if old:
        yield from (str(name).lstrip("/") for name in old)
        return
    folders, names, indexes = (tags.get(tag, []) for tag in (DIR_NAMES, BASE_NAMES, DIR_INDEXES))
    for name, index in zip(names, indexes, strict=False):
        if isinstance(index, int) and index < len(folders):
            yield f"{folders[index]}{name}".lstrip("/")


def header(blob: bytes, wanted: frozenset[int] = _WANTED) -> dict[int, Value]:
    """Return the wanted tags of a header blob (two counts, an index of 16-byte entries, a store of data)."""
    if len(blob) < 8:
        return {}
    count, size = struct.unpack_from(">II", blob)
    if not 0 < count <= MOST_TAGS:
        return {}
    base = 8 + 16 * count
    store = memoryview(blob)[base : base + size]
    tags: dict[int, Value] = {}
    for position in range(8, min(base, len(blob) - 15), 16):
        tag, kind, offset, number = struct.unpack_from(">IIII", blob, position)
        if tag in wanted and 0 < number <= MOST_FILES and offset < len(store):
            value = _value(store, kind, offset, number)
            if value:
                tags[tag] = value
    return tags


def _value(store: memoryview, kind: int, offset: int, number: int) -> Value | None:
    if kind == _INT16:
        number = min(number, (len(store) - offset) // 2)
        return list(struct.unpack_from(f">{number}H", store, offset))
    if kind == _INT32:
        number = min(number, (len(store) - offset) // 4)
        return list(struct.unpack_from(f">{number}I", store, offset))
    if kind in {_STRING, _STRING_ARRAY, _I18N}:
        pieces = bytes(store[offset:]).split(b"\0", number)[:number]
        return [piece.decode("utf-8", "backslashreplace") for piece in pieces]
    return None
