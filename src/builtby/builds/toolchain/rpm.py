"""What RPM's packages shipped: the digests in the headers of its database."""

from collections.abc import Iterator
from pathlib import Path

from builtby.builds.toolchain.model import Shipped, ShippedFile
from builtby.packages import rpm
from builtby.packages.rpm import Value
from builtby.packages.rpm_stores import bdb_blobs, ndb_blobs, sqlite_blobs

PLACES = (
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", sqlite_blobs), ("var/lib/rpm/rpmdb.sqlite", sqlite_blobs),
    ("usr/share/rpm/rpmdb.sqlite", sqlite_blobs), ("usr/lib/sysimage/rpm/Packages.db", ndb_blobs),
    ("var/lib/rpm/Packages.db", ndb_blobs), ("var/lib/rpm/Packages", bdb_blobs),
)
MODES, DIGESTS, LINKS, FLAGS, ALGORITHM, REQUIRES, PROVIDES = 1030, 1035, 1036, 1037, 5011, 1049, 1047
_WANTED = frozenset({rpm.NAME, rpm.VERSION, rpm.RELEASE, rpm.EPOCH, rpm.ARCH, rpm.SOURCE, rpm.DIR_INDEXES,
                     rpm.BASE_NAMES, rpm.DIR_NAMES, rpm.OLD_FILE_NAMES, MODES, DIGESTS, LINKS, FLAGS, ALGORITHM,
                     REQUIRES, PROVIDES})
_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_CONFIG, _DOC, _MISSING_OK, _GHOST = 1, 2, 8, 64
_FORMAT, _FOLDER, _LINK = 0o170000, 0o040000, 0o120000


def shipped(root: Path) -> Iterator[Shipped]:
    """Yield the packages of an RPM system. Raises OSError when the database is not there or cannot be read."""
    place, blobs = next(((root / name, read) for name, read in PLACES if (root / name).exists()),
                        (root / PLACES[0][0], sqlite_blobs))
    for blob in blobs(place.read_bytes()):
        tags = rpm.header(blob, _WANTED)
        package = rpm.header_package(tags)
        if package and package.name != "gpg-pubkey":
            yield Shipped("rpm", package.name, package.version, package.arch, package.source or package.name,
                          tuple(_files(tags, package.files)), _words(tags, PROVIDES) | {package.name},
                          _words(tags, REQUIRES))


def _words(tags: dict[int, Value], tag: int) -> frozenset[str]:
    return frozenset(str(value) for value in tags.get(tag, ()))


def _files(tags: dict[int, Value], paths: tuple[str, ...]) -> Iterator[ShippedFile]:
    kind = _ALGORITHMS.get(int(tags.get(ALGORITHM, [1])[0]))
    for number, path in enumerate(paths):
        mode, flags = _number(tags, MODES, number), _number(tags, FLAGS, number)
        if mode & _FORMAT == _FOLDER or flags & (_GHOST | _MISSING_OK | _DOC):
            continue
        digest = _text(tags, DIGESTS, number)
        if mode & _FORMAT == _LINK:
            yield ShippedFile(path, None, None, link=True, target=_text(tags, LINKS, number))
        else:
            yield ShippedFile(path, kind if digest else None, digest, config=bool(flags & _CONFIG))


def _number(tags: dict[int, Value], tag: int, number: int) -> int:
    values = tags.get(tag, [])
    return int(values[number]) if number < len(values) else 0


def _text(tags: dict[int, Value], tag: int, number: int) -> str | None:
    values = tags.get(tag, [])
    return str(values[number]) or None if number < len(values) else None
