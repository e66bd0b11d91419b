"""Alpine's and Wolfi's packages: `lib/apk/db/installed`, one letter a field."""

from collections.abc import Iterator

from builtby.packages.base import MOST_FILES, MOST_PACKAGES, Package, decoded


def installed(data: bytes, path: str) -> Iterator[Package]:
    """Read apk's database of installed packages, with their files."""
    for count, block in enumerate(decoded(data).split("\n\n")):
        if count >= MOST_PACKAGES:
            return
        package = _package(block)
        if package:
            yield package


def _package(block: str) -> Package | None:
    fields: dict[str, str] = {}
    files: list[str] = []
    folder = ""
    for line in block.split("\n"):
        key, value = line[:2], line[2:]
        if key == "F:":
            folder = value.rstrip("/")
        elif key == "R:":
            if len(files) < MOST_FILES:
                files.append(f"{folder}/{value}" if folder else value)
        elif key[1:] == ":":
            fields[key[0]] = value
    name, version = fields.get("P"), fields.get("V")
    if not name or not version:
        return None
    source = fields.get("o")
    return Package("apk", name, version, fields.get("A"), source=source if source != name else None,
                   files=tuple(files))
