"""What Debian's packages shipped: `md5sums`, the conffiles of `status`, with diversions taken into account."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from builtby.builds.toolchain.model import Shipped, ShippedFile
from builtby.packages.base import decoded, stanzas
from builtby.packages.dpkg import control

FOLDER = "var/lib/dpkg"


def shipped(root: Path) -> Iterator[Shipped]:
    """Yield the packages of a Debian system. Raises OSError when the database is not there or cannot be read."""
    folder = root / FOLDER
    status = decoded((folder / "status").read_bytes())
    diverted = _diversions(folder / "diversions")
    for fields in stanzas(status):
        package = control(fields)
        if package is None or not fields.get("status", "install ok installed").endswith(" installed"):
            continue
        conf = dict(_conffiles(fields.get("conffiles", "")))
        files = tuple(_files(folder / "info", package.name, package.arch, conf, diverted))
        yield Shipped("deb", package.name, package.version, package.arch, package.source or package.name, files,
                      frozenset({package.name, *_names(fields.get("provides", ""))}),
                      frozenset({*_names(fields.get("depends", "")), *_names(fields.get("pre-depends", ""))}))


def _names(field: str) -> Iterator[str]:
    """Yield the names of a relation field; of alternatives, all."""
    for part in field.replace("|", ",").split(","):
        name = part.strip().partition(" ")[0].partition(":")[0].partition("(")[0]
        if name:
            yield name


def _conffiles(field: str) -> Iterator[tuple[str, str]]:
    for line in field.split("\n"):
        words = line.split()
        if len(words) == 2 and words[0].startswith("/"):  # a third word says `obsolete` or `remove-on-upgrade`
            yield words[0][1:], words[1]


def _diversions(file: Path) -> dict[str, tuple[str, str]]:
    """Return where files of other packages than the diverting one went: from, to, and that package."""
    try:
        lines = decoded(file.read_bytes()).splitlines()
    except OSError:
        return {}
    triples = zip(lines[::3], lines[1::3], lines[2::3], strict=False)
    return {origin[1:]: (to[1:], package) for origin, to, package in triples}


def _files(info: Path, name: str, arch: str | None, conf: dict[str, str],
           diverted: dict[str, tuple[str, str]]) -> Iterator[ShippedFile]:
    sums = _sums(info, name, arch)
    for path in _listed(info, name, arch):
        to, by = diverted.get(path, (path, name))
        place = path if by == name else to
        if path in conf:
            known = len(conf[path]) == 32
            yield ShippedFile(place, "md5" if known else None, conf[path] if known else None, config=True)
        else:
            yield ShippedFile(place, "md5" if path in sums else None, sums.get(path))


def _sums(info: Path, name: str, arch: str | None) -> dict[str, str]:
    lines = _read(info, name, arch, "md5sums").splitlines()
    return {line[34:].removeprefix("./"): line[:32] for line in lines if len(line) > 34}


def _listed(info: Path, name: str, arch: str | None) -> Iterator[str]:
    """Yield a package's files; folders, each followed by what is in it, are left out."""
    lines = _read(info, name, arch, "list").splitlines()
    for line, following in pairwise([*lines, ""]):
        if line[:1] == "/" and line != "/." and not following.startswith(f"{line}/"):
            yield line[1:]


def _read(info: Path, name: str, arch: str | None, kind: str) -> str:
    for file in (info / f"{name}:{arch}.{kind}", info / f"{name}.{kind}"):
        if file.exists():
            return decoded(file.read_bytes())
    return ""
