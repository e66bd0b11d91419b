"""Packages of languages' own managers: a small file each, beside what it describes."""

import csv
import io
import re
from collections.abc import Iterator
from email.parser import HeaderParser

import msgspec

from builtby.packages.base import MOST_FILES, Package, decoded


def python(data: bytes, path: str) -> Iterator[Package]:
    """Read `METADATA` or `PKG-INFO`: the name and version stand in the headers at its beginning."""
    headers = HeaderParser().parsestr(decoded(data[:65536]).partition("\n\n")[0])
    name, version = headers.get("Name"), headers.get("Version")
    if name and version:
        yield Package("pypi", re.sub(r"[-_.]+", "-", str(name).strip()).lower(), str(version).strip())


def python_record(data: bytes, path: str) -> Iterator[Package]:
    """Read a distribution's RECORD: its files, relative to the site's folder."""
    stem = path.rpartition("/")[0].rpartition("/")[2].removesuffix(".dist-info")
    name = re.sub(r"[-_.]+", "-", stem.rpartition("-")[0]).lower()
    rows = csv.reader(io.StringIO(decoded(data), newline=""))
    try:
        files = tuple(row[0] for row, _ in zip(rows, range(MOST_FILES), strict=False) if row)
    except csv.Error:
        return
    if name:
        yield Package("pypi", name, files=files, relative=True)


class _Npm(msgspec.Struct):
    name: str
    version: str


def npm(data: bytes, path: str) -> Iterator[Package]:
    """Read the `package.json` of an installed module: name and version only."""
    try:
        found = msgspec.json.decode(data, type=_Npm)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    if found.name and found.version:
        yield Package("npm", found.name, found.version)


class _Conda(msgspec.Struct):
    name: str
    version: str
    subdir: str | None = None
    files: list[str] = []


def conda(data: bytes, path: str) -> Iterator[Package]:
    """Read `conda-meta/NAME-VERSION-BUILD.json`; the files are relative to the environment."""
    try:
        found = msgspec.json.decode(data, type=_Conda)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    if found.name and found.version:
        yield Package("conda", found.name, found.version, found.subdir,
                      files=tuple(found.files[:MOST_FILES]), relative=True)


_GEM_NAME = re.compile(r"""^\s*s\.name = "([^"\s]+)"(?:\.freeze)?""", re.M)
_GEM_VERSION = re.compile(r"""^\s*s\.version = "([^"\s]+)"(?:\.freeze)?""", re.M)


def gem(data: bytes, path: str) -> Iterator[Package]:
    """Read an installed gem's specification, as RubyGems writes it (Ruby source, which is not run)."""
    text = decoded(data[:65536])
    name, version = _GEM_NAME.search(text), _GEM_VERSION.search(text)
    if name and version:
        yield Package("gem", name[1], version[1])


_STORE = re.compile(r"(?:^|/)nix/store/[0-9a-z]{32}-([^/]+?)-(\d[^/]*?)(?:-(?:bin|lib|dev|out|man|doc))?(?:/|$)")


def nix_store(path: str) -> Package | None:
    """Return the package of a path in a Nix store: nothing else than the path names it."""
    match = _STORE.search(path)
    return Package("nix", match[1], match[2]) if match else None
