"""Bills of materials, provenance and packages' own metadata: what they declare of tools."""

import base64
import json
from pathlib import Path

import pytest

from builtby.formats.base import Format, Reading
from builtby.formats.pkgmeta import FORMATS
from builtby.formats.provenance import FORMAT as PROVENANCE
from builtby.formats.provenance import purl_named
from builtby.formats.registry import identify
from builtby.formats.sbom import FORMAT as SBOM
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import Claim
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parent.parent / "fixtures/packages"
META = {form.name: form for form in FORMATS}


def read(form: Format, data: bytes | dict[str, object], path: str = "x") -> Reading:
    return form.read(BytesView(data if isinstance(data, bytes) else json.dumps(data).encode()), path)


def tools(reading: Reading) -> list[tuple[str, str | None, Claim]]:
    found = resolve(Engine(catalogue()).apply(None, reading), reading.facts)
    return [(tool.tool, tool.version, tool.claim) for tool in found]


def cyclonedx(**parts: object) -> dict[str, object]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", **parts}


GCC = {"type": "application", "name": "gcc", "version": "13.2.0"}


@pytest.mark.parametrize("document", [
    cyclonedx(formulation=[{"components": [GCC]}]),
    cyclonedx(metadata={"tools": {"components": [GCC, {"name": "syft", "version": "1.18.1"}]}}),
    cyclonedx(metadata={"tools": [{"vendor": "GNU", "name": "gcc", "version": "13.2.0"}]}),
])
def test_cyclonedx_declares_a_compiler_where_it_belongs_and_where_it_does_not(document: dict[str, object]) -> None:
    assert tools(read(SBOM, document)) == [("gcc", "13.2.0", Claim.DECLARED)]


def test_cyclonedx_names_its_subject() -> None:
    component = {"name": "app", "version": "1", "hashes": [{"alg": "SHA-256", "content": "AB" * 32}]}
    facts = read(SBOM, cyclonedx(metadata={"component": component})).facts
    assert (facts["standard"], facts["subject"], facts["subject.sha256"]) == ("CycloneDX 1.6", "app 1", "ab" * 32)


def test_cyclonedx_in_xml() -> None:
    document = (
        b'<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><tools><components>'
        b'<component type="application"><name>rustc</name><version>1.77.0</version></component></components></tools>'
        b"</metadata><components><component><name>gcc</name><version>1.0</version></component></components></bom>"
    )
    reading = read(SBOM, document, "bom.xml")
    assert tools(reading) == [("rustc", "1.77.0", Claim.DECLARED)]
    assert reading.facts["standard"] == "CycloneDX 1.5"


def test_spdx_2_declares_build_tools_and_not_other_packages() -> None:
    document: dict[str, object] = {
        "spdxVersion": "SPDX-2.3", "creationInfo": {"creators": ["Tool: apko (devel)", "Organization: x"]},
        "packages": [{"SPDXID": "A", "name": "gcc", "versionInfo": "12.2.0"},
                     {"SPDXID": "B", "name": "clang", "versionInfo": "14.0.6"}],
        "relationships": [{"spdxElementId": "A", "relationshipType": "BUILD_TOOL_OF", "relatedSpdxElement": "C"}],
    }
    assert tools(read(SBOM, document)) == [
        ("gcc", "12.2.0", Claim.DECLARED), ("apko", None, Claim.DECLARED),
    ]


def test_spdx_3_declares_what_a_build_used() -> None:
    document: dict[str, object] = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
        {"type": "software_Package", "spdxId": "gcc", "name": "gcc", "software_packageVersion": "12.2.0"},
        {"type": "LifecycleScopedRelationship", "relationshipType": "usesTool", "from": "b", "to": ["gcc", "none"]},
        {"type": "build_Build", "spdxId": "b", "build_buildType": "https://example.org/make"},
    ]}
    reading = read(SBOM, document)
    assert tools(reading) == [("gcc", "12.2.0", Claim.DECLARED)]
    assert ("sbom.build_type", "https://example.org/make") in [(s.kind, s.value) for s in reading.surfaces]


