"""What is taken out of a feed, and what is refused."""

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from builtby.advisories.feeds import Feed, completed, feeds
from builtby.advisories.harvest import Harvest, read
from builtby.advisories.packed import Refused
from builtby.model import ExposureClass
from tests.advisories import hostile
from tests.advisories.site import packed, record


def feed(name: str) -> Feed:
    found = feeds().named(name)
    assert found is not None
    return found


def harvest(tmp_path: Path, name: str, raw: bytes) -> Harvest:
    file = tmp_path / "feed"
    file.write_bytes(raw)
    return read(file, feed(name), feeds())


def test_a_record_of_a_tool_is_taken_with_what_the_table_says_of_it(tmp_path: Path) -> None:
    raw = record("GHSA-1", "npm", "vite", aliases=["CVE-2026-1"], database_specific={
        "severity": "MODERATE", "cwe_ids": ["CWE-22"]})
    (one,) = harvest(tmp_path, "osv-npm", packed(raw)).advisories
    assert (one.id, one.name, one.product, one.scheme) == ("GHSA-1", "CVE-2026-1", "vite", "semver")
    assert one.class_ is ExposureClass.BUILD_HOST
    assert (one.rating, one.cwes) == ("medium", ("CWE-22",))
    assert (one.source, one.licence) == ("github/advisory-database", "CC-BY-4.0")
    assert one.affected[0].intervals[0].fixed == "9.9.9"


def test_other_packages_are_left(tmp_path: Path) -> None:
    found = harvest(tmp_path, "osv-npm", packed(
        record("GHSA-1", "npm", "left-pad"), record("GHSA-2", "PyPI", "pip"),
        record("GHSA-3", "npm", "vite", affected=[]), record("MAL-1", "npm", "vite"), b"not even JSON",
        names=["1.json", "2.json", "3.json", "4.json", "MAL-5.json"]))
    assert (found.advisories, found.total, found.bad) == ([], 4, 0)


def test_one_record_of_two_tools_becomes_two(tmp_path: Path) -> None:
    both = record("GO-1", "Go", "stdlib")
    for package in ("toolchain", "example.com/x"):
        both["affected"] += record("GO-1", "Go", package)["affected"]
    both["affected"][1]["ecosystem_specific"] = {"imports": [{"path": "cmd/go", "symbols": ["run"]}]}
    found = {one.product: one for one in harvest(tmp_path, "osv-go", packed(both)).advisories}
    assert {name: (one.class_.value, one.scheme, len(one.affected)) for name, one in found.items()} == {
        "go-stdlib": ("artifact-linked", "go", 1), "go-toolchain": ("build-host", "go", 1)}
    assert found["go-toolchain"].affected[0].imports[0].symbols == ("run",)


def test_a_code_generator_is_told_by_its_package(tmp_path: Path) -> None:
    one = record("GO-1", "Go", "toolchain")
    one["affected"][0]["ecosystem_specific"] = {"imports": [{"path": "cmd/compile"}]}
    (found,) = harvest(tmp_path, "osv-go", packed(one)).advisories
    assert found.class_ is ExposureClass.ARTIFACT_CODEGEN
    assert "cmd/compile" in (found.basis or "")


def test_no_feed_speaks_in_our_name(tmp_path: Path) -> None:
    ours = {"product": "gcc", "exposure": "build-host", "source": "us", "scheme": "git", "disputed": True}
    (one,) = harvest(tmp_path, "osv-npm", packed(
        record("GHSA-1", "npm", "webpack", database_specific={"builtby": ours}))).advisories
    assert (one.product, one.scheme, one.source, one.disputed) == (
        "webpack", "semver", "github/advisory-database", False)


def test_cargos_crate_has_numbers_of_its_own(tmp_path: Path) -> None:
    found = harvest(tmp_path, "osv-crates", packed(record("RUSTSEC-1", "crates.example", "cargo")))
    assert found.advisories[0].affected[0].numbering == "cargo crate (0.x)"


@pytest.mark.parametrize(("listing", "name"), [
    ("Go\ncrates.example\nnpm\n", "crates.example"), ("crates\n", "crates"), ("Go\nnpm", None), ("", None),
    ("crates.a\ncrates.b\n", None), ("cratesque.example\n", None),
])
def test_the_whole_name_of_an_ecosystem(listing: str, name: str | None) -> None:
    assert completed("crates", listing) == name


