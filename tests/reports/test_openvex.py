"""`openvex`: matched here as grype and trivy match, by the rules of go-vex, which both use."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from packageurl import PackageURL

from builtby.model import Action, ExposureStatus, Present, Record, Role, Target
from builtby.reports.base import ReportOptions
from tests.reports.exposures import (
    BUILD_HOST,
    DATA,
    EXPLOITED,
    GO,
    IMAGE,
    LINKED,
    NOT_LINKED,
    RECORDS,
    TARGETS,
    exposed,
)
from tests.reports.records import artifact, render

SCHEMA = json.loads(Path(__file__).with_name("schemas").joinpath("openvex.json").read_text("utf-8"))
STDLIB = ("pkg:golang/stdlib@1.19.8", "pkg:golang/stdlib@v1.19.8")
APP = "pkg:oci/app@sha256:" + "e" * 64


def vex(*records: Record, name: str = "openvex", targets: tuple[Target, ...] = TARGETS) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(name, exposed(records or RECORDS, targets)))
    return document


def purls_match(ours: str, theirs: str) -> bool:
    """Tell what go-vex tells: a version or a qualifier that we leave out stands for any."""
    if not (ours.startswith("pkg:") and theirs.startswith("pkg:")):
        return False
    one, two = PackageURL.from_string(ours), PackageURL.from_string(theirs)
    same = (one.type, one.namespace, one.name) == (two.type, two.namespace, two.name)
    mine, other = dict(one.qualifiers or {}), dict(two.qualifiers or {})
    return same and one.version in (None, two.version) and all(other.get(k) == v for k, v in mine.items())


def component_matches(component: dict[str, Any], name: str) -> bool:
    ours = component["@id"]
    return ours == name or purls_match(ours, name) or name in component.get("hashes", {}).values()


def statuses(document: dict[str, Any], vulnerability: str, product: str, part: str = "") -> set[str]:
    """Return the statuses of all the statements that a scanner would find."""
    def products(statement: dict[str, Any]) -> Iterable[dict[str, Any]]:
        return (p for p in statement["products"] if component_matches(p, product) and (
            not part or "subcomponents" not in p or any(component_matches(s, part) for s in p["subcomponents"])))

    return {s["status"] for s in document["statements"]
            if vulnerability in (s["vulnerability"]["name"], *s["vulnerability"].get("aliases", ()))
            and any(True for _ in products(s))}


@pytest.mark.parametrize("name", ["openvex", "openvex-local"])
def test_it_validates(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(vex(name=name))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(render(name, exposed((), ()))))


@pytest.mark.parametrize("product", [
    f"{APP}?repository_url=registry.example%2Fteam", f"{APP}?arch=amd64&repository_url=registry.example%2Fteam%2Fapp",
    "e" * 64])
@pytest.mark.parametrize("part", STDLIB)
def test_an_image_is_found_as_grype_and_trivy_name_it(product: str, part: str) -> None:
    assert statuses(vex(), "CVE-2023-29402", product, part) == {"not_affected"}
    assert statuses(vex(), "GO-2023-1839", product, part) == {"not_affected"}
    assert statuses(vex(), "CVE-2023-29402", product, "pkg:golang/stdlib@1.20.1") == set()


def test_a_file_is_found_as_grype_names_it() -> None:
    hello, server = (f"pkg:generic/{name}@sha256:{number:064x}" for name, number in (("hello", 2), ("server", 1)))
    assert statuses(vex(), "CVE-2023-44487", hello, STDLIB[0]) == {"not_affected"}
    assert statuses(vex(), "CVE-2023-44487", server, STDLIB[0]) == {"affected"}


def test_an_installed_package_is_found_with_and_without_its_image() -> None:
    gcc = "pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12.4"
    assert statuses(vex(), "CVE-2022-27943", gcc) == {"fixed"}
    assert statuses(vex(), "CVE-2022-27943", APP, gcc) == {"fixed"}
    assert statuses(vex(), "CVE-2023-4039", gcc) == {"under_investigation"}


def test_a_hole_of_the_builder_is_not_in_the_artifact() -> None:
    statement = next(s for s in vex()["statements"] if s["vulnerability"]["name"] == "CVE-2023-29402")
    assert (statement["status"], statement["justification"]) == ("not_affected", "vulnerable_code_not_present")
    assert "the builder is what must be updated" in statement["impact_statement"]


def test_one_hole_in_an_image_is_never_hidden_by_files_without_it() -> None:
    spared = replace(EXPLOITED, status=ExposureStatus.NOT_LINKED, action=Action.NONE)
    document = vex(artifact(1, "a", GO, target=1, not_exposed=(spared,)),
                   artifact(2, "b", GO, target=1, exposures=(EXPLOITED,)),
                   artifact(3, "c", GO, target=1, not_exposed=(spared, NOT_LINKED)))
    assert statuses(document, EXPLOITED.id, APP, STDLIB[0]) == {"affected"}
    assert statuses(document, NOT_LINKED.id, APP, STDLIB[0]) == {"not_affected"}
    assert statuses(document, EXPLOITED.id, f"pkg:generic/a@sha256:{1:064x}", STDLIB[0]) == {"not_affected"}
    assert statuses(document, EXPLOITED.id, f"pkg:generic/b@sha256:{2:064x}", STDLIB[0]) == {"affected"}


def test_a_package_with_one_hole_in_it_is_affected() -> None:
    spared = replace(EXPLOITED, status=ExposureStatus.NOT_LINKED, action=Action.NONE)
    document = vex(artifact(1, "a", GO, package="pkg:deb/debian/x@1?arch=amd64", not_exposed=(spared,)),
                   artifact(2, "b", GO, package="pkg:deb/debian/x@1?arch=amd64", exposures=(EXPLOITED,)))
    assert statuses(document, EXPLOITED.id, "pkg:deb/debian/x@1?arch=amd64&distro=debian-12") == {"affected"}


def test_the_same_bytes_judged_in_two_targets_count_as_the_graver() -> None:
    spared = replace(LINKED, status=ExposureStatus.FIXED_BY_VENDOR, action=Action.NONE)
    targets = (Target("/a", "directory"), Target("/b", "directory"))
    document = vex(artifact(1, "x", GO, not_exposed=(spared,)), artifact(1, "x", GO, target=1, exposures=(LINKED,)),
                   targets=targets)
    assert statuses(document, LINKED.id, f"pkg:generic/x@sha256:{1:064x}", STDLIB[0]) == {"affected"}


def test_files_of_the_toolchain_itself_are_not_called_clean() -> None:
    installed = Present(1, "go", "1.19.8", Role.COMPILER, "usr/local/go/bin/go", exposures=(BUILD_HOST,))
    document = vex(artifact(1, "usr/local/go/bin/go", GO, target=1, exposures=(BUILD_HOST,)), installed)
    assert statuses(document, BUILD_HOST.id, APP, STDLIB[0]) == {"affected"}
    assert statuses(document, BUILD_HOST.id, f"pkg:generic/go@sha256:{1:064x}", STDLIB[0]) == set()


def test_local_names_components_as_products_and_hides_no_hole() -> None:
    document = vex(name="openvex-local")
    assert statuses(document, "CVE-2023-29402", STDLIB[1]) == {"not_affected"}
    assert statuses(document, "CVE-2023-44487", STDLIB[0]) == {"affected"}


def test_one_statement_for_each_vulnerability_and_status() -> None:
    said = [(s["vulnerability"]["name"], s["status"], s.get("justification")) for s in vex()["statements"]]
    assert len(said) == len(set(said))


def test_many_files_of_an_image_are_one_product() -> None:
    many = tuple(artifact(n, f"f{n}", GO, target=1, exposures=(BUILD_HOST,)) for n in range(500))
    (statement,) = vex(*many)["statements"]
    assert [product["@id"] for product in statement["products"]] == [APP]


def test_end_of_life_is_no_vulnerability() -> None:
    assert not any(s["vulnerability"]["name"].startswith("EOL") for s in vex()["statements"])


def test_time_is_the_callers_else_that_of_the_data() -> None:
    assert vex()["timestamp"] == f"{DATA.dated}T00:00:00Z"
    told = json.loads(render("openvex", exposed(), ReportOptions(timestamp=1_790_000_000)))
    assert told["timestamp"] == "2026-09-21T14:13:20Z"
    assert json.loads(render("openvex", exposed(data=None)))["timestamp"] == "1970-01-01T00:00:00Z"


def test_an_archive_is_named_without_its_suffix() -> None:
    target = replace(IMAGE, ref="/tmp/Dir/App.tar", kind="docker-archive")
    document = vex(artifact(1, "f", GO, exposures=(BUILD_HOST,)), targets=(target,))
    assert document["statements"][0]["products"][0]["@id"] == APP
