"""Who built an image, from configurations that the builders themselves wrote."""

import base64
import json
from pathlib import Path

import pytest

from builtby.formats.image import image_reading
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy, Role

FIXTURES = Path(__file__).parent.parent / "fixtures/image"


def tools(config: bytes, manifest: bytes = b"") -> list[BuiltBy]:
    reading = image_reading(config, manifest)
    return list(resolve(Engine(catalogue()).apply(None, reading), reading.facts))


def short(config: bytes | dict[str, object]) -> list[tuple[str, str | None]]:
    found = tools(config if isinstance(config, bytes) else json.dumps(config).encode())
    assert all(tool.role is Role.IMAGE_BUILDER for tool in found)
    return [(tool.tool, tool.version) for tool in found]


def history(*entries: dict[str, str], **more: object) -> dict[str, object]:
    return {"os": "linux", "architecture": "amd64", "history": list(entries), **more}


@pytest.mark.parametrize(("name", "wanted"), [
    ("buildah.json", [("buildah", "1.28.2")]),
    ("jib.json", [("jib", "3.4.4")]),
    ("ko.json", [("ko", None)]),
])
def test_images_that_were_really_built(name: str, wanted: list[tuple[str, str | None]]) -> None:
    """The image of ko stands on that of Buildah, whose label it inherited: ko built it all the same."""
    assert short((FIXTURES / name).read_bytes()) == wanted


def test_facts() -> None:
    manifest = b'{"mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    reading = image_reading((FIXTURES / "buildah.json").read_bytes(), manifest)
    assert reading.format == "oci-image"
    assert (reading.facts["os"], reading.facts["machine"], reading.facts["manifest"]) == ("linux", "amd64", "oci")


def test_dockerfile_built_by_buildkit() -> None:
    entry = {"created_by": "RUN /bin/sh -c apk add git # buildkit", "comment": "buildkit.dockerfile.v0"}
    assert short(history(entry)) == [("buildkit", None)]
    info = base64.b64encode(b'{"frontend": "dockerfile.v0"}').decode()
    assert short({"moby.buildkit.buildinfo.v1": info}) == [("buildkit", None)]
    assert short({"moby.buildkit.buildinfo.v1": "%%%"}) == [("buildkit", None)]


def test_dockerfile_built_by_the_builder_before() -> None:
    entry = {"created_by": "/bin/sh -c #(nop)  CMD [\"bash\"]"}
    assert short(history(entry, docker_version="20.10.7")) == [("docker", "20.10.7")]
    assert short(history(entry)) == []


def test_kaniko_on_apko() -> None:
    base = {"author": "apko", "created_by": "apko", "comment": "This is an apko single-layer image"}
    found = tools(json.dumps(history(
        base, {"author": "kaniko", "created_by": "COPY manager ."}, author="github.com/chainguard-dev/apko",
    )).encode())
    assert {(tool.tool, tool.detail) for tool in found} == {("kaniko", None), ("apko", "layers below")}


def test_others() -> None:
    assert short(history({"author": "Bazel", "created_by": "bazel build ..."})) == [("bazel", None)]
    store = "store paths: ['/nix/store/qz4bannv2gz2dmswvyni4pvxfx2nnckd-app-customisation-layer']"
    assert short(history({"comment": store}, {"comment": store})) == [("nix", None)]
    label = {"io.buildpacks.build.metadata": '{"launcher":{"version":"0.17.1","source":{"git":{}}}}'}
    assert short(history(config={"Labels": label})) == [("buildpacks", "0.17.1")]
    assert short(history({"created_by": "crane"})) == []


def test_an_environment_is_not_shown() -> None:
    reading = image_reading(b'{"config": {"Env": ["TOKEN=hunter2"], "Labels": {"a": "b"}}}')
    assert [surface.value for surface in reading.surfaces] == ["a=b"]


@pytest.mark.parametrize("config", [
    b"", b"[]", b"\xff", b"{", b"[" * 100_000, b'"x"', b"null",
])
def test_no_configuration_is_a_problem(config: bytes) -> None:
    assert image_reading(config).problem is not None


@pytest.mark.parametrize("config", [
    b'{"history": 1, "config": [], "created": {}, "author": 3}', b'{"history": [1, null, {"author": 4}]}',
    b'{"config": {"Labels": ["a"], "Env": "x"}}', b'{"config": {"Labels": {"a": null, "b": 3}}}',
])
def test_odd_shapes_give_less_and_never_raise(config: bytes) -> None:
    reading = image_reading(config, b'[{"Layers": [1], "annotations": 3}]', {"a": "b"})
    assert reading.problem is None
    assert [(s.kind, s.value) for s in reading.surfaces] == [("oci.annotation", "a=b")]


def test_docker_archives_show_their_layout() -> None:
    reading = image_reading(b"{}", b'[{"Config": "config.json", "Layers": ["7a55.tar.gz"]}]')
    assert [(s.kind, s.value) for s in reading.surfaces] == [
        ("oci.layout", "docker-archive config=config.json layer=7a55.tar.gz"),
    ]


def test_a_long_history_is_bounded() -> None:
    reading = image_reading(json.dumps(history(*({"created_by": str(n)} for n in range(5000)))).encode())
    assert len(reading.surfaces) == 1000