def test_a_bad_record_is_skipped_and_counted(tmp_path: Path) -> None:
    found = harvest(tmp_path, "osv-npm", packed(hostile.GOOD, {**hostile.GOOD, "id": "GHSA-bad", "aliases": [1]}))
    assert [one.id for one in found.advisories] == ["GHSA-good"]
    assert (found.total, found.bad) == (2, 1)
    assert "GHSA-bad" in found.reasons[0]


def test_more_bad_than_good_is_refused(tmp_path: Path) -> None:
    bad = [{**hostile.GOOD, "id": f"GHSA-{number}", "aliases": [1]} for number in range(2)]
    with pytest.raises(Refused, match="2 of its 3 records are bad"):
        harvest(tmp_path, "osv-npm", packed(hostile.GOOD, *bad))


@pytest.mark.parametrize("name", hostile.ZIPS)
def test_hostile_zips_are_refused_at_little_cost(tmp_path: Path, name: str) -> None:
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            harvest(tmp_path, "osv-npm", hostile.ZIPS[name])
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("name", hostile.LISTS)
def test_hostile_lists_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        harvest(tmp_path, "endoflife", hostile.LISTS[name])


def test_a_deep_field_that_nobody_reads_stops_nothing_else(tmp_path: Path) -> None:
    found = harvest(tmp_path, "osv-npm", packed(hostile.GOOD, hostile.nested(1_000), hostile.nested(100_000)[:-3],
                                                hostile.GOOD, names=["a.json", "b.json", "c.json", "d.json"]))
    assert len(found.advisories) == 2
    assert found.bad == 2


def test_exploited(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"cveID": "CVE-2026-12345"}, {"cveID": "CVE-2020-0001"}, {"cveID": "rm -rf /"}]
    found = harvest(tmp_path, "kev", json.dumps({"vulnerabilities": rows}).encode())
    assert found.exploited == ("CVE-2020-0001", "CVE-2026-12345")
    assert (found.total, found.bad) == (3, 1)


def test_support_dates(tmp_path: Path) -> None:
    raw = {"result": [
        {"name": "go", "releases": [
            {"name": "1.25", "releaseDate": "2025-08-12", "isEol": True, "eolFrom": "2026-08-11",
             "latest": {"name": "1.25.9"}},
            {"name": "1.26", "releaseDate": "2026-02-10", "isEol": False, "eolFrom": None, "latest": None},
            {"name": "1.27"}]},
        {"name": "windows", "releases": []}]}
    found = harvest(tmp_path, "endoflife", json.dumps(raw).encode())
    assert {name: [(one.name, one.eol, one.latest) for one in lines] for name, lines in found.cycles.items()} == {
        "go": [("1.25", "2026-08-11", "1.25.9"), ("1.26", "false", None), ("1.27", None, None)]}


@pytest.mark.parametrize(("state", "status", "fixed"), [
    ({"status": "resolved", "fixed_version": "12.2.0-15"}, "fixed", "12.2.0-15"),
    ({"status": "resolved", "fixed_version": "0"}, "not-affected", None),
    ({"status": "open"}, "open", None),
    ({"status": "undetermined", "urgency": "not yet assigned"}, "open", None),
    ({"status": "open", "urgency": "unimportant"}, "unimportant", None),
    ({"status": "open", "urgency": "low", "nodsa": "Minor issue", "nodsa_reason": ""}, "no-dsa", None),
    ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "postponed"}, "no-dsa", None),
    ({"status": "open", "nodsa": "Too intrusive", "nodsa_reason": "ignored"}, "ignored", None),
])
def test_what_debian_says(tmp_path: Path, state: dict[str, str], status: str, fixed: str | None) -> None:
    raw = {"gcc-12": {"CVE-2026-1111": {"releases": {"bookworm": state, "hamm": state}}}, "firefox": 7}
    (one,) = harvest(tmp_path, "debian", json.dumps(raw).encode()).distros
    assert (one.distro, one.package, one.cve, one.status, one.fixed) == (
        "debian-12", "gcc-12", "CVE-2026-1111", status, fixed)


def test_every_product_of_a_feed_has_a_class_or_is_known_to_have_none() -> None:
    table = feeds()
    unknown = {product for one in table.feed for product in one.packages.values()
               if table.class_of(product) is ExposureClass.UNKNOWN}
    assert unknown == {"julia-gccbootstrap", "protobuf", "walrus"}


def test_what_is_taken_of_a_feed_is_in_its_fingerprint() -> None:
    one, other = feed("osv-npm"), feed("osv-pypi")
    assert one.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 12
