"""Arch Linux's packages: a folder each under `var/lib/pacman/local`, holding `desc` and `files`."""

from collections.abc import Iterator

from builtby.packages.base import MOST_FILES, Package, decoded


def desc(data: bytes, path: str) -> Iterator[Package]:
    """Read `local/NAME-VERSION-RELEASE/desc`."""
    fields = _sections(decoded(data))
    name, version = _first(fields, "NAME"), _first(fields, "VERSION")
    if name and version:
        base = _first(fields, "BASE")
        yield Package("alpm", name, version, _first(fields, "ARCH"), source=base if base != name else None)


def files(data: bytes, path: str) -> Iterator[Package]:
    """Read `local/NAME-VERSION-RELEASE/files`; the folder's name tells whose they are."""
    name = path.rpartition("/")[0].rpartition("/")[2].rsplit("-", 2)[0]
    listed = _sections(decoded(data)).get("FILES", [])
    yield Package("alpm", name, files=tuple(line for line in listed[:MOST_FILES] if not line.endswith("/")))


def _first(fields: dict[str, list[str]], name: str) -> str | None:
    values = fields.get(name)
    return values[0] if values else None


def _sections(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.split("\n", MOST_FILES)[:MOST_FILES]:
        if line.startswith("%") and line.endswith("%"):
            current = sections.setdefault(line.strip("%"), [])
        elif line:
            current.append(line)
    return sections
