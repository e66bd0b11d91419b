"""Images: their layers looked at each by itself, then put over one another."""

import hashlib
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from builtby.formats.base import Reading
from builtby.formats.image import image_reading
from builtby.formats.registry import identify as identify_format
from builtby.model import Artifact, Record, Skipped
from builtby.pipeline.attribute import Attribution
from builtby.pipeline.found import Found
from builtby.pipeline.identify import Identifier
from builtby.pipeline.layer import LayerFound
from builtby.pipeline.overlay import Overlay
from builtby.sources.base import Damaged
from builtby.sources.images import JSON_LIMIT, LAYOUT, Image, statements
from builtby.sources.seekable import Extent, extents
from builtby.sources.view import BytesView

MEMBERS = 20_000
"""Members that an image's archive may have; one with more is an ordinary archive."""


class FolderLayout:
    """An OCI layout, or an unpacked `docker save`, in a directory."""

    kind = "oci-layout"

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        try:
            return self._inside(name).is_file()
        except (Damaged, OSError):
            return False

    def blob(self, name: str) -> bytes:
        """Return a small member's bytes. Raises Damaged."""
        path, _, size = self.extent(name)
        if size > JSON_LIMIT:
            raise Damaged(f"{name} is too large to be what it should be")
        try:
            with Path(path).open("rb") as file:
                return file.read(JSON_LIMIT)
        except OSError as error:
            raise Damaged(f"{name} cannot be read: {error.strerror}") from error

    def extent(self, name: str) -> tuple[str, int, int]:
        """Return file, offset and size of a layer. Raises Damaged."""
        path = self._inside(name)
        try:
            status = path.stat()
        except OSError as error:
            raise Damaged(f"{name} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(status.st_mode):  # a pipe would never be done with
            raise Damaged(f"{name} is no regular file")
        return str(path), 0, status.st_size

    def _inside(self, name: str) -> Path:
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise Damaged(f"{name[:100]!r} leads out of the layout")
        return self._root / name


class TarLayout:
    """An image in an uncompressed tar archive on the disk: blobs are read where they stand."""

    def __init__(self, path: Path, file: IO[bytes], table: dict[str, Extent]) -> None:
        self._path, self._file, self._table = path, file, table
        self.kind = "oci-layout" if "oci-layout" in table else "docker-archive"

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._table

    def blob(self, name: str) -> bytes:
        """Return a small member's bytes. Raises Damaged."""
        extent = self._find(name)
        if extent.size > JSON_LIMIT:
            raise Damaged(f"{name} is too large to be what it should be")
        self._file.seek(extent.offset)
        return self._file.read(extent.size)

    def extent(self, name: str) -> tuple[str, int, int]:
        """Return file, offset and size of a layer. Raises Damaged."""
        extent = self._find(name)
        return str(self._path), extent.offset, extent.size

    def _find(self, name: str) -> Extent:
        extent = self._table.get(name)
        if extent is not None and extent.kind in ("symlink", "hardlink"):  # old `docker save` links equal layers
            target = extent.link if extent.kind == "hardlink" else joined(name, extent.link)
            extent = self._table.get(target)
        if extent is None or extent.kind != "file":
            raise Damaged(f"{name[:100]} is not in the archive")
        return extent


def joined(name: str, link: str) -> str:
    """Return what a relative link in an archive leads to."""
    parts = name.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def folder_layout(path: Path) -> FolderLayout | None:
    """Return the image layout in a directory, if there is one."""
    oci = (path / "index.json").is_file() and (path / "blobs").is_dir()
    docker = (path / "manifest.json").is_file() and any(path.glob("*/layer.tar"))
    return FolderLayout(path) if oci or docker else None


def tar_layout(path: Path, file: IO[bytes]) -> TarLayout | None:
    """Return the image in an uncompressed tar archive, if it is one: its members' names tell."""
    try:
        table = extents(file, 1)
        if not table or not all(map(LAYOUT.match, table)):
            return None
        file.seek(0)
        table = extents(file, MEMBERS)
    except Damaged:
        return None
    whole = len(table) < MEMBERS and ("index.json" in table or "manifest.json" in table)
    return TarLayout(path, file, table) if whole else None


def records(
    layers: list[LayerFound], names: list[str], attribution: Attribution, number: int,
) -> Iterator[Record]:
    """Yield what can be seen in the image: each file of the highest layer that has it."""
    overlay = Overlay([found.paths for found in layers])
    for level, found in enumerate(layers):
        for part in found.spool:
            attribution.take(_visible(part, overlay, level), names[level])
    for level, found in enumerate(layers):
        for part in found.spool:
            seen = _visible(part, overlay, level)
            named = (msgspec.structs.replace(artifact, layer=names[level]) for artifact in seen.artifacts)
            yield from (attribution.artifact(artifact, seen.modified) for artifact in named)
            yield from (Skipped(number, s.path, s.reason, s.expected) for s in seen.skipped)


def _visible(part: Found, overlay: Overlay, level: int) -> Found:
    return Found(
        [a for a in part.artifacts if overlay.visible(outer(a.path), level)],
        [s for s in part.skipped if overlay.visible(outer(s.path), level)],
        [m for m in part.metadata if overlay.visible(m[0], level)],
        [p for p in part.installed if overlay.visible(p, level)],
        part.modified, part.files, part.bytes,
    )


def outer(path: str) -> str:
    """Return the path of the layer's own file that holds what is at `path`."""
    return path.partition("!/")[0]


def image_records(
    image: Image, identifier: Identifier, blob: Callable[[str], bytes], number: int,
) -> Iterator[Artifact | Skipped]:
    """Yield the image itself as an artifact: what its configuration, history and attestations say built it."""
    reading = image_reading(image.config, image.manifest, image.annotations)
    try:
        for name, statement in statements(image, blob):
            _attested(reading, identifier, name, statement)
    except Damaged as damage:
        yield Skipped(number, "", f"what is stated about the image: {damage}")
    verdict = identifier.verdict(reading, identifier.engine.apply(None, reading))
    digest = (image.digest or "").removeprefix("sha256:") or hashlib.sha256(image.config).hexdigest()
    yield Artifact(
        number, image.ref or "", None, digest, len(image.config), verdict.format, None, verdict.built_by, verdict.facts,
    )


def _attested(reading: Reading, identifier: Identifier, name: str, data: bytes) -> None:
    """Add what an attestation about the image declares."""
    path = f"{name.partition(':')[2]}.intoto.json"
    form = identify_format(path, data[:4096])
    if form is not None:
        stated = identifier.read(form, BytesView(data), path)
        reading.surfaces += [surface._replace(path=name) for surface in stated.surfaces]
