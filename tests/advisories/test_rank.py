"""The one order of exposures, and the words for them."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from builtby.advisories import words
from builtby.advisories.rank import CLASSES, rank, ranked
from builtby.model import Action, ExposureClass, ExposureStatus
from tests.reports.exposures import BUILD_HOST, CODEGEN, EXPLOITED, LINKED, OLD, RUNTIME, UNSCORED


def test_exploited_then_sure_then_what_must_be_rebuilt_then_severity() -> None:
    mild = replace(LINKED, id="CVE-1", severity=3.1, rating="low")
    assert ranked([OLD, UNSCORED, CODEGEN, BUILD_HOST, RUNTIME, mild, LINKED, EXPLOITED]) == (
        EXPLOITED, LINKED, mild, RUNTIME, BUILD_HOST, UNSCORED, OLD, CODEGEN)


def test_a_rating_without_a_score_counts() -> None:
    said = replace(LINKED, severity=None, rating="high")
    scored = [replace(LINKED, severity=9.0), said, replace(LINKED, severity=6.9), replace(LINKED, severity=None,
              rating="unknown")]
    assert all(rank(one) < rank(two) for one, two in pairwise(scored))


def test_every_class_action_and_status_has_its_words() -> None:
    assert set(CLASSES) == set(words.CLASSES) == set(ExposureClass)
    assert set(words.ACTIONS) == set(Action)
    assert all(words.status_words(status) for status in ExposureStatus)
    assert all(words.action_sentence(replace(LINKED, action=action)) for action in Action)


@pytest.mark.parametrize(("versions", "text"), [
    ((), ""), (("1.2",), "1.2"), (("1.2", "2.0"), "1.2 or 2.0"), (("1", "2", "3"), "1, 2 or 3"),
    (("1", "2", "3", "4", "5"), "1, 2, 3 or later"),
    (("1.20.7", "1.21.0-rc.4"), "1.20.7"), (("1.21.0-rc.4",), "1.21.0"),
    (("12.2.0-14+deb12u1",), "12.2.0-14+deb12u1")])
def test_fixes(versions: tuple[str, ...], text: str) -> None:
    assert words.fixes(versions) == text


def test_what_cannot_be_fixed_yet_is_said() -> None:
    assert words.action_sentence(CODEGEN) == (
        "No fixed version of gcc is known; once there is one: update gcc, then rebuild and ship again what it made.")


def test_status_of_a_message() -> None:
    assert "Unverified" not in words.message(LINKED)
    assert "Unverified: this build" in words.message(replace(CODEGEN, reason=None, status=ExposureStatus.UNVERIFIED))


@pytest.mark.parametrize(("versions", "told"), [
    (("1.26.7", "1.27.0-rc.3"), ("1.26.7",)), (("3.15.0b4",), ("3.15.0",)), (("1.21.0-0",), ("1.21.0",)),
    (("1.0.0-beta2", "1.0.0-rc1"), ("1.0.0",)), (("1.0.2k",), ("1.0.2k",)), (("8u491",), ("8u491",)),
])
def test_nobody_is_told_to_take_what_is_no_release(versions: tuple[str, ...], told: tuple[str, ...]) -> None:
    assert words.stable(versions) == told
