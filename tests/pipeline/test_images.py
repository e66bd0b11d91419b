"""Images: layers over one another, in every container that they come in."""

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from builtby.model import Artifact, Claim, Skipped
from builtby.pipeline.run import Run
from builtby.scanning import Options, scan
from tests.pipeline.parts import (
    ImageParts,
    artifacts,
    compilers,
    digest,
    elf,
    member,
    numbered,
    records,
    skipped,
    tar,
    zstd,
)

A, B, C = numbered(1), numbered(2), numbered(3)
GCC11 = elf(b"GCC: (GNU) 11.4.0\0")


def image_of(*layers: bytes) -> ImageParts:
    parts = ImageParts()
    parts.image(*layers)
    return parts


def paths(*layers: bytes, tmp_path: Path) -> list[str]:
    """What can be seen in an image of these layers."""
    return [path for path in artifacts(records(image_of(*layers).folder(tmp_path / "layout"))) if path]


def test_a_layout_in_a_folder_in_a_tar_and_compressed_says_the_same(tmp_path: Path) -> None:
    parts = image_of(tar({"usr/bin/a": A}), tar({"usr/bin/b": B}))
    (tmp_path / "plain.tar").write_bytes(tar(dict(parts.files())))
    (tmp_path / "packed.tar.gz").write_bytes(gzip.compress(tar(dict(parts.files()))))
    targets = [parts.folder(tmp_path / "layout"), tmp_path / "plain.tar", tmp_path / "packed.tar.gz"]
    seen = [[(r.path, r.layer, r.sha256, r.built_by) for r in records(t) if isinstance(r, Artifact)] for t in targets]
    assert [item[0] for item in seen[0]] == ["", "usr/bin/a", "usr/bin/b"]
    assert seen[0] == seen[1] == seen[2]


def test_layers_have_the_names_of_their_plain_bytes(tmp_path: Path) -> None:
    layers = tar({"a": A}), tar({"b": B})
    found = records(image_of(*layers).folder(tmp_path))
    assert {r.path: r.layer for r in found if isinstance(r, Artifact)} == {
        "": None, "a": digest(layers[0]), "b": digest(layers[1])}


@pytest.mark.parametrize("packed", [gzip.compress, zstd.compress, bytes], ids=["gzip", "zstd", "plain"])
def test_layers_are_packed_in_any_way(packed: object, tmp_path: Path) -> None:
    parts = ImageParts()
    parts.image(tar({"a": A}), packed=packed)
    assert compilers(records(parts.folder(tmp_path)))["a"] == "gcc 12.2.0"


def test_a_zstd_layer_of_frames_with_skippable_ones_between_is_read_to_its_end(tmp_path: Path) -> None:
    layer = tar({"a": A, "b": B})
    table = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"table"
    packed = zstd.compress(layer[:700]) + table + zstd.compress(layer[700:]) + table
    parts = ImageParts()
    parts.image(layer, packed=lambda _: packed)
    assert artifacts(records(parts.folder(tmp_path)))[1:] == ["a", "b"]


def test_a_removed_file_is_not_seen(tmp_path: Path) -> None:
    assert paths(tar({"a": A, "b": B}), tar({".wh.a": b""}), tmp_path=tmp_path) == ["b"]


def test_a_removed_folder_takes_what_is_in_it_along(tmp_path: Path) -> None:
    lower = tar({"opt/x/a": A, "opt/xy/b": B, "opt/c": C})
    assert paths(lower, tar({"opt/.wh.x": b""}), tmp_path=tmp_path) == ["opt/c", "opt/xy/b"]


def test_an_emptied_folder_keeps_what_its_own_layer_puts_there(tmp_path: Path) -> None:
    upper = tar({"opt/.wh..wh..opq": b"", "opt/b": B})
    assert paths(tar({"opt/a": A, "c": C}), upper, tmp_path=tmp_path) == ["c", "opt/b"]


def test_an_emptied_root_hides_all_below(tmp_path: Path) -> None:
    assert paths(tar({"a": A, "x/b": B}), tar({".wh..wh..opq": b"", "c": C}), tmp_path=tmp_path) == ["c"]


def test_a_file_in_the_place_of_a_folder_hides_it(tmp_path: Path) -> None:
    assert paths(tar({"opt/x/a": A}), tar({"opt/x": B}), tmp_path=tmp_path) == ["opt/x"]


def test_a_link_in_the_place_of_a_file_hides_it(tmp_path: Path) -> None:
    assert paths(tar({"a": A}), tar({"a": member("a", tarfile.SYMTYPE, "b")}), tmp_path=tmp_path) == []


