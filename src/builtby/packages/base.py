"""The noun of this room, and the contract of its readers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from packageurl import PackageURL

MOST_PACKAGES = 1 << 20
"""Packages that one database may list; the rest of a larger one is not believed."""
MOST_FILES = 1 << 20
"""Files that one package may list."""


class Distro(NamedTuple):
    """A distribution's release, as its os-release file tells."""

    id: str
    version: str | None = None
    """VERSION_ID, None for one that rolls."""
    codename: str | None = None

    @property
    def release(self) -> str:
        """The purl qualifier's form: `debian-12`, `arch`."""
        return f"{self.id}-{self.version}" if self.version else self.id


class Package(NamedTuple):
    """An installed package.

    A database that keeps lists of files apart from the packages (dpkg) yields packages with no version for them:
    they are joined by type, name and architecture. `files` are paths from the root, without a leading slash.
    """

    type: str
    """The purl type: `deb`, `rpm`, `apk`, `alpm`, `pypi`, `npm`, `conda`, `gem`, `nix`."""
    name: str
    version: str = ""
    arch: str | None = None
    source: str | None = None
    """The source package that it was built from; None when it is of the same name or there is no such thing."""
    source_version: str | None = None
    files: tuple[str, ...] = ()
    keeper: str | None = None
    """The domain of the maintainer's address, which tells a distribution's own packages from others'."""
    relative: bool = False
    """The files are relative to the folder that holds the database's folder (site-packages), not to the root."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What joins a package with its list of files."""
        return self.type, self.name, self.arch or ""

    def purl(self, distro: Distro | None = None) -> str:
        """Return the package URL, with the distribution where the type belongs to one."""
        namespace, name = (None, self.name)
        qualifiers: dict[str, str] = {}
        if self.type in OF_DISTRO:
            namespace = distro.id if distro else None
            if self.arch:
                qualifiers["arch"] = self.arch
            if distro:
                qualifiers["distro"] = distro.release
        elif self.type == "npm" and name.startswith("@") and "/" in name:
            namespace, _, name = name.partition("/")
        kind = _PURL_TYPES.get(self.type, self.type)
        version = self.version
        if self.type == "rpm" and ":" in version:
            qualifiers["epoch"], _, version = version.partition(":")
        try:
            return PackageURL(kind, namespace, name, version or None, qualifiers).to_string()
        except (TypeError, ValueError):  # a damaged database's name, such as `/`, that is none
            return f"pkg:{kind}/{quote(self.name, safe='')}"


OF_DISTRO = frozenset({"deb", "rpm", "apk", "alpm"})
"""Types of the packages that make up a system."""
_PURL_TYPES = {"nix": "generic"}

Reader = Callable[[bytes, str], Iterator[Package]]
"""Reads a database's bytes, which stood at a path; never raises on bad bytes, yields what it can."""


def decoded(data: bytes) -> str:
    r"""Return text of a database; bytes that are not UTF-8 become `\xNN`, as in the paths that files are found at."""
    return data.decode("utf-8", "backslashreplace")


def stanzas(text: str, *, most: int = MOST_PACKAGES) -> Iterator[dict[str, str]]:
    """Yield the paragraphs of a Debian control file as fields; continued lines are joined by newlines.

    Field names are lower-cased. A line that is no field is passed over.
    """
    fields: dict[str, str] = {}
    last = ""
    count = 0
    for line in text.split("\n"):
        if not line.strip():
            if fields:
                yield fields
                count += 1
                if count >= most:
                    return
            fields, last = {}, ""
        elif line[0] in " \t":
            if last:
                fields[last] += "\n" + line.strip()
        else:
            name, colon, value = line.partition(":")
            last = name.lower() if colon else ""
            if last:
                fields[last] = value.strip()
    if fields:
        yield fields
