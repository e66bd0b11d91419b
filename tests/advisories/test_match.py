"""Records of one advisory are one, the nearest to the project decides, and withdrawn ones never match."""

from typing import Any

from builtby.advisories.match import Match, Matcher, groups
from builtby.advisories.products import Way
from builtby.advisories.records import Advisory, from_osv
from builtby.advisories.subject import Subject
from builtby.model import Role

WAY = Way("x")


def advisory(name: str, *events: dict[str, str], aliases: tuple[str, ...] = (), source: str = "bitnami/vulndb",
             versions: tuple[str, ...] = (), kind: str = "ECOSYSTEM", **more: Any) -> Advisory:  # noqa: ANN401
    affected: dict[str, Any] = {"package": {"name": "x"}, "versions": list(versions)}
    if events:
        affected["ranges"] = [{"type": kind, "events": list(events)}]
    affected["ecosystem_specific"] = more.pop("specific", {})
    return from_osv({
        "id": name, "aliases": list(aliases), "affected": [affected], **more,
        "database_specific": {"builtby": {"product": "x", "exposure": "build-host", "source": source}}})


def found(*advisories: Advisory, version: str | None = "1.5", range_: str | None = None, way: Way = WAY) -> list[Match]:
    return list(Matcher(advisories, way).matches(Subject("x", version, range_, Role.COMPILER)))


FROM_1_TO_2 = ({"introduced": "1"}, {"fixed": "2"})


def test_names_that_are_shared_join_records_even_across_others() -> None:
    one = advisory("GO-1", aliases=("CVE-2020-1",))
    two = advisory("GHSA-1", aliases=("BIT-1",))
    three = advisory("BIT-1", aliases=("CVE-2020-1",))
    assert [[record.id for record in group] for group in groups([one, two, three])] == [["GHSA-1", "GO-1", "BIT-1"]] \
        or {record.id for record in groups([one, two, three])[0]} == {"GO-1", "GHSA-1", "BIT-1"}
    assert len(groups([one, two, three])) == 1


def test_one_exposure_for_one_advisory_under_the_name_that_people_use() -> None:
    (match,) = found(advisory("GO-1", *FROM_1_TO_2, aliases=("CVE-2020-1",)),
                     advisory("BIT-1", *FROM_1_TO_2, aliases=("CVE-2020-1",)))
    assert match.names.name == "CVE-2020-1"
    assert match.names.aliases == ("BIT-1", "GO-1")
    assert match.rule == "1.5 is in >=1,<2"
    assert match.fixed_in == ("2",)


def test_the_project_knows_better_than_an_aggregator() -> None:
    ours = advisory("GO-1", {"introduced": "0"}, {"fixed": "1.2"}, aliases=("CVE-2020-1",), source="golang/vulndb")
    theirs = advisory("BIT-1", {"introduced": "0"}, {"fixed": "9"}, aliases=("CVE-2020-1",))
    assert found(theirs, ours) == []
    assert found(theirs) != []


def test_withdrawn_never_matches() -> None:
    assert found(advisory("A", *FROM_1_TO_2, withdrawn="2024-01-01T00:00:00Z")) == []


def test_last_affected_and_named_versions() -> None:
    last = advisory("A", {"introduced": "0"}, {"last_affected": "1.5"})
    assert len(found(last)) == 1
    assert found(last, version="1.5.1") == []
    named = advisory("B", versions=("1.5",))
    assert len(found(named)) == 1
    assert found(named, version="1.6") == []


def test_commits_are_undecided_and_do_not_hide_what_another_record_says() -> None:
    commits = advisory("OSV-1", {"introduced": "abc"}, aliases=("CVE-2020-1",), kind="GIT", source="NVD")
    (match,) = found(commits)
    assert match.affected is None
    assert "commits" in match.rule
    (match,) = found(commits, advisory("BIT-1", *FROM_1_TO_2, aliases=("CVE-2020-1",)))
    assert match.affected is not None


def test_a_version_that_has_no_place_in_the_order_is_undecided() -> None:
    (match,) = found(advisory("A", *FROM_1_TO_2), version="devel")
    assert match.affected is None


def test_components_and_numbering() -> None:
    one = advisory("A", *FROM_1_TO_2, specific={"components": ["readelf"]})
    assert found(one, way=Way("x", components=("ld",))) == []
    assert len(found(one, way=Way("x", components=("readelf",)))) == 1
    numbered = advisory("B", *FROM_1_TO_2, specific={"numbering": "crate"})
    assert found(numbered, way=Way("x", numbering="release")) == []


def test_of_a_range_all_or_some_or_none_is_affected() -> None:
    one = advisory("A", *FROM_1_TO_2)
    (match,) = found(one, version=None, range_=">=1.1,<1.9")
    assert not match.partly
    (match,) = found(one, version=None, range_=">=1.1,<3")
    assert match.partly
    assert found(one, version=None, range_=">=2,<3") == []
    assert found(one, version=None, range_=">=1.1") == []


def test_a_range_may_have_no_beginning() -> None:
    (match,) = found(advisory("A", *FROM_1_TO_2), version=None, range_="<1.5")
    assert (match.partly, match.fixed_in) == (True, ("2",))
    assert found(advisory("A", *FROM_1_TO_2), version=None, range_="<1") == []


def test_absurd_ranges_end() -> None:
    many = advisory("A", *({"introduced": str(n)} for n in range(10_000)))
    assert len(found(many)) == 1
    backwards = advisory("B", {"introduced": "9"}, {"fixed": "1"})
    assert found(backwards) == []