def test_a_file_that_is_added_again_is_seen_as_it_is_now(tmp_path: Path) -> None:
    found = records(image_of(tar({"a": A}), tar({".wh.a": b""}), tar({"a": GCC11})).folder(tmp_path))
    assert compilers(found)["a"] == "gcc 11.4.0"
    assert artifacts(found) == ["", "a"]


def test_markers_of_the_layer_format_itself_remove_nothing(tmp_path: Path) -> None:
    assert paths(tar({"a": A}), tar({".wh..wh.plnk": b"", ".wh..wh.aufs": b""}), tmp_path=tmp_path) == ["a"]


def test_every_image_of_an_index_is_a_target(tmp_path: Path) -> None:
    parts = ImageParts()
    parts.image(tar({"a": A}), annotations={"org.opencontainers.image.ref.name": "one"})
    parts.image(tar({"b": B}), annotations={"org.opencontainers.image.ref.name": "two"})
    run = scan(parts.folder(tmp_path))
    found = list(run)
    assert [target.ref.rpartition(":")[2] for target in run.targets] == ["one", "two"]
    assert {r.path: r.target for r in found if isinstance(r, Artifact) and r.path in ("a", "b")} == {"a": 0, "b": 1}


def test_an_image_named_many_times_is_looked_at_once(tmp_path: Path) -> None:
    parts = image_of(tar({"a": A}))
    parts.manifests *= 500
    run = scan(parts.folder(tmp_path))
    assert artifacts(list(run)) == ["", "a"]
    assert len(run.targets) == 1


def test_an_index_in_an_index(tmp_path: Path) -> None:
    parts = image_of(tar({"a": A}))
    inner = parts.json({"schemaVersion": 2, "manifests": parts.manifests})
    parts.manifests = [{"digest": inner, "mediaType": "application/vnd.oci.image.index.v1+json"}]
    assert artifacts(records(parts.folder(tmp_path))) == ["", "a"]


def test_an_index_without_end_is_refused(tmp_path: Path) -> None:
    parts = ImageParts()
    for _ in range(8):
        parts.manifests = [{"digest": parts.json({"manifests": parts.manifests})}]
    assert "nested too deeply" in skipped(records(parts.folder(tmp_path)))[""]


def test_an_attestation_declares_for_its_image(tmp_path: Path) -> None:
    parts = ImageParts()
    subject = parts.image(tar({"a": A}))
    statement = parts.json({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "image", "digest": {"sha256": subject[7:]}}],
        "predicate": {"buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"},
                      "runDetails": {"builder": {"id": ""}, "metadata": {}}}})
    manifest = parts.json({"schemaVersion": 2, "layers": [{"digest": statement}]})
    parts.manifests.append({"digest": manifest, "annotations": {
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject}})
    found = records(parts.folder(tmp_path))
    image = next(r for r in found if isinstance(r, Artifact) and r.path == "")
    assert [(tool.tool, tool.claim) for tool in image.built_by] == [("buildkit", Claim.DECLARED)]
    assert artifacts(found) == ["", "a"]


def test_a_missing_attestation_does_not_keep_the_image_from_being_looked_at(tmp_path: Path) -> None:
    parts = ImageParts()
    subject = parts.image(tar({"a": A}))
    parts.manifests.append({"digest": digest(b"gone"), "annotations": {
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject}})
    found = records(parts.folder(tmp_path))
    assert artifacts(found) == ["", "a"]
    assert "what is stated about the image" in skipped(found)[""]


@pytest.mark.parametrize("form", ["folder", "tar", "tar.gz"])
def test_of_an_image_with_a_missing_layer_the_others_are_looked_at(form: str, tmp_path: Path) -> None:
    layers = tar({"a": A}), tar({"b": B}), tar({"c": C})
    parts = image_of(*layers)
    manifest = json.loads(parts.blobs[parts.manifests[0]["digest"]])
    del parts.blobs[manifest["layers"][1]["digest"]]
    target = tmp_path / form
    if form == "folder":
        parts.folder(target)
    else:
        archive = tar(dict(parts.files()))
        target.write_bytes(gzip.compress(archive) if form == "tar.gz" else archive)
    found = records(target)
    assert artifacts(found) == ["", "a", "c"]
    assert [r.reason.startswith("layer ") for r in found if isinstance(r, Skipped)] == [True]


def test_an_image_that_is_damaged_does_not_keep_the_next_from_being_looked_at(tmp_path: Path) -> None:
    parts = ImageParts()
    parts.manifests.append({"digest": digest(b"gone")})
    parts.manifests.append({"digest": "no digest at all"})
    parts.manifests.append({"digest": parts.blob(b"no json")})
    parts.image(tar({"a": A}))
    found = records(parts.folder(tmp_path))
    assert artifacts(found) == ["", "a"]
    assert sum(isinstance(record, Skipped) and not record.expected for record in found) == 3


