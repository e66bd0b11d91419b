"""Container images at rest: which layers make them, in OCI layouts and in what `docker save` writes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from builtby.sources.base import Damaged

LAYOUT = re.compile(
    r"(?:\./)?(?:oci-layout|index\.json|manifest\.json|repositories|blobs(?:/[a-z0-9]+(?:/[0-9a-f]*)?)?/?"
    r"|[0-9a-f]{64}(?:\.json|\.tar|/(?:layer\.tar|json|VERSION)?)?)\Z"
)
"""Names of the members that an image's archive consists of."""
JSON_LIMIT = 8 << 20
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_DEPTH = 4
Blob = Callable[[str], bytes]
"""Returns the bytes of a member by name; raises Damaged when it is not there or too large."""


class Layer(NamedTuple):
    """A layer: the archive's member that holds it, and the name that users know it by (its diff id)."""

    member: str
    name: str


class Image(NamedTuple):
    """One image of one platform."""

    ref: str | None
    digest: str | None
    config: bytes
    manifest: bytes
    annotations: dict[str, str]
    layers: tuple[Layer, ...]
    attestations: tuple[str, ...] = ()
    """Members that hold in-toto statements about this image."""


def images(names: set[str], blob: Blob) -> Iterator[Image]:
    """Yield the images of an archive or a layout with members `names`. Raises Damaged for what is missing."""
    if "index.json" in names:
        yield from _oci(_object(blob("index.json"), "index.json"), blob, _DEPTH, {})
    elif "manifest.json" in names:
        yield from _docker(blob)
    else:
        raise Damaged("neither index.json nor manifest.json is there: no image can be put together")


def _docker(blob: Blob) -> Iterator[Image]:
    raw = blob("manifest.json")
    entries = _parsed(raw, "manifest.json")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        config = blob(str(entry.get("Config")))
        members = [str(layer) for layer in _list(entry.get("Layers"))]
        tags = [str(tag) for tag in _list(entry.get("RepoTags"))]
        yield Image(tags[0] if tags else None, None, config, raw, {}, _layers(members, config))


def _oci(index: dict[str, Any], blob: Blob, depth: int, inherited: dict[str, str]) -> Iterator[Image]:
    if depth == 0:
        raise Damaged("image indexes are nested too deeply")
    descriptors = [entry for entry in _list(index.get("manifests")) if isinstance(entry, dict)]
    attested = _attestations(descriptors, blob)
    for descriptor in descriptors:
        annotations = inherited | _strings(descriptor.get("annotations"))
        if "vnd.docker.reference.type" in annotations:
            continue
        digest = str(descriptor.get("digest"))
        raw = blob(_member(digest))
        manifest = _object(raw, digest)
        media = descriptor.get("mediaType") or manifest.get("mediaType")
        if media in _INDEXES or "manifests" in manifest:
            yield from _oci(manifest, blob, depth - 1, annotations)
        else:
            yield _image(digest, raw, manifest, annotations, blob, attested.get(digest, ()))


def _image(
    digest: str, raw: bytes, manifest: dict[str, Any], annotations: dict[str, str], blob: Blob,
    attestations: tuple[str, ...],
) -> Image:
    config_digest = str(_dict(manifest.get("config")).get("digest"))
    config = blob(_member(config_digest))
    members = [_member(str(layer.get("digest"))) for layer in _list(manifest.get("layers")) if isinstance(layer, dict)]
    annotations = annotations | _strings(manifest.get("annotations"))
    ref = annotations.get("io.containerd.image.name") or annotations.get("org.opencontainers.image.ref.name")
    return Image(ref, digest, config, raw, annotations, _layers(members, config), attestations)


def _attestations(descriptors: list[dict[str, Any]], blob: Blob) -> dict[str, tuple[str, ...]]:
    """BuildKit keeps statements about an image in a manifest beside it."""
    found: dict[str, tuple[str, ...]] = {}
    for descriptor in descriptors:
        annotations = _strings(descriptor.get("annotations"))
        subject = annotations.get("vnd.docker.reference.digest")
        if subject and annotations.get("vnd.docker.reference.type") == "attestation-manifest":
            manifest = _object(blob(_member(str(descriptor.get("digest")))), "attestation manifest")
            layers = [layer for layer in _list(manifest.get("layers")) if isinstance(layer, dict)]
            found[subject] = tuple(_member(str(layer.get("digest"))) for layer in layers)
    return found


def _layers(members: list[str], config: bytes) -> tuple[Layer, ...]:
    diff_ids = _list(_dict(_object(config, "the image's configuration").get("rootfs")).get("diff_ids"))
    if len(diff_ids) != len(members):
        diff_ids = [member.removesuffix("/layer.tar") for member in members]
    return tuple(Layer(member, str(name)) for member, name in zip(members, diff_ids, strict=True))


def _member(digest: str) -> str:
    algorithm, colon, value = digest.partition(":")
    if not colon or not re.fullmatch(r"[a-z0-9]+", algorithm) or not re.fullmatch(r"[0-9a-f]{32,128}", value):
        raise Damaged(f"{digest[:100]!r} is no digest")
    return f"blobs/{algorithm}/{value}"


def _parsed(raw: bytes, name: str) -> Any:  # noqa: ANN401  # JSON
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{name} is no JSON: {error}") from error


def _object(raw: bytes, name: str) -> dict[str, Any]:
    parsed = _parsed(raw, name)
    if not isinstance(parsed, dict):
        raise Damaged(f"{name} is no JSON object")
    return parsed


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> dict[str, str]:
    return {str(key): item for key, item in _dict(value).items() if isinstance(item, str)}
