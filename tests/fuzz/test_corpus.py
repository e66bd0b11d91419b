"""What fuzzing learned is fed to every reader again: nothing may raise, nor take long."""

import time
from pathlib import Path

import pytest
from fuzz.targets import CORPUS, Target, all_targets

TARGETS = {target.name: target for target in all_targets()}
LIMIT = 2 << 20


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_nothing_raises(target: Target) -> None:
    for data in target.seeds():
        target.eat(data)
    for path in sorted((CORPUS / target.name).glob("*")):
        started = time.process_time()
        target.eat(path.read_bytes())
        assert time.process_time() - started < 5, path.name


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_nothing_raises_wherever_the_seeds_end(target: Target) -> None:
    for data in target.seeds()[:4]:
        for cut in {0, 1, 2, 4, 15, 16, 63, 64, 100, len(data) // 3, len(data) // 2, len(data) - 1}:
            target.eat(data[:cut])


def test_all_of_the_corpus_is_somebodys_and_it_is_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} <= set(TARGETS)
    assert sum(path.stat().st_size for path in files) < LIMIT


def test_every_target_begins_with_something() -> None:
    assert not [name for name, target in TARGETS.items() if not target.seeds()]


def test_the_harness_stands_beside_its_corpus() -> None:
    assert Path(CORPUS).is_relative_to(Path(__file__).parents[2] / "fuzz")
