"""`builtby advisories`: what is known of holes in tools, how old it is, and how it is renewed."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from builtby.advisories.locking import locked
from builtby.advisories.snapshot import Meta, Snapshot, write
from builtby.advisories.store import current, embedded
from builtby.cli.app import app
from tests.advisories.site import Site, fill, packed, path_of, record, running

pytestmark = pytest.mark.usefixtures("machine")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILTBY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("BUILTBY_ADVISORIES_URL", raising=False)
    return tmp_path / "data"


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as made:
        fill(made)
        yield made


def go(*args: object) -> Result:
    return CliRunner().invoke(app, ["advisories", *map(str, args)], env={"COLUMNS": "160"})


def aged(fetched: str) -> None:
    own = embedded()
    meta = Meta("downloaded", own.meta.dated, fetched, own.meta.sources)
    write(current(), Snapshot(meta, own.advisories, own.distros, own.cycles, own.exploited, own.none_known))


def test_status_says_what_is_inside_how_old_and_what_is_missing() -> None:
    told = go("status")
    assert told.exit_code == 0
    assert re.search(rf"embedded data, .*newest fact {embedded().meta.dated}: \d+ days old", told.stdout)
    assert re.search(r"^gcc +\d+ +\d+", told.stdout, re.MULTILINE)
    assert re.search(r"^osv-go +.* never", told.stdout, re.MULTILINE)
    assert "which is no statement that they are safe" in told.stdout
    assert "golang/vulndb" in told.stdout
    assert "CC-BY-4.0" in told.stdout
    assert told.stderr == ""


def test_status_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")  # 2027-01-01
    found = json.loads(go("status", "-f", "json").stdout)
    assert found["records"] == len(embedded().advisories)
    assert found["days"] == 85
    tools = {tool["tool"]: tool for tool in found["tools"]}
    assert tools["go"]["products"] == ["go-stdlib", "go-toolchain"]
    assert tools["go"]["records"] > 190
    assert tools["go"]["support_dates"]
    assert tools["autoconf"]["data"] == "none known"
    assert tools["mold"]["data"] == "no data"
    assert {tool for tool in tools if tools[tool]["data"] == "no data"} == set(found["no_data"]) != set()


@pytest.mark.parametrize(("day", "warned"), [("2026-12-24", True), ("2026-12-25", False)])
def test_old_downloaded_data_is_warned_about(monkeypatch: pytest.MonkeyPatch, day: str, warned: bool) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1798761600")
    aged(f"{day}T12:00:00Z")
    for told in (go("status"), go("show", "CVE-2023-29402"), go("search", "go", "1.19.8")):
        assert ("8 days old" in told.stderr) is warned
    assert go("status", "-f", "json").stdout.count('"old": true') == warned


def test_damaged_data_is_said_and_the_packages_own_is_used() -> None:
    aged("2026-11-20T00:00:00Z")
    current().write_bytes(b"rubbish")
    told = go("status")
    assert told.exit_code == 0
    assert "is not used" in told.stderr
    assert "embedded data" in told.stdout


@pytest.mark.parametrize("name", ["CVE-2023-29402", "go-2023-1839"])
def test_show_by_any_name(name: str) -> None:
    told = go("show", name)
    assert told.exit_code == 0
    for words in ("GO-2023-1839", "CVE-2023-29402", "build-host", "cmd/go", "<1.19.10", "debian-12", "no-dsa",
                  "https://go.dev/"):
        assert words in told.stdout


def test_show_for_machines() -> None:
    (one,) = json.loads(go("show", "CVE-2023-29402", "-f", "json").stdout)
    assert (one["id"], one["product"], one["class"]) == ("GO-2023-1839", "go-toolchain", "build-host")
    assert one["affected"][0]["ranges"][0] == {"introduced": "0", "fixed": "1.19.10", "last_affected": None}
    assert {"distro": "debian-12", "package": "golang-1.19", "status": "no-dsa", "fixed": None} in one["distros"]


def test_show_what_nobody_knows() -> None:
    told = go("show", "CVE-1999-0001")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "CVE-1999-0001" in told.stderr


def test_search_a_version() -> None:
    found = {hit["id"]: hit for hit in json.loads(go("search", "go", "1.19.8", "-f", "json").stdout)}
    assert found["CVE-2023-29404"]["class"] == "build-host"
    assert found["CVE-2023-29404"]["fixed_in"] == ["1.19.10", "1.20.5"]
    assert found["CVE-2023-29404"]["aliases"] == ["GO-2023-1841"]
    assert found["CVE-2023-29403"]["class"] == "artifact-linked"
    newer = json.loads(go("search", "go", "1.19.10", "-f", "json").stdout)
    assert {"CVE-2023-29402", "CVE-2023-29404", "CVE-2023-29405"}.isdisjoint(hit["id"] for hit in newer)


def test_search_a_tool_and_a_product() -> None:
    tool, product = (json.loads(go("search", name, "-f", "json").stdout) for name in ("go", "go-toolchain"))
    assert {hit["id"] for hit in product} < {hit["id"] for hit in tool}
    assert go("search", "go").stdout.startswith(f"go: {len(tool)} advisories")
    assert "no advisory of this data speaks of it" in go("search", "go", "99.1").stdout


def test_search_without_data_is_not_called_clean() -> None:
    told = go("search", "nosuchtool")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no statement that it is safe" in told.stderr


def test_update(site: Site) -> None:
    told = go("update", "--mirror", site.url)
    assert told.exit_code == 0, told.stderr
    assert re.search(r"^osv-npm +new +1", told.stdout, re.MULTILINE)
    again = go("update", "--mirror", site.url)
    assert re.search(r"^osv-npm +unchanged +1", again.stdout, re.MULTILINE)
    assert re.search(r"^osv-npm +npm \(OSV\) +1 +20\S+Z, 0 d ago", go("status").stdout, re.MULTILINE)
    assert "NEW-osv-npm-1" in go("show", "NEW-osv-npm-1").stdout


def test_an_update_that_fails_in_part_says_where_and_what_helps(site: Site) -> None:
    site.put(path_of("osv-pypi"), b"<html>Welcome to our hotel</html>")
    bad = record("GHSA-bad", "npm", "vite", aliases=[1])
    site.put(path_of("osv-npm"), packed(record("GHSA-good", "npm", "vite"), bad))
    told = go("update", "--mirror", site.url, "-q")
    assert (told.exit_code, told.stdout) == (3, "")
    assert "osv-pypi: " in told.stderr
    assert "web page" in told.stderr
    assert "The old data of this feed stays in use" in told.stderr
    assert "1 of 2 records skipped: GHSA-bad" in told.stderr
    assert go("show", "GHSA-good").exit_code == 0


def test_one_feed(site: Site) -> None:
    assert go("update", "--mirror", site.url, "--feed", "kev").exit_code == 0
    assert [path for path, _ in site.requests] == [path_of("kev")]
    assert go("update", "--mirror", site.url, "--feed", "gossip").exit_code == 2


@pytest.mark.parametrize("args", [["update"], ["status"], ["show", "CVE-2023-29402"], ["search", "go"]])
def test_offline_sends_not_one_packet(args: list[str], monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a packet")

    monkeypatch.setenv("BUILTBY_ADVISORIES_URL", site.url)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert go(*args, "--offline").exit_code == (2 if args == ["update"] else 0)
    assert not site.requests
    assert not current().exists()


def test_two_writers(site: Site, machine: Path) -> None:
    with locked(machine / "update.lock"):
        for told in (go("update", "--mirror", site.url), go("import", _bundle(machine.parent))):
            assert told.exit_code == 3
            assert "wait for it" in told.stderr


def test_a_plain_http_mirror_is_refused() -> None:
    told = go("update", "--mirror", "http://mirror.example", "--feed", "kev")
    assert told.exit_code == 3
    assert "not encrypted" in told.stderr


def _bundle(folder: Path) -> Path:
    file = folder / "x.bundle"
    assert go("export", "-o", file).exit_code == 0
    return file


def test_export_and_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = go("export", "-o", tmp_path / "x.bundle")
    digest, _, name = told.stdout.strip().partition("  ")
    assert (told.exit_code, name) == (0, str(tmp_path / "x.bundle"))
    monkeypatch.setenv("BUILTBY_DATA", str(tmp_path / "there"))
    taken = go("import", tmp_path / "x.bundle", "--sha256", digest)
    assert taken.exit_code == 0, taken.stderr
    assert f"{len(embedded().advisories):,} advisories imported" in taken.stdout
    assert go("status").stdout.startswith("imported data")


def test_imports_that_are_refused(tmp_path: Path) -> None:
    file = _bundle(tmp_path)
    assert go("import", tmp_path / "not-there").exit_code == 2
    assert go("import", file, file, "--sha256", "0" * 64).exit_code == 2
    for args in ([file, "--sha256", "0" * 64], [_cut(file)]):
        told = go("import", *args)
        assert told.exit_code == 3
        assert str(file) in told.stderr
        assert "The data in use stays as it is" in told.stderr
    assert not current().exists()


def _cut(file: Path) -> Path:
    file.write_bytes(file.read_bytes()[:-50])
    return file


def test_nothing_is_imported_for_the_programs_help() -> None:
    code = "import sys; import builtby.cli.app; print([m for m in ('httpx', 'zipfile', 'msgspec') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
