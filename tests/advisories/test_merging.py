"""Joining what was known, what the package knows, and what feeds say now."""

from builtby.advisories.harvest import Harvest
from builtby.advisories.merging import merged
from builtby.advisories.records import Advisory, Defaults, from_osv
from builtby.advisories.snapshot import Cycle, DistroStatus, Meta, Snapshot
from builtby.model import ExposureClass
from tests.advisories.site import record

TODAY = "2026-11-22"


def advisory(name: str, day: str, fixed: str = "1.0.0", class_: ExposureClass = ExposureClass.BUILD_HOST) -> Advisory:
    raw = record(name, "npm", "vite", modified=f"{day}T00:00:00Z", published=f"{day}T00:00:00Z")
    raw["affected"][0]["ranges"][0]["events"][1]["fixed"] = fixed
    return from_osv(raw, Defaults("vite", "semver", class_))


def snapshot(*advisories: Advisory, dated: str = "2026-11-01") -> Snapshot:
    return Snapshot(Meta("downloaded", dated), advisories)


def join(base: Snapshot, own: Snapshot, *fresh: Advisory) -> Snapshot:
    harvest = Harvest(advisories=list(fresh), seen={one.id for one in fresh})
    return merged(base, own, [harvest], Meta("downloaded", base.meta.dated), TODAY)


def fixes(made: Snapshot) -> dict[str, str | None]:
    return {one.id: one.affected[0].intervals[0].fixed for one in made.advisories}


def test_a_package_that_was_updated_since_brings_its_news() -> None:
    base = snapshot(advisory("A", "2026-11-01", "1.0.0"), advisory("B", "2026-11-10", "2.0.0"))
    own = snapshot(advisory("A", "2026-11-05", "1.0.5"), advisory("B", "2026-11-05", "1.9.0"),
                   advisory("C", "2026-01-01"))
    assert fixes(join(base, own)) == {"A": "1.0.5", "B": "2.0.0", "C": "1.0.0"}


def test_of_the_same_day_the_packages_own_stays_and_another_does_not() -> None:
    own = snapshot(advisory("A", "2026-11-01", "1.0.0"))
    base = snapshot(advisory("B", "2026-11-01", "1.0.0"))
    made = join(base, own, advisory("A", "2026-11-01", "9.0.0"), advisory("B", "2026-11-01", "9.0.0"))
    assert fixes(made) == {"A": "1.0.0", "B": "9.0.0"}


def test_a_day_in_the_future_keeps_nothing_from_being_corrected() -> None:
    base = snapshot(advisory("A", "9999-12-31", "1.0.0"))
    made = join(base, snapshot(), advisory("A", "2026-11-20", "2.0.0"))
    assert fixes(made) == {"A": "2.0.0"}
    assert made.meta.dated == "2026-11-20"


def test_the_newest_fact_is_never_of_tomorrow() -> None:
    assert join(snapshot(), snapshot(), advisory("A", "2026-11-23")).meta.dated == "2026-11-01"


def test_a_class_that_somebody_thought_about_stays_and_one_that_nobody_knew_does_not() -> None:
    own = snapshot(advisory("A", "2026-11-01", class_=ExposureClass.ARTIFACT_CODEGEN),
                   advisory("B", "2026-11-01", class_=ExposureClass.UNKNOWN))
    made = join(own, own, advisory("A", "2026-11-20", "2.0.0"), advisory("B", "2026-11-20", "2.0.0"))
    assert [one.class_ for one in made.advisories] == [ExposureClass.ARTIFACT_CODEGEN, ExposureClass.BUILD_HOST]
    assert fixes(made) == {"A": "2.0.0", "B": "2.0.0"}


def test_a_distributions_package_is_told_by_the_newest_alone() -> None:
    base = Snapshot(Meta("downloaded", "2026-11-01"), distros=(
        DistroStatus("debian-12", "gcc-12", "CVE-1", "open"), DistroStatus("debian-12", "gcc-11", "CVE-1", "open"),
        DistroStatus("debian-11", "gcc-12", "CVE-1", "open")))
    harvest = Harvest(distros=[DistroStatus("debian-12", "gcc-12", "CVE-2", "fixed", "12.2.0-15")])
    made = merged(base, Snapshot(Meta("embedded", "2026-10-01")), [harvest], base.meta, TODAY)
    assert {(one.distro, one.package, one.cve) for one in made.distros} == {
        ("debian-12", "gcc-12", "CVE-2"), ("debian-12", "gcc-11", "CVE-1"), ("debian-11", "gcc-12", "CVE-1")}


def test_lists_of_several_feeds_come_together() -> None:
    base = Snapshot(Meta("embedded", "2026-10-01"), cycles={"go": (Cycle("1.25", None, None, None),)},
                    exploited=("CVE-1",), none_known=("meson",))
    harvests = [Harvest(cycles={"rust": ()}, none_known=["ninja"]), Harvest(exploited=("CVE-2",))]
    made = merged(base, base, harvests, base.meta, TODAY)
    assert (set(made.cycles), made.exploited, made.none_known) == (
        {"go", "rust"}, ("CVE-1", "CVE-2"), ("meson", "ninja"))
