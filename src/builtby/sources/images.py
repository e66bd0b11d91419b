"""Container images at rest: which layers make them, in OCI layouts and in what `docker save` writes."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from builtby.sources.base import Damaged

LAYOUT = re.compile(
    r"(?:\./)?(?:oci-layout|index\.json|manifest\.json|repositories|blobs(?:/[a-z0-9]+(?:/[0-9a-f]*)?)?/?"
    r"|config\.json|(?:sha256:)?[0-9a-f]{64}(?:\.json|\.tar(?:\.gz)?|/(?:layer\.tar|json|VERSION)?)?)\Z"
)
"""Names of the members that an image's archive consists of."""
JSON_LIMIT = 8 << 20
IMAGES = 256
"""Images in one archive or layout."""
LAYERS = 512
"""Layers of one image; container engines stop at 127."""
STATEMENTS = 16
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_DEPTH = 4
Blob = Callable[[str], bytes]
"""Returns the bytes of a member by name; raises Damaged when it is not there or too large."""


class Layer(NamedTuple):
    """A layer: the archive's member that holds it, and the name that users know it by (its diff id)."""

    member: str
    name: str


class Broken(NamedTuple):
    """An image that cannot be put together. `expected`: it is that of another platform, left out on purpose."""

    name: str
    reason: str
    expected: bool = False


class Image(NamedTuple):
    """One image of one platform."""

    ref: str | None
    digest: str | None
    config: bytes
    manifest: bytes
    annotations: dict[str, str]
    layers: tuple[Layer, ...]
    attestations: tuple[str, ...] = ()
    """Digests of the manifests of what is stated about this image."""


def images(has: Callable[[str], bool], blob: Blob) -> Iterator[Image | Broken]:
    """Yield the images of an archive or a layout, each once; `has` tells whether there is a member of a name.

    Raises Damaged when the table of images cannot be read; an image of which something is missing is Broken.
    """
    if has("index.json"):
        index = _object(blob("index.json"), "index.json")
        for number, image in enumerate(_Index(has, blob).images(index, _DEPTH, {})):
            if number == IMAGES:
                raise Damaged(f"there are more than {IMAGES} images in one target; the rest was not looked at")
            yield image
    elif has("manifest.json"):
        yield from _docker(blob)
    else:
        raise Damaged("neither index.json nor manifest.json is there: no image can be put together")


def _docker(blob: Blob) -> Iterator[Image | Broken]:
    raw = blob("manifest.json")
    entries = _parsed(raw, "manifest.json")
    for entry in entries[:IMAGES] if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        tags = [str(tag) for tag in _list(entry.get("RepoTags"))]
        try:
            config = blob(str(entry.get("Config")))
            members = [str(layer) for layer in _list(entry.get("Layers"))]
            yield Image(tags[0] if tags else None, None, config, raw, {}, _layers(members, config))
        except Damaged as damage:
            yield Broken(tags[0] if tags else "", str(damage))


class _Index:
    """The indexes of one layout, which may hold one another, and name an image more than once."""

    def __init__(self, has: Callable[[str], bool], blob: Blob) -> None:
        self._has, self._blob = has, blob
        self._seen: set[str] = set()

    def images(self, index: dict[str, Any], depth: int, inherited: dict[str, str]) -> Iterator[Image | Broken]:
        if depth == 0:
            raise Damaged("image indexes are nested too deeply")
        descriptors = [entry for entry in _list(index.get("manifests")) if isinstance(entry, dict)]
        attested = _attestations(descriptors)
        partly = any(self._there(descriptor) for descriptor in descriptors)
        for descriptor in descriptors:
            annotations = inherited | _strings(descriptor.get("annotations"))
            digest = str(descriptor.get("digest"))
            if "vnd.docker.reference.type" in annotations or digest in self._seen:
                continue
            self._seen.add(digest)
            try:
                yield from self._entry(descriptor, digest, annotations, attested.get(digest, ()), depth)
            except Damaged as damage:
                elsewhere = partly and "platform" in descriptor and not self._there(descriptor)
                yield Broken(digest, str(damage), elsewhere)

    def _there(self, descriptor: dict[str, Any]) -> bool:
        return self._has(f"blobs/{str(descriptor.get('digest')).replace(':', '/')}")

    def _entry(
        self, descriptor: dict[str, Any], digest: str, annotations: dict[str, str], attested: tuple[str, ...],
        depth: int,
    ) -> Iterator[Image | Broken]:
        raw = verified(self._blob, digest)
        manifest = _object(raw, digest)
        media = descriptor.get("mediaType") or manifest.get("mediaType")
        if media in _INDEXES or "manifests" in manifest:
            yield from self.images(manifest, depth - 1, annotations)
        else:
            yield _image(digest, raw, manifest, annotations, self._blob, attested)


def _image(
    digest: str, raw: bytes, manifest: dict[str, Any], annotations: dict[str, str], blob: Blob,
    attestations: tuple[str, ...],
) -> Image:
    config = verified(blob, str(_dict(manifest.get("config")).get("digest")))
    members = [_member(str(layer.get("digest"))) for layer in _list(manifest.get("layers")) if isinstance(layer, dict)]
    annotations = annotations | _strings(manifest.get("annotations"))
    ref = annotations.get("io.containerd.image.name") or annotations.get("org.opencontainers.image.ref.name")
    return Image(ref, digest, config, raw, annotations, _layers(members, config), attestations)


def _attestations(descriptors: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """BuildKit keeps statements about an image in a manifest beside it; return these by the image's digest."""
    found: dict[str, tuple[str, ...]] = {}
    for descriptor in descriptors:
        annotations = _strings(descriptor.get("annotations"))
        subject = annotations.get("vnd.docker.reference.digest")
        if subject and annotations.get("vnd.docker.reference.type") == "attestation-manifest":
            found[subject] = (*found.get(subject, ()), str(descriptor.get("digest")))
    return found


def statements(image: Image, blob: Blob) -> Iterator[tuple[str, bytes]]:
    """Yield the in-toto statements about an image, each with its digest. Raises Damaged for one that is missing."""
    for attestation in image.attestations[:STATEMENTS]:
        manifest = _object(verified(blob, attestation), "an attestation's manifest")
        for layer in _list(manifest.get("layers"))[:STATEMENTS]:
            digest = str(_dict(layer).get("digest"))
            yield digest, verified(blob, digest)


def verified(blob: Blob, digest: str) -> bytes:
    """Return a small blob's bytes. Raises Damaged when it is not there or they are not what the digest says."""
    data = blob(_member(digest))
    algorithm, _, wanted = digest.partition(":")
    if algorithm in {"sha256", "sha512"} and hashlib.new(algorithm, data).hexdigest() != wanted:
        raise Damaged(f"the bytes of {digest} are not those that its digest names")
    return data


def _layers(members: list[str], config: bytes) -> tuple[Layer, ...]:
    if len(members) > LAYERS:
        raise Damaged(f"the image has more than {LAYERS} layers")
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
