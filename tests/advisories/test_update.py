"""An update of everything, from a real server: what is new is taken, and what goes wrong takes nothing away."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from builtby.advisories.download import Limits
from builtby.advisories.feeds import MIRROR, feeds
from builtby.advisories.locking import Busy, locked
from builtby.advisories.snapshot import Cycle, DistroStatus, Snapshot, read
from builtby.advisories.store import current, embedded, open_store
from builtby.advisories.update import Outcome, Plan, State, update
from builtby.model import ExposureClass
from tests.advisories import hostile
from tests.advisories.site import RUST, Site, cut_after, dripping, fill, missing, packed, path_of, record, served

EVERY = [feed.name for feed in feeds().feed]
QUICK = Limits(tries=2, wait=0.001)


def run(site: Site, *only: str, limits: Limits = QUICK) -> dict[str, Outcome]:
    found = update(Plan(site.url, only, limits, silence=5.0))
    return {outcome.feed: outcome for outcome in found}


def states(outcomes: dict[str, Outcome]) -> dict[str, State]:
    return {name: outcome.state for name, outcome in outcomes.items()}


def ids(snapshot: Snapshot) -> set[str]:
    return {one.id for one in snapshot.advisories}


def test_everything_new_is_taken_beside_what_was_known(site: Site, machine: Path) -> None:
    fill(site)
    assert states(run(site)) == dict.fromkeys(EVERY, State.NEW)
    own, now = embedded(), read(current())
    osv = {f"NEW-{feed.name}-1" for feed in feeds().feed if feed.kind == "osv"}
    assert ids(now) == ids(own) | osv
    assert (now.meta.kind, now.meta.dated) == ("downloaded", "2026-11-20")
    assert {"CVE-2026-99991", *own.exploited} == set(now.exploited)
    assert now.cycles["go"] == (Cycle("1.99", "2026-08-11", "false", "1.99.3"),
                                Cycle("1.98", "2026-02-11", "2026-11-11", None))
    assert now.cycles["python"] == own.cycles["python"]
    assert {(one.distro, one.status, one.fixed) for one in now.distros if one.cve == "CVE-2026-99992"} == {
        ("debian-12", "no-dsa", None), ("debian-13", "fixed", "12.4.0-3"), ("debian-sid", "not-affected", None)}
    assert DistroStatus("debian-12", "golang-1.19", "CVE-2023-29404", "no-dsa") in now.distros
    assert now.none_known == own.none_known
    assert open_store().info.kind == "downloaded"
    assert not list((machine / "downloads").iterdir())


def test_who_wrote_it_is_kept_with_the_licence(site: Site, machine: Path) -> None:
    fill(site)
    site.put(path_of("osv-pypi"), packed(record("GHSA-new", "PyPI", "pip")))
    run(site)
    sources = read(current()).meta.sources
    assert sources["github/advisory-database"].records == 1
    assert sources["github/advisory-database"].licence == "CC-BY-4.0"
    assert sources["golang/vulndb"].records == embedded().meta.sources["golang/vulndb"].records
    assert sources["kev"].fetched
    assert sources["kev"].etag


@pytest.mark.usefixtures("small")
def test_what_has_not_changed_is_not_sent_again(site: Site, machine: Path) -> None:
    fill(site)
    run(site)
    before = read(current())
    assert states(run(site)) == dict.fromkeys(EVERY, State.UNCHANGED)
    after = read(current())
    assert (after.advisories, after.distros, after.cycles) == (before.advisories, before.distros, before.cycles)
    assert all("If-None-Match" in site.asked(path_of(name))[1] for name in EVERY)


@pytest.mark.usefixtures("small")
def test_the_same_file_is_read_again_when_something_else_is_taken_of_it(site: Site, machine: Path) -> None:
    fill(site)
    run(site)
    table = feeds()
    changed = [one if one.name != "kev" else type(one)(**{
        field: getattr(one, field) for field in one.__struct_fields__} | {"licence": "changed"}) for one in table.feed]
    told = type(table)(table.bases, tuple(changed), table.classes, table.import_class, table.origin, table.skip)
    found = update(Plan(site.url, ("kev", "debian"), QUICK, table=told))
    assert {one.feed: one.state for one in found} == {"kev": State.NEW, "debian": State.UNCHANGED}


@pytest.mark.usefixtures("small")
def test_a_mirror_can_be_named_by_the_environment(
    site: Site, machine: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(site)
    monkeypatch.setenv(MIRROR, f"{site.url}/")
    assert [one.state for one in update(Plan(only=("osv-crates",)))] == [State.NEW]
    assert [path for path, _ in site.requests] == ["/osv/ecosystems.txt", f"/osv/{RUST}/all.zip"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", hostile.ZIPS)
def test_a_hostile_zip_leaves_the_old_data_and_the_other_feeds(site: Site, machine: Path, name: str) -> None:
    old = embedded().advisories[0]
    site.put(path_of("osv-npm"), hostile.ZIPS[name])
    site.put(path_of("osv-pypi"), packed(record("PYSEC-new", "PyPI", "pip")))
    found = run(site, "osv-npm", "osv-pypi")
    assert states(found) == {"osv-npm": State.FAILED, "osv-pypi": State.NEW}
    assert "npm/all.zip" in found["osv-npm"].problem
    assert found["osv-npm"].remedy
    assert {old.id, "PYSEC-new"} <= ids(read(current()))


@pytest.mark.usefixtures("small")
def test_a_feed_that_turns_hostile_leaves_what_it_gave(site: Site, machine: Path) -> None:
    fill(site)
    run(site)
    site.put(path_of("osv-npm"), hostile.ZIPS["bomb of copies"])
    site.put(path_of("endoflife"), hostile.LISTS["web page"])
    found = states(run(site))
    assert {name for name, state in found.items() if state is State.FAILED} == {"osv-npm", "endoflife"}
    now = read(current())
    assert "NEW-osv-npm-1" in ids(now)
    assert now.cycles["go"][0].name == "1.99"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", hostile.LISTS)
def test_a_hostile_list_leaves_the_old_data(site: Site, machine: Path, name: str) -> None:
    fill(site)
    site.put(path_of("endoflife"), hostile.LISTS[name])
    assert states(run(site, "endoflife", "kev")) == {"endoflife": State.FAILED, "kev": State.NEW}
    assert read(current()).cycles["go"][0].name == "1.27"


@pytest.mark.usefixtures("small")
def test_nothing_is_written_when_everything_fails(site: Site, machine: Path) -> None:
    assert set(states(run(site)).values()) == {State.FAILED}
    assert not current().exists()
    assert open_store().info.kind == "embedded"


@pytest.mark.usefixtures("small")
def test_a_server_that_is_not_there_is_not_asked_for_every_feed(machine: Path) -> None:
    found = update(Plan("http://127.0.0.1:1", limits=Limits(tries=9, wait=0.001)))
    assert {one.state for one in found} == {State.FAILED}
    assert all("no connection" in one.problem for one in found)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("listing", [b"", b"Go\nnpm\n", b"\xff\xfe" * 100, b"crates.a\ncrates.b"])
def test_a_list_of_ecosystems_that_does_not_tell(site: Site, machine: Path, listing: bytes) -> None:
    fill(site)
    site.put("/osv/ecosystems.txt", listing)
    found = run(site, "osv-crates", "osv-go")
    assert states(found) == {"osv-crates": State.FAILED, "osv-go": State.NEW}


@pytest.mark.usefixtures("small")
def test_a_damaged_database_is_built_anew(site: Site, machine: Path) -> None:
    fill(site)
    run(site)
    current().write_bytes(current().read_bytes()[:-100])
    assert states(run(site)) == dict.fromkeys(EVERY, State.NEW)
    assert "NEW-osv-go-1" in ids(read(current()))


@pytest.mark.usefixtures("small")
def test_only_one_update_at_a_time(site: Site, machine: Path) -> None:
    with locked(machine / "update.lock"), pytest.raises(Busy):
        run(site)
    assert not site.requests


class TestRecords:
    """What becomes of records that change."""

    def known(self, site: Site, *records: dict[str, object]) -> None:
        site.put(path_of("osv-npm"), packed(*records, record("GHSA-other", "npm", "vite")))
        run(site, "osv-npm")

    def there(self, name: str) -> list[tuple[str, str | None, bool]]:
        return [(one.product, one.affected[0].intervals[0].fixed, one.withdrawn) for one in open_store().by_id(name)]

    def test_changed(self, site: Site, machine: Path) -> None:
        one = record("GHSA-1", "npm", "webpack")
        self.known(site, one)
        one["affected"][0]["ranges"][0]["events"][1]["fixed"] = "5.0.1"
        self.known(site, one)
        assert self.there("GHSA-1") == [("webpack", "5.0.1", False)]

    def test_withdrawn(self, site: Site, machine: Path) -> None:
        self.known(site, record("GHSA-1", "npm", "webpack"))
        self.known(site, record("GHSA-1", "npm", "webpack", withdrawn="2026-11-21T00:00:00Z"))
        assert self.there("GHSA-1") == [("webpack", "9.9.9", True)]

    def test_about_something_else_now(self, site: Site, machine: Path) -> None:
        self.known(site, record("GHSA-1", "npm", "vite"))
        self.known(site, record("GHSA-1", "npm", "left-pad"))
        assert self.there("GHSA-1") == []

    def test_gone_from_the_feed(self, site: Site, machine: Path) -> None:
        self.known(site, record("GHSA-1", "npm", "webpack"))
        self.known(site)
        assert self.there("GHSA-1") == [("webpack", "9.9.9", False)]

    def test_bad_now(self, site: Site, machine: Path) -> None:
        self.known(site, record("GHSA-1", "npm", "webpack"))
        self.known(site, record("GHSA-1", "npm", "webpack", aliases=[3]))
        assert self.there("GHSA-1") == [("webpack", "9.9.9", False)]

    def test_the_packages_own_class_stays(self, site: Site, machine: Path) -> None:
        own = next(one for one in embedded().advisories if one.product == "go-toolchain"
                   and one.class_ is ExposureClass.ARTIFACT_CODEGEN)
        fill(site)
        site.put(path_of("osv-go"), packed(record(own.id, "Go", "toolchain")))
        run(site, "osv-go")
        (now,) = (one for one in open_store().by_id(own.id) if one.product == "go-toolchain")
        assert now.affected[0].intervals[0].fixed == "9.9.9"
        assert (now.class_, now.basis) == (own.class_, own.basis)

    def test_an_older_state_does_not_replace_the_packages(self, site: Site, machine: Path) -> None:
        own = next(one for one in embedded().advisories if one.id == "GO-2023-1839")
        site.put(path_of("osv-go"), packed(record(own.id, "Go", "toolchain", modified="2023-06-08T00:00:00Z")))
        run(site, "osv-go")
        assert open_store().by_id(own.id) == [own]


def start(site: Site, machine: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "builtby", "advisories", "update", "--mirror", site.url],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def wait_for(what: threading.Event) -> None:
    assert what.wait(20)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("feed", "after"), [("osv-go", 0.0), ("osv-bitnami", 0.02), ("debian", 0.05)])
def test_a_killed_update_leaves_the_old_data_whole(site: Site, machine: Path, feed: str, after: float) -> None:
    fill(site)
    run(site, "kev")
    before = current().read_bytes()
    fill(site)
    site.put(path_of("kev"), b'{"vulnerabilities": [{"cveID": "CVE-2026-55555"}]}')
    reached, body = threading.Event(), packed(*(record(f"GHSA-{n}", "npm", "vite") for n in range(500)))
    slow = dripping(body, 0.005, step=100)
    site.answers[path_of(feed)] = lambda handler: (reached.set(), slow(handler))[1]  # type: ignore[func-returns-value]  # the event first
    with start(site, machine) as process:
        wait_for(reached)
        time.sleep(after)
        process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    assert current().read_bytes() == before
    assert open_store().problem is None
    fill(site)
    assert State.FAILED not in states(run(site)).values(), "what it left must not be in the way"
    assert not list(machine.glob(".*")), "nor stay"


@pytest.mark.usefixtures("small")
def test_a_kill_while_the_snapshot_is_written_leaves_the_old_one(site: Site, machine: Path) -> None:
    fill(site)
    run(site, "kev")
    before = current().read_bytes()
    code = (
        "import os, signal, pathlib\n"
        "from builtby.advisories import update as it\n"
        "kill = signal.SIGTERM if os.name == 'nt' else signal.SIGKILL\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), kill)\n"
        "it.Download.run = lambda self: it.Fetched(None, it.Validators())\n"
        f"it.update(it.Plan({site.url!r}, ('osv-go',)))\n"
    )
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert died.returncode not in (0, 1), died.stderr
    assert list(machine.glob(".advisories.snapshot-*")), "it died in the middle of writing"
    assert current().read_bytes() == before
    run(site, "osv-go")
    assert not list(machine.glob(".advisories.snapshot-*"))


@pytest.mark.usefixtures("small")
def test_a_cut_download_is_gone_on_with_by_the_next_update(site: Site, machine: Path) -> None:
    body = packed(*(record(f"GHSA-{n}", "npm", "vite") for n in range(3000)))
    site.answers[path_of("osv-npm")] = cut_after(body, 100_000)
    first = run(site, "osv-npm", limits=Limits(tries=1))
    assert first["osv-npm"].state is State.FAILED
    site.answers[path_of("osv-npm")] = served(body)
    assert run(site, "osv-npm")["osv-npm"].taken == 3000
    assert "Range" in site.asked(path_of("osv-npm"))[-1]


@pytest.mark.usefixtures("small")
def test_a_feed_that_has_moved_away_is_told_from_one_that_is_down(site: Site, machine: Path) -> None:
    fill(site)
    site.answers[path_of("debian")] = missing
    found = run(site, "debian")["debian"]
    assert "404" in found.problem
    assert "--mirror" in found.remedy
