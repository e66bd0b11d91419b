"""Images at rest: which layers make them."""

import json
from typing import Any

import pytest

from builtby.sources.base import Damaged
from builtby.sources.images import IMAGES, LAYERS, LAYOUT, Broken, Image, images, statements, verified
from tests.pipeline.parts import digest


class Blobs:
    """Blobs by the names of their members."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def add(self, value: object) -> str:
        data = json.dumps(value).encode()
        self.held[f"blobs/{digest(data).replace(':', '/')}"] = data
        return digest(data)

    def get(self, name: str) -> bytes:
        if name not in self.held:
            raise Damaged(f"{name} is not there")
        return self.held[name]

    def images(self, index: object) -> list[Image | Broken]:
        self.held["index.json"] = json.dumps(index).encode()
        return list(images(self.held.__contains__, self.get))


def image(blobs: Blobs, layers: int, diff_ids: list[str] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    config = blobs.add({"rootfs": {"diff_ids": diff_ids or []}, **more})
    return {"digest": blobs.add({
        "config": {"digest": config}, "layers": [{"digest": f"sha256:{n:064x}"} for n in range(layers)]})}


def test_layers_are_called_by_their_diff_ids_where_these_fit() -> None:
    blobs = Blobs()
    found = blobs.images({"manifests": [image(blobs, 2, ["sha256:a", "sha256:b"]), image(blobs, 2, ["sha256:a"])]})
    names = [[layer.name for layer in one.layers] for one in found if isinstance(one, Image)]
    assert names[0] == ["sha256:a", "sha256:b"]
    assert names[1] == [f"blobs/sha256/{n:064x}" for n in range(2)]


def test_bounds() -> None:
    blobs = Blobs()
    (broken,) = blobs.images({"manifests": [image(blobs, LAYERS + 1)]})
    assert isinstance(broken, Broken)
    assert "layers" in broken.reason
    with pytest.raises(Damaged, match="more than"):
        blobs.images({"manifests": [image(blobs, 1, number=number) for number in range(IMAGES + 1)]})


@pytest.mark.parametrize("name", ["sha256:zz", "sha256", "../x:00", "sha256:" + "0" * 63 + "/", ""])
def test_what_is_no_digest_is_never_looked_up(name: str) -> None:
    with pytest.raises(Damaged, match="no digest"):
        verified(lambda _: b"", name)


def test_bytes_are_held_against_their_digest() -> None:
    assert verified(lambda _: b"x", digest(b"x")) == b"x"
    with pytest.raises(Damaged, match="not those"):
        verified(lambda _: b"y", digest(b"x"))


def test_statements_of_an_image() -> None:
    blobs = Blobs()
    subject = image(blobs, 0)
    said = blobs.add({"predicateType": "https://slsa.dev/provenance/v1"})
    attestation = blobs.add({"layers": [{"digest": said}]})
    (found,) = blobs.images({"manifests": [subject, {"digest": attestation, "annotations": {
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject["digest"]}}]})
    assert isinstance(found, Image)
    assert [name for name, _ in statements(found, blobs.get)] == [said]


def test_names_of_members_of_images() -> None:
    identity = "a" * 64
    for name in ("oci-layout", "./index.json", "manifest.json", "blobs/", f"blobs/sha256/{identity}",
                 f"{identity}.json", f"{identity}/layer.tar", "repositories"):
        assert LAYOUT.match(name), name
    for name in ("usr/", "blobs/x/../y", "index.json.bak", "etc/index.json"):
        assert not LAYOUT.match(name), name
