"""OSV records in, compact records out; what is none is refused with a reason."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builtby.advisories.records import BadRecord, Defaults, Interval, from_osv
from builtby.advisories.scoring import base_score, rating
from builtby.model import ExposureClass


def record(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "id": "GO-2023-1841", "aliases": ["CVE-2023-29404"], "modified": "2024-05-20T16:03:47Z",
        "published": "2023-06-08T20:15:47Z",
        "affected": [{
            "package": {"ecosystem": "Go", "name": "toolchain"},
            "ecosystem_specific": {"imports": [{"path": "cmd/go", "symbols": ["x"]}]},
            "ranges": [{"type": "SEMVER", "events": [
                {"introduced": "0"}, {"fixed": "1.19.10"}, {"introduced": "1.20.0-0"}, {"fixed": "1.20.5"}]}],
        }],
        "database_specific": {"builtby": {"product": "go-toolchain", "scheme": "go", "exposure": "build-host"}},
        "references": [{"type": "FIX", "url": "https://go.dev/cl/1"}, {"type": "ADVISORY", "url": "https://go.dev/a"}],
        **more,
    }


def test_the_facts_are_kept() -> None:
    one = from_osv(record())
    assert (one.id, one.name, one.product, one.scheme) == ("GO-2023-1841", "CVE-2023-29404", "go-toolchain", "go")
    assert one.class_ is ExposureClass.BUILD_HOST
    assert (one.published, one.modified) == ("2023-06-08", "2024-05-20")
    assert one.affected[0].intervals == (Interval("0", "1.19.10"), Interval("1.20.0-0", "1.20.5"))
    assert one.affected[0].imports[0].symbols == ("x",)
    assert one.links[0] == "https://go.dev/a"
    assert (one.rating, one.score) == ("unknown", None)


def test_scores_are_computed_from_the_newest_vector() -> None:
    one = from_osv(record(severity=[
        {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"},
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]))
    assert (one.score, one.rating) == (9.8, "critical")
    assert one.cvss is not None
    assert one.cvss.startswith("CVSS:3.1")


@pytest.mark.parametrize(("vector", "score"), [
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
    ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5), ("CVSS:3.1/nonsense", None), ("", None), ("A" * 5000, None),
])
def test_vectors_of_all_versions(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


def test_words_for_scores() -> None:
    assert [rating(score) for score in (10.0, 9.0, 8.9, 4.0, 0.1, 0.0)] == \
        ["critical", "critical", "high", "medium", "low", "none"]


def test_a_record_of_a_public_feed_takes_product_and_class_from_its_feed() -> None:
    raw = record()
    del raw["database_specific"]
    with pytest.raises(BadRecord, match="names no product"):
        from_osv(raw)
    one = from_osv(raw, Defaults("go-toolchain", "go", ExposureClass.BUILD_HOST))
    assert (one.product, one.class_) == ("go-toolchain", ExposureClass.BUILD_HOST)


def test_commits_and_last_affected() -> None:
    one = from_osv(record(affected=[
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {"last_affected": "2"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "3"}]}]},
    ]))
    assert [(part.commits, part.intervals) for part in one.affected] == [
        (True, ()), (False, (Interval("1", None, "2"),)), (False, (Interval("3"),))]


@pytest.mark.parametrize("broken", [
    {"id": 5}, {"aliases": "CVE-1"}, {"affected": {"a": 1}}, {"published": "yesterday"}, {"affected": [5]},
    {"affected": [{"ranges": [{"type": "SEMVER"}]}]}, {"affected": [{"ranges": [{"type": "SEMVER", "events": [{}]}]}]},
    {"database_specific": {"builtby": {"product": "x", "exposure": "doom"}}}, {"aliases": ["x"] * 30_000},
    {"affected": [{"versions": [1, 2]}]}, {"references": [{"url": 7}]},
])
def test_what_is_no_record_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRecord):
        from_osv(record(**broken))


words = st.text(max_size=9)
json_like = st.recursive(st.none() | st.booleans() | st.integers() | words,
                         lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
FIELDS = ["id", "aliases", "affected", "published", "severity", "database_specific", "references"]


@settings(deadline=None)
@given(st.sampled_from(FIELDS), json_like)
def test_nothing_but_a_bad_record_is_raised(field: str, value: Any) -> None:  # noqa: ANN401
    with suppress(BadRecord):
        from_osv(record(**{field: value}))
