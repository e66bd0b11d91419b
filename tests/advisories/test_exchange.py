"""Carrying data to machines that have no network."""

import gzip
import json
import time
from pathlib import Path

import pytest

from builtby.advisories import exchange
from builtby.advisories.packed import Refused
from builtby.advisories.snapshot import Meta, Snapshot, read, write
from builtby.advisories.store import current, embedded, open_store
from tests.advisories import hostile
from tests.advisories.site import packed, record

ROW = {"basis": "x", "cve": "CVE-2026-77777", "date": "2026-11-22", "fixed_version": None, "release": "bookworm",
       "source": "gcc-12", "status": "no-dsa", "unstable_fixed": None, "urgency": None}
RPM = record("ALSA-1", "AlmaLinux:9", "gcc", related=["CVE-2026-77778"], affected=[
    {"package": {"ecosystem": "AlmaLinux:9", "name": "gcc"},
     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "11.5.0-9"}]}]}])
OURS = record("CVE-2026-77779", "builtby", "gcc", database_specific={"builtby": {
    "product": "gcc", "scheme": "as upstream", "exposure": "artifact-codegen", "exposure_basis": "its words",
    "source": "somebody", "licence": "CC0-1.0"}})


def put(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def folder(tmp_path: Path) -> Path:
    """A folder of the shape of the project's own data, with what must be passed over beside it."""
    root = tmp_path / "shape"
    put(root / "osv-toolchains/gcc.json", [OURS])
    put(root / "kev.json", {"catalogVersion": "2026.11.22", "in_data": [], "all": ["CVE-2026-77777"]})
    put(root / "eol/go.json", {"product": "go", "releases": [
        {"releaseCycle": "1.98", "releaseDate": "2026-02-11", "eol": "2026-11-11", "latest": "1.98.7"}]})
    put(root / "debian/bookworm-toolchains.json", [ROW])
    put(root / "rpm/almalinux.json", [RPM])
    put(root / "rpm/azurelinux.json", [{"cve": "CVE-2026-77780", "date": "2026-11-22", "fixed": "13.2.0-7",
                                        "package": "gcc", "release": "azurelinux-3.0"}])
    put(root / "no-known.json", [{"product": "frobnicator", "searched": ["everywhere"], "date": "2026-11-22"}])
    put(root / "counts.json", [{"product": "gcc", "records": 1}])
    (root / "README.md").write_text("words")
    return root


def held() -> Snapshot:
    return read(current())


@pytest.mark.usefixtures("small", "machine")
def test_a_folder_of_the_projects_shape(tmp_path: Path) -> None:
    found = exchange.take([folder(tmp_path)])
    assert found.bad == 0
    now = held()
    (one,) = open_store().by_id("CVE-2026-77779")
    assert (one.product, one.class_.value, one.basis) == ("gcc", "artifact-codegen", "its words")
    assert (now.meta.kind, now.meta.fetched, now.meta.dated) == ("imported", None, "2026-11-20")
    assert {"CVE-2026-77777"} < set(now.exploited)
    assert [line.name for line in now.cycles["go"]] == ["1.98"]
    assert {(status.distro, status.status, status.fixed) for status in now.distros if "-7777" in status.cve
            or status.cve == "CVE-2026-77780"} == {
        ("debian-12", "no-dsa", None), ("almalinux-9", "fixed", "11.5.0-9"), ("azurelinux-3.0", "fixed", "13.2.0-7")}
    assert "frobnicator" in now.none_known
    assert now.meta.sources["somebody"].licence == "CC0-1.0"


@pytest.mark.usefixtures("small", "machine")
def test_osv_records_as_files_arrays_and_zips(tmp_path: Path) -> None:
    root = tmp_path / "osv"
    put(root / "GHSA-1.json", record("GHSA-1", "npm", "vite"))
    put(root / "more.json", [record("GHSA-2", "npm", "vite"), record("GHSA-x", "npm", "left-pad")])
    (root / "PyPI").mkdir()
    (root / "PyPI/all.zip").write_bytes(packed(record("GHSA-3", "PyPI", "pip")))
    (root / "list.json.gz").write_bytes(gzip.compress(json.dumps([record("GHSA-4", "npm", "webpack")]).encode()))
    found = exchange.take([root])
    assert (found.advisories, found.total, found.bad) == (4, 5, 0)
    assert all(open_store().by_id(f"GHSA-{number}") for number in range(1, 5))


@pytest.mark.usefixtures("small", "machine")
@pytest.mark.parametrize(("content", "told"), [
    ({"vulnerabilities": [{"cveID": "CVE-2026-44444"}]}, "CVE-2026-44444"),
    ({"result": [{"name": "go", "releases": [{"name": "1.97"}]}]}, "1.97"),
    ({"gcc-12": {"CVE-2026-44444": {"releases": {"bookworm": {"status": "open"}}}}}, "CVE-2026-44444"),
])
def test_lists_as_their_publishers_write_them(tmp_path: Path, content: object, told: str) -> None:
    exchange.take([put(tmp_path / "list.json", content)])
    now = held()
    assert told in {*now.exploited, *(line.name for line in now.cycles["go"]), *(one.cve for one in now.distros)}


@pytest.mark.usefixtures("machine")
def test_a_bundle_carries_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.take([folder(tmp_path)])
    here = held()
    bundle = exchange.export(tmp_path / "bundle")
    monkeypatch.setenv("BUILTBY_DATA", str(tmp_path / "another"))
    found = exchange.take([bundle.path], sha256=bundle.sha256.upper())
    there = held()
    assert found.advisories == len(here.advisories)
    assert (there.advisories, there.distros, there.cycles, there.exploited, there.none_known) == (
        here.advisories, here.distros, here.cycles, here.exploited, here.none_known)
    assert there.meta == here.meta


@pytest.mark.usefixtures("small", "machine")
def test_a_bundle_is_named_by_its_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bundle = exchange.export()
    assert bundle.path.name == f"builtby-advisories-{embedded().meta.dated}.bundle"
    assert exchange.export(tmp_path / "again").sha256 == bundle.sha256


@pytest.mark.usefixtures("small", "machine")
def test_a_changed_or_cut_bundle_is_refused(tmp_path: Path) -> None:
    bundle = exchange.export(tmp_path / "bundle")
    raw = bundle.path.read_bytes()
    for bad in (raw[:-1], raw[:40], raw[:60] + bytes([raw[60] ^ 1]) + raw[61:], raw + b"x"):
        bundle.path.write_bytes(bad)
        with pytest.raises(Refused, match="bundle is not used"):
            exchange.take([bundle.path])
    assert not current().exists()


@pytest.mark.usefixtures("small", "machine")
def test_another_file_than_was_meant_is_refused(tmp_path: Path) -> None:
    bundle = exchange.export(tmp_path / "bundle")
    with pytest.raises(Refused, match=bundle.sha256):
        exchange.take([bundle.path], sha256="0" * 64)
    with pytest.raises(Refused, match="of a file"):
        exchange.take([tmp_path], sha256="0" * 64)


@pytest.mark.usefixtures("small", "machine")
def test_an_older_bundle_is_taken_only_when_that_is_said(tmp_path: Path) -> None:
    older, newer = tmp_path / "older", tmp_path / "newer"
    write(older, Snapshot(Meta("downloaded", "2026-11-01", "2026-11-02T00:00:00Z")))
    write(newer, Snapshot(Meta("downloaded", "2026-11-03", "2026-11-04T00:00:00Z")))
    exchange.take([newer])
    with pytest.raises(Refused, match="2026-11-02"):
        exchange.take([older])
    assert held().meta.fetched == "2026-11-04T00:00:00Z"
    exchange.take([older], older=True)
    assert held().meta.fetched == "2026-11-02T00:00:00Z"


@pytest.mark.usefixtures("small", "machine")
@pytest.mark.parametrize("name", [name for name in hostile.ZIPS if name != "an array of records"])
def test_hostile_files_leave_the_data_as_it_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / "all.zip"
    file.write_bytes(hostile.ZIPS[name])
    begun = time.monotonic()
    with pytest.raises(Refused, match=r"all\.zip is not used: "):
        exchange.take([file])
    assert not current().exists()
    assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("small", "machine")
def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="no records"):
        exchange.take([tmp_path / "empty"])
    with pytest.raises(Refused, match=r"about a tool that builtby knows"):
        exchange.take([put(tmp_path / "x.json", record("GHSA-1", "npm", "left-pad"))])


@pytest.mark.usefixtures("small", "machine")
def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "links"
    put(root / "GHSA-1.json", record("GHSA-1", "npm", "vite"))
    outside = put(tmp_path / "outside/GHSA-2.json", record("GHSA-2", "npm", "vite"))
    (root / "file.json").symlink_to(outside)
    (root / "loop").symlink_to(root, target_is_directory=True)
    assert exchange.take([root]).total == 1


@pytest.mark.usefixtures("small", "machine")
def test_a_bad_file_among_good_ones_is_skipped_and_counted(tmp_path: Path) -> None:
    root = tmp_path / "osv"
    put(root / "1.json", record("GHSA-1", "npm", "vite"))
    put(root / "2.json", record("GHSA-2", "npm", "vite"))
    (root / "3.json").write_bytes(hostile.nested(1000))
    found = exchange.take([root])
    assert (found.advisories, found.bad) == (2, 1)
    assert found.reasons[0].startswith("3.json")
