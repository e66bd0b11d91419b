"""Every attack is found, and the same work done honestly is not."""

import sys
from pathlib import Path

import pytest

from builtby.builds.detect.load import rules
from tests.builds.attacks.stage import Attack, attacks, play, staged
from tests.builds.recorded import recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds are recorded on Linux")
IDS = [one.id for one in attacks()]


@pytest.mark.parametrize("attack", attacks(), ids=IDS)
def test_an_attack_is_found(attack: Attack, tmp_path: Path) -> None:
    with staged(attack, tmp_path / "s") as ready:
        ran = recorded(ready.work, *ready.words(), environment=ready.environment)
        assert attack.harm is None or ready.is_harmed(), f"it is no attack: {ran.err}\n{ran.out}"
    found = {one["rule"] for one in ran.record["findings"]}
    assert set(attack.expects) <= found, f"{ran.err}\n{ran.out}"
    if attack.expects != ("io-uring",):
        assert any(one["severity"] != "info" for one in ran.record["findings"] if one["rule"] in attack.expects)


@pytest.mark.parametrize("attack", attacks(), ids=IDS)
def test_honest_work_is_left_alone(attack: Attack, tmp_path: Path) -> None:
    ran = play(attack, tmp_path / "s", honest=True)
    assert ran.record["exit_code"] is not None
    assert [(one["rule"], one["message"]) for one in ran.record["findings"] if one["severity"] != "info"] == []


def test_what_is_expected_are_rules() -> None:
    known = {rule.id for rule in rules()}
    assert {name for one in attacks() for name in one.expects} <= known


def test_a_finding_in_a_hook_names_the_package(tmp_path: Path) -> None:
    attack = next(one for one in attacks() if one.id == "npm-hook")
    ran = play(attack, tmp_path / "s")
    (found,) = [one for one in ran.record["findings"] if one["rule"] == "credential-read"]
    assert (found["owner"], found["hook"], found["severity"]) == ("pkg:npm/evil@1.0.0", "install", "critical")
