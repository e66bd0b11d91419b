"""The attacks of history in a guard: those that are said to be stopped do no harm, the others are found."""

import sys
from pathlib import Path

import pytest

from tests.builds.attacks.stage import Attack, attacks, staged
from tests.builds.guard.guarded import POSSIBLE
from tests.builds.recorded import kept_by

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards are Linux's")
CASES = [pytest.param(level, one, id=f"{one.id}-{level}", marks=[pytest.mark.slow] * (level != POSSIBLE[0]))
         for level in POSSIBLE for one in attacks()]


@pytest.mark.parametrize(("level", "attack"), CASES)
def test_an_attack_does_no_harm_or_is_found(attack: Attack, level: int, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(f'name = "reenacted"\n{attack.policy}\n')
    with staged(attack, tmp_path / "s") as ready:
        ran = kept_by(("guard", "--level", str(level), "--policy", str(policy)), ready.work, ready.words(),
                      environment=ready.environment, seconds=120)
        harmed = ready.is_harmed() if attack.harm else None
    assert ran.record, ran.err
    assert "not found" not in ran.err, "it was not the guard that stopped it"
    told = f"{ran.err}\n{ran.out}\n{ran.record['findings']}"
    if attack.guard == "stopped":
        assert not harmed, told
        assert harmed is False or any(one["blocked"] for one in ran.record["findings"]), told
    else:
        assert harmed is not False, told
        assert set(attack.expects) <= {one["rule"] for one in ran.record["findings"]}, told
