"""A container image's own metadata: who built it stands in its configuration, history, labels and annotations.

The pipeline calls `image_reading` with the documents that it met; an image is an artifact of format `oci-image`.
Keys: OCI image-spec's config.md and annotations.md; Docker's `docker_version` and `moby.buildkit.*`.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

from builtby.formats.base import Reading
from builtby.formats.json_tools import Json, at, decode, mapping, objects, string

FORMAT_NAME = "oci-image"
MOST_HISTORY = 1000
MOST_LABELS = 500
_EPOCHS = {"1970-01-01": "unix", "0001-01-01": "zero", "1980-01-01": "1980"}


def image_reading(config: bytes, manifest: bytes = b"", annotations: Mapping[str, str] | None = None) -> Reading:
    """Return the surfaces of one image.

    `config` is its configuration, `manifest` its manifest (an entry of docker save's `manifest.json` will do),
    `annotations` those of the index's entry for it.
    """
    reading = Reading(FORMAT_NAME)
    document = decode(config)
    if not isinstance(document, dict):
        reading.problem = "the image's configuration is no JSON object"
        return reading
    _facts(reading, document)
    _history(reading, objects(document.get("history"), MOST_HISTORY))
    _config(reading, document)
    _annotations(reading, decode(manifest) if manifest else None, annotations or {})
    return reading


def _facts(reading: Reading, document: dict[str, Json]) -> None:
    for key, fact in (("os", "os"), ("architecture", "machine"), ("created", "created")):
        value = string(document.get(key))
        if value:
            reading.facts[fact] = value[:64]
    base = at(document, "config", "Labels", "org.opencontainers.image.base.name")
    if string(base):
        reading.facts["base"] = string(base)[:512]


def _history(reading: Reading, entries: list[dict[str, Json]]) -> None:
    """The last entry is by the image's own builder; those before it may be of the base image, so of another."""
    counts: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(entries):
        kind = "oci.history.top" if index == len(entries) - 1 else "oci.history"
        fields = (string(entry.get(key))[:1000] for key in ("author", "created_by", "comment"))
        named = zip(("author", "by", "comment"), fields, strict=True)
        value = "; ".join(f"{key}={text}" for key, text in named if text)
        if value:
            counts[kind, value] = counts.get((kind, value), 0) + 1
    for (kind, value), times in counts.items():
        reading.add(kind, value, times=times)


def _config(reading: Reading, document: dict[str, Json]) -> None:
    for key, kind in (("author", "oci.author"), ("docker_version", "oci.docker_version"), ("comment", "oci.comment")):
        value = string(document.get(key))
        if value:
            reading.add(kind, value)
    created = string(document.get("created"))[:10]
    if created in _EPOCHS:
        reading.add("oci.created", _EPOCHS[created])
    for name, value in sorted(mapping(at(document, "config", "Labels"), MOST_LABELS)):
        reading.add("oci.label", f"{name}={value}")
    _buildkit(reading, document)


def _buildkit(reading: Reading, document: dict[str, Json]) -> None:
    """BuildKit before 0.12 left what it had fetched, in base64; its cache's key may stand beside."""
    encoded = string(document.get("moby.buildkit.buildinfo.v1"))
    if encoded:
        try:
            info = decode(b64decode(encoded[: 1 << 20]))
        except (Base64Error, ValueError):
            info = None
        reading.add("oci.buildkit", f"buildinfo frontend={string(at(info, 'frontend')) or 'unknown'}")
    if "moby.buildkit.cache.v0" in document:
        reading.add("oci.buildkit", "cache")


def _annotations(reading: Reading, manifest: Json, index: Mapping[str, str]) -> None:
    if isinstance(manifest, list) and manifest:
        manifest = manifest[0]
    own = dict(mapping(at(manifest, "annotations"), MOST_LABELS))
    for name, value in sorted({**dict(list(index.items())[:MOST_LABELS]), **own}.items()):
        reading.add("oci.annotation", f"{name}={value}")
    kind = string(at(manifest, "mediaType"))
    if kind:
        reading.facts["manifest"] = "docker" if ".docker." in kind else "oci"
    paths = at(manifest, "Layers")
    if isinstance(paths, list) and paths and all(isinstance(path, str) for path in paths):
        reading.add("oci.layout", f"docker-archive config={string(at(manifest, 'Config'))} layer={paths[0]}")