STATEMENT: dict[str, object] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "app", "digest": {"sha256": "ab" * 32}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {
            "buildType": "https://mobyproject.org/buildkit@v1",
            "resolvedDependencies": [
                {"uri": "pkg:generic/go@1.21.5", "digest": {"sha256": "cd" * 32}},
                {"uri": "pkg:docker/golang@1.21?platform=linux%2Famd64"},
            ],
        },
        "runDetails": {"builder": {"id": "https://example.org/builder", "version": {"cmake": "3.25.1"}}},
    },
}
ENVELOPE = {"payloadType": "application/vnd.in-toto+json", "signatures": [],
            "payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode()}


@pytest.mark.parametrize("document", [
    STATEMENT, ENVELOPE, {"dsseEnvelope": ENVELOPE, "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"},
    {"attestations": [{"predicateType": "x", "bundle": {"dsseEnvelope": ENVELOPE}}]},
    {"version": 1, "attestation_bundles": [{"attestations": [{"envelope": {
        "statement": base64.b64encode(json.dumps(STATEMENT).encode()).decode(), "signature": "x"}}]}]},
])
def test_provenance_is_read_out_of_whatever_it_is_wrapped_in(document: dict[str, object]) -> None:
    reading = read(PROVENANCE, document)
    assert set(tools(reading)) == {
        ("go", "1.21.5", Claim.DECLARED), ("buildkit", None, Claim.DECLARED), ("cmake", "3.25.1", Claim.DECLARED),
    }
    assert reading.facts["subject.sha256"] == "ab" * 32
    assert ("slsa.builder", "https://example.org/builder") in [(s.kind, s.value) for s in reading.surfaces]


def test_provenance_one_statement_a_line() -> None:
    line = json.dumps(ENVELOPE).encode()
    assert len(read(PROVENANCE, line + b"\n" + line + b"\n").surfaces) == 12


def test_provenance_of_the_first_version() -> None:
    old = {**STATEMENT, "predicateType": "https://slsa.dev/provenance/v0.2", "predicate": {
        "builder": {"id": "b"}, "buildType": "t", "materials": [{"uri": "pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1"}]}}
    assert tools(read(PROVENANCE, old)) == [("gcc", "12.2.0", Claim.DECLARED)]


@pytest.mark.parametrize(("purl", "text"), [
    ("pkg:generic/gcc@13.2.0", "generic:gcc 13.2.0"), ("pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1?arch=amd64",
                                                         "deb:gcc-12 12.2.0-14+deb12u1"), ("pkg:", ":"),
])
def test_package_urls_become_names(purl: str, text: str) -> None:
    assert purl_named(purl) == text


def test_a_statement_wrapped_too_often_is_left() -> None:
    document: object = STATEMENT
    for _ in range(50):
        document = {"bundle": document}
    assert read(PROVENANCE, json.dumps(document).encode()).problem is not None


def test_arch_packages() -> None:
    build = read(META["arch-buildinfo"], (FIXTURES / "arch.BUILDINFO").read_bytes(), ".BUILDINFO")
    assert tools(build) == [("pacman", "6.0.2", Claim.DECLARED)]
    assert build.facts["machine"] == "x86_64"
    info = read(META["pkginfo"], (FIXTURES / "arch.PKGINFO").read_bytes(), ".PKGINFO")
    assert tools(info) == [("pacman", "6.0.2", Claim.OBSERVED)]


def test_what_was_installed_for_an_arch_package_is_declared_of_compiled_ones_only() -> None:
    text = (b"format = 2\npkgarch = %s\nbuildtool = devtools\nbuildtoolver = 1:1.2.1-1-any\n"
            b"installed = go-2:1.17-1-x86_64\n")
    assert set(tools(read(META["arch-buildinfo"], text % b"x86_64"))) == {
        ("go", "1.17", Claim.DECLARED), ("devtools", "1.2.1", Claim.DECLARED),
    }
    assert tools(read(META["arch-buildinfo"], text % b"any")) == [("devtools", "1.2.1", Claim.DECLARED)]


def test_alpine_packages() -> None:
    text = b"# Generated by abuild 3.9.0-r0\n# using fakeroot version 1.25.3\npkgname = a\narch = aarch64\n"
    reading = read(META["pkginfo"], text)
    assert tools(reading) == [("abuild", "3.9.0", Claim.OBSERVED)]
    assert reading.facts == {"name": "a", "machine": "aarch64"}
    assert tools(read(META["pkginfo"], b"# Generated by melange 0.6.4\npkgname = a\n")) == [
        ("melange", "0.6.4", Claim.OBSERVED),
    ]


def test_debian_packages() -> None:
    text = (FIXTURES / "control").read_bytes()
    assert read(META["deb-control"], text).facts["name"] == "hi"
    built = read(META["deb-control"], text + b"Built-Using: gcc-12 (= 12.2.0-14),\n golang-1.19 (= 1.19.8-2)\n")
    assert [surface.kind for surface in built.surfaces] == ["deb.control"]
    assert "golang-1.19 (= 1.19.8-2)" in built.surfaces[0].value


def test_conda_packages() -> None:
    about = read(META["conda-about"], {"conda_build_version": "3.24.0", "conda_version": "23.1.0"})
    assert tools(about) == [("conda-build", "3.24.0", Claim.OBSERVED)]
    recipe = b"build_configuration: {}\nsystem_tools:\n  rattler-build: 0.12.1\n  git: 2.40\nextra: 1\n"
    assert tools(read(META["conda-recipe"], recipe)) == [("rattler-build", "0.12.1", Claim.OBSERVED)]
    index = read(META["conda-index"], {"name": "a", "version": "1", "subdir": "linux-64"})
    assert index.facts == {"name": "a", "version": "1", "machine": "linux-64"}


@pytest.mark.parametrize(("path", "head", "name"), [
    ("a/bom.json", b'{"bomFormat": "CycloneDX"', "sbom"),
    ("x.spdx.json", b'{\n  "SPDXID": "SPDXRef-DOCUMENT",\n  "spdxVersion": "SPDX-2.3"', "sbom"),
    ("a.intoto.jsonl", b'{"payloadType":"application/vnd.in-toto+json","payload":"', "provenance"),
    (".PKGINFO", b"# Generated by abuild 3.9.0-r0\n", "pkginfo"),
    ("./control", b"Package: hi\nVersion: 1.0\n", "deb-control"),
    ("info/about.json", b'{"conda_build_version": "3.24.0"', "conda-about"),
])
def test_files_are_known(path: str, head: bytes, name: str) -> None:
    found = identify(path, head)
    assert found is not None
    assert (found.name, found.hoist) == (name, True)


@pytest.mark.parametrize(("path", "head"), [
    ("bom.json", b'{"pieces": []}'), ("control", b"Some text"), ("about.json", b"{}"), ("a/index.json", b'{"a": 1}'),
    ("x.sigstore", b'{"mediaType": "other"}'),
])
def test_other_files_of_the_same_name_are_not(path: str, head: bytes) -> None:
    assert identify(path, head) is None


@pytest.mark.parametrize("form", [SBOM, PROVENANCE, *FORMATS], ids=lambda form: form.name)
@pytest.mark.parametrize("data", [
    b"", b"\0" * 4096, b"\xff\xfe" * 999, b"{", b"[" * 200_000, b'{"a": ' * 5000, b"<tools" * 9999, b"#" * 9999,
    b'{"bomFormat": 1, "formulation": {"components": {"name": 4}}, "metadata": []}', b'[1, [2, {"payload": "%%%"}]]',
    b'{"spdxVersion": [], "creationInfo": {"creators": [1]}, "relationships": [1]}', b'{"payload": 3, "bundle": [[]]}',
    b'{"@graph": [{"type": 3}, {"type": "Relationship", "relationshipType": "usesTool", "to": {}}], "x": 1}',
    b'{"_type": "https://in-toto.io/Statement/v1", "subject": 3, "predicate": {"materials": [{"uri": 3}]}}',
    b"system_tools:\n" * 9, b"installed = ---\nformat = \n", b" = \n = ", b"<tools><tool><name>" + b"x" * 9999,
])
def test_no_bytes_make_a_reader_raise(form: Format, data: bytes) -> None:
    assert read(form, data).format == form.name
