"""Each tool's own order of versions."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builtby.advisories.records import Interval
from builtby.advisories.versions import Unordered, covers, key, within

ORDERED = {
    "go": ["1.9", "1.19.8", "1.19.10", "1.20.0-0", "1.20beta1", "1.20rc1", "1.20rc2", "1.20", "1.20.1", "1.21.0"],
    "semver": ["1.2.0-alpha", "1.2.0-alpha.1", "1.2.0-beta.2", "1.2.0-beta.11", "1.2.0-rc.1", "1.2.0", "1.10.0"],
    "as upstream": ["2.9", "2.24.90", "2.25", "12.2.0", "12.4.0-rc1", "12.4.0"],
    "openjdk-normalised": ["8u11", "1.8.0_202", "8.0.491", "11.0.2+9", "11.0.24", "17.0.9+9", "17.0.10", "22"],
    "pep440": ["23.0.dev1", "23.0a1", "23.0", "23.0.1", "24.0"],
    "gem": ["3.0.0.pre", "3.0.0.rc1", "3.0.0", "3.0.0.1", "3.0.10"],
    "maven": ["3.9.0-alpha-1", "3.9.0-rc1", "3.9.0", "3.9.1"],
    "dpkg": ["2.3~rc1-1", "2.3-1", "12.2.0-14", "12.2.0-14+deb12u1", "1:1.0-1"],
    "rpm": ["1.0-1.el8", "1.0-2.el8", "1.0.1-1.el8", "1:0.5-1.el8"],
    "apk": ["1.2.2-r5", "1.2.3_rc1-r0", "1.2.3-r0", "1.2.3-r1", "1.2.3a-r0"],
}
SAME = {
    "go": [("1.21", "1.21.0"), ("go1.21.13", "1.21.13"), ("1.21.13 (Red Hat 1.21.13-3.el9)", "1.21.13"),
           ("1.22 X:boringcrypto", "1.22")],
    "semver": [("v1.2.3", "1.2.3"), ("1.2", "1.2.0"), ("1.2.3+build", "1.2.3")],
    "as upstream": [("2.25", "2.25.0"), ("v12.2.0", "12.2")],
    "openjdk-normalised": [("8u491", "1.8.0_491"), ("8u491", "8.0.491"), ("17.0.9+9", "17.0.9"),
                           ("jdk-17.0.9", "17.0.9")],
    "gem": [("3.0.0", "3")],
}


@pytest.mark.parametrize("scheme", ORDERED)
def test_the_order(scheme: str) -> None:
    for older, newer in pairwise(ORDERED[scheme]):
        assert key(scheme, older) < key(scheme, newer), (older, newer)
        assert not key(scheme, newer) < key(scheme, older), (older, newer)


@pytest.mark.parametrize(("scheme", "one", "other"), [(s, a, b) for s, pairs in SAME.items() for a, b in pairs])
def test_two_ways_to_write_one_version(scheme: str, one: str, other: str) -> None:
    assert not key(scheme, one) < key(scheme, other)
    assert not key(scheme, other) < key(scheme, one)


def test_a_letter_after_a_release_is_a_later_release_and_before_a_number_it_is_not() -> None:
    assert key("as upstream", "1.0.2") < key("as upstream", "1.0.2k")
    assert key("as upstream", "3.12.0b1") < key("as upstream", "3.12.0")


@pytest.mark.parametrize(("scheme", "version"), [
    ("go", "devel"), ("semver", "next"), ("pep440", "one"), ("as upstream", "unknown"), ("git", "1.2.3"),
    ("no such scheme", "1"), ("openjdk-normalised", "x"), ("gem", "pre"), ("as upstream", "9" * 300),
])
def test_what_has_no_place_in_the_order_is_said(scheme: str, version: str) -> None:
    with pytest.raises(Unordered):
        key(scheme, version)


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(sorted(ORDERED)))
def test_any_text_is_ordered_or_refused(version: str, scheme: str) -> None:
    try:
        mine = key(scheme, version)
    except Unordered:
        return
    assert mine == key(scheme, version)


def test_intervals() -> None:
    before = Interval("0", fixed="1.19.10")
    assert within("go", "1.19.8", before)
    assert not within("go", "1.19.10", before)
    branch = Interval("1.20.0-0", fixed="1.20.5")
    assert within("go", "1.20rc1", branch)
    assert not within("go", "1.19.12", branch)
    last = Interval("1.0", last="1.4")
    assert within("as upstream", "1.4.0", last)
    assert not within("as upstream", "1.4.1", last)
    assert within("as upstream", "99", Interval("2"))


@pytest.mark.parametrize(("range_", "interval", "told"), [
    (">=12,<13", Interval("0", fixed="14"), True), (">=12,<13", Interval("12.0.0", fixed="12.4.0"), None),
    (">=12,<13", Interval("0", fixed="11.5"), False), (">=12,<13", Interval("13", fixed="14"), False),
    (">=17", Interval("0", fixed="18"), None), (">=17", Interval("16"), True),
])
def test_a_range_is_affected_wholly_partly_or_not(range_: str, interval: Interval, told: bool | None) -> None:
    assert covers("as upstream", range_, interval) is told
