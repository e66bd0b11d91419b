"""Debian's packages: `status`, the fragments that distroless images have instead, and the lists of files."""

from collections.abc import Iterator
from itertools import pairwise

from builtby.packages.base import MOST_FILES, Package, decoded, stanzas


def status(data: bytes, path: str) -> Iterator[Package]:
    """Read `var/lib/dpkg/status` or one of `status.d`: what is installed, not what was removed."""
    for fields in stanzas(decoded(data)):
        package = control(fields)
        if package and fields.get("status", "install ok installed").endswith(" installed"):
            yield package


def control(fields: dict[str, str]) -> Package | None:
    """Return the package of one control paragraph, None when it names none."""
    name, version = fields.get("package"), fields.get("version")
    if not name or not version:
        return None
    source, _, rest = fields.get("source", "").partition(" ")
    return Package(
        "deb", name, version, fields.get("architecture"),
        source=source or None, source_version=rest.strip("() \n") or None,
        keeper=fields.get("maintainer", "").rpartition("@")[2].rstrip("> \n") or None,
    )


def file_list(data: bytes, path: str) -> Iterator[Package]:
    """Read `info/NAME[:ARCH].list`. Folders, each followed by what is in it, are left out."""
    name, _, arch = path.rpartition("/")[2].removesuffix(".list").partition(":")
    lines = decoded(data).split("\n", MOST_FILES)[:MOST_FILES]
    files = tuple(
        line[1:] for line, following in pairwise([*lines, ""])
        if line[:1] == "/" and line != "/." and not (len(following) > len(line) and following.startswith(line + "/"))
    )
    if name:
        yield Package("deb", name, arch=arch or None, files=files)


def md5sums(data: bytes, path: str) -> Iterator[Package]:
    """Read `status.d/NAME.md5sums`, the only list of files in a distroless image."""
    name = path.rpartition("/")[2].removesuffix(".md5sums").partition(":")[0]
    lines = decoded(data).split("\n", MOST_FILES)[:MOST_FILES]
    files = tuple(line[34:].removeprefix("./").lstrip("/") for line in lines if len(line) > 34)
    if name:
        yield Package("deb", name, files=files)
