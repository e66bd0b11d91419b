"""Where `.buildinfo` documents are found: in a folder, or by a pattern of addresses."""

import lzma
import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from builtby.packages.buildinfo import MOST_BYTES, BuildInfo, parse

TIMEOUT = 20
"""Seconds that an address may take to answer."""
MOST_MISSES = 20
"""Failures to answer, one after the other, after which a server is no longer asked."""
_NAME = re.compile(r"(?P<source>[a-z0-9][a-z0-9+.-]+)_(?P<version>[^_]+)_(?P<arch>[^_]+?)\.buildinfo(?:\.gz|\.xz)?")
_REBUILD = re.compile(r"\+b\d+$")
FIELDS = ("source", "version", "arch", "prefix")


class BuildInfoError(ValueError):
    """The place that was named holds no documents, or may not be asked; the message tells the remedy."""


Lookup = Callable[[str, str, str], BuildInfo | None]
"""(source package, version, architecture) to its document, None when there is none."""


def lookup(place: str, *, offline: bool = False) -> Lookup:
    """Return how to look documents up in a folder, or by an address with `{source}`, `{version}`, `{arch}`.

    `{prefix}` stands for the source's first letter, or `libX` for libraries, as in Debian's pool.
    Raises BuildInfoError for a folder that is not there, an unknown field, and an address while offline.
    """
    if re.match(r"https?://", place):
        if offline:
            raise BuildInfoError(f"--buildinfo {place} is an address, but --offline forbids asking it; name a folder")
        return _Remote(place)
    folder = Path(place)
    if not folder.is_dir():
        raise BuildInfoError(f"--buildinfo {place}: no such folder")
    return _Folder(folder)


class _Folder:
    """Documents in a folder and those below it; the names are read when the first is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[tuple[str, str], list[tuple[str, Path]]] | None = None
        self._read = lru_cache(maxsize=1024)(_read)

    def __call__(self, source: str, version: str, arch: str) -> BuildInfo | None:
        if self._paths is None:
            self._paths = self._index()
        for number in _versions(version):
            for architectures, path in self._paths.get((source, number), ()):
                if arch in architectures.split("-") or arch == architectures:
                    found = self._read(path)
                    if found is not None:
                        return found
        return None

    def _index(self) -> dict[tuple[str, str], list[tuple[str, Path]]]:
        paths: dict[tuple[str, str], list[tuple[str, Path]]] = {}
        for path in sorted(self._folder.rglob("*.buildinfo*")):
            match = _NAME.fullmatch(path.name)
            if match:
                paths.setdefault((match["source"], match["version"]), []).append((match["arch"], path))
        return paths


class _Remote:
    """Documents at addresses. A server that does not answer is given up, and the reason kept in `problem`."""

    def __init__(self, pattern: str) -> None:
        try:
            pattern.format(**dict.fromkeys(FIELDS, ""))
        except (KeyError, IndexError, ValueError) as error:
            raise BuildInfoError(
                f"--buildinfo {pattern}: {error} is no field; there are {', '.join(f'{{{name}}}' for name in FIELDS)}"
            ) from error
        self._pattern, self._misses = pattern, 0
        self.problem: str | None = None
        self._fetch = lru_cache(maxsize=4096)(self._fetch_uncached)

    def __call__(self, source: str, version: str, arch: str) -> BuildInfo | None:
        prefix = source[:4] if source.startswith("lib") else source[:1]
        for number in _versions(version):
            values = {"source": source, "version": number, "arch": arch, "prefix": prefix}
            found = self._fetch(self._pattern.format(**{key: quote(item, safe="") for key, item in values.items()}))
            if found is not None:
                return found
        return None

    def _fetch_uncached(self, address: str) -> BuildInfo | None:
        if self._misses >= MOST_MISSES:
            return None
        from urllib.error import URLError  # loads much that a scan seldom needs
        from urllib.request import Request, urlopen

        request = Request(address, headers={"User-Agent": "builtby"})  # noqa: S310  # lookup() has checked the scheme
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                data = answer.read(MOST_BYTES)
        except URLError as error:
            if getattr(error, "code", None) not in {404, 410}:
                self._miss(str(error.reason))
            return None
        except OSError as error:
            self._miss(str(error))
            return None
        self._misses = 0
        return parse(_unpacked(data))

    def _miss(self, reason: str) -> None:
        self._misses += 1
        self.problem = reason


def _versions(version: str) -> list[str]:
    """The names that a version may have in a file name: without its epoch, and without a rebuild's number."""
    plain = version.partition(":")[2] or version
    return list(dict.fromkeys((plain, version, _REBUILD.sub("", plain))))


def _read(path: Path) -> BuildInfo | None:
    try:
        with path.open("rb") as file:
            return parse(_unpacked(file.read(MOST_BYTES)))
    except OSError:
        return None


def _unpacked(data: bytes) -> bytes:
    """Return the document out of gzip or xz, at most MOST_BYTES of it."""
    try:
        if data[:2] == b"\x1f\x8b":
            return zlib.decompressobj(wbits=31).decompress(data, MOST_BYTES)
        if data[:6] == b"\xfd7zXZ\0":
            return lzma.LZMADecompressor(memlimit=256 << 20).decompress(data, MOST_BYTES)
    except (zlib.error, lzma.LZMAError):
        return b""
    return data