def test_platforms_that_were_left_out_are_expected_to_be_missing(tmp_path: Path) -> None:
    parts = image_of(tar({"a": A}))
    parts.manifests.append({"digest": digest(b"other"), "platform": {"architecture": "arm64", "os": "linux"}})
    found = records(parts.folder(tmp_path))
    assert [record.expected for record in found if isinstance(record, Skipped)] == [True]


def test_a_manifest_that_is_not_what_its_digest_names_is_refused(tmp_path: Path) -> None:
    parts = image_of(tar({"a": A}))
    wanted = parts.manifests[0]["digest"]
    parts.blobs[wanted] = parts.blobs[wanted] + b" "
    found = records(parts.folder(tmp_path))
    assert artifacts(found) == []
    assert "not those that its digest names" in skipped(found)[""]


@pytest.mark.parametrize("cut", [80, 150, 200])
def test_of_a_layer_that_is_cut_off_the_beginning_stands(cut: int, tmp_path: Path) -> None:
    layer = tar({"a": A, "b": B})
    parts = ImageParts()
    parts.image(tar({"c": C}), layer, packed=lambda data: gzip.compress(data)[: -cut if data == layer else None])
    found = records(parts.folder(tmp_path))
    assert "c" in artifacts(found)
    assert f"layer {digest(layer)}" in skipped(found)[""]


def docker_save(layers: dict[str, bytes | tarfile.TarInfo], names: list[str]) -> bytes:
    """An archive as `docker save` writes it."""
    named = "0" * 64 + ".json"
    manifest = [{"Config": named, "RepoTags": ["app:1"], "Layers": names}]
    plain = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    return tar({**layers, named: json.dumps(plain).encode(), "manifest.json": json.dumps(manifest).encode()})


def test_what_docker_save_writes(tmp_path: Path) -> None:
    (tmp_path / "saved.tar").write_bytes(docker_save(
        {"blobs/sha256/" + "1" * 64: tar({"a": A}), "blobs/sha256/" + "2" * 64: tar({"b": B})},
        ["blobs/sha256/" + "1" * 64, "blobs/sha256/" + "2" * 64]))
    run = scan(tmp_path / "saved.tar")
    assert artifacts(list(run)) == ["a", "app:1", "b"]
    assert (run.targets[0].kind, run.targets[0].ref) == ("docker-archive", f"{tmp_path}/saved.tar:app:1")


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_old_docker_saved_with_equal_layers_as_links(packed: object, tmp_path: Path) -> None:
    one, two, three = "1" * 64, "2" * 64, "3" * 64
    saved = docker_save({
        f"{one}/VERSION": b"1.0", f"{one}/json": b"{}", f"{one}/layer.tar": tar({"a": A}),
        f"{two}/VERSION": b"1.0",
        f"{two}/layer.tar": member(f"{two}/layer.tar", tarfile.SYMTYPE, f"../{one}/layer.tar"),
        f"{three}/layer.tar": tar({"b": B}),
    }, [f"{name}/layer.tar" for name in (one, two, three)])
    (tmp_path / "saved.tar").write_bytes(packed(saved))  # type: ignore[operator]  # a parameter
    found = records(tmp_path / "saved.tar")
    assert sorted(path for path in artifacts(found) if path != "app:1") == ["a", "b"]
    assert skipped(found) == {}


def test_layers_beside_names_that_lead_out_of_the_layout(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(tar({"a": A}))
    layout = tmp_path / "layout"
    (layout / "x").mkdir(parents=True)
    (layout / "x/layer.tar").write_bytes(tar({"b": B}))
    (layout / "c.json").write_bytes(b"{}")
    manifest = [{"Config": "c.json", "Layers": ["../secret", "/etc/passwd", "x/layer.tar"]}]
    (layout / "manifest.json").write_text(json.dumps(manifest))
    found = records(layout)
    assert [path for path in artifacts(found) if path] == ["b"]
    assert sum("leads out of the layout" in r.reason for r in found if isinstance(r, Skipped)) == 2


def test_two_images_that_share_a_layer_have_it_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ImageParts()
    parts.image(tar({"a": A}), tar({"b": B}))
    parts.image(tar({"a": A}), tar({"c": C}))
    told: list[str] = []
    monkeypatch.setattr(Run, "_looked_at", lambda _self, _size, name: told.append(name))
    found = list(scan(parts.folder(tmp_path), options=Options()))
    assert sorted(path for path in artifacts(found) if path) == ["a", "a", "b", "c"]
    assert len(told) == len(set(told)) == 3
