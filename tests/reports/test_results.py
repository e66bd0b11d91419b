"""Results: one order, kept outside memory, the same whatever the order they came in."""

import random
import tracemalloc
from pathlib import Path

import pytest

from builtby.model import Artifact
from builtby.reports.results import artifact_key
from builtby.reports.spool import Spool
from tests.reports.records import RECORDS, artifact, results


def test_order_is_by_target_and_path_whatever_came_first() -> None:
    mixed = list(RECORDS)
    random.Random(7).shuffle(mixed)
    assert list(results(tuple(mixed)).artifacts) == list(results().artifacts)
    assert [(a.target, a.path) for a in results().artifacts] == sorted(
        (r.target, r.path) for r in RECORDS if isinstance(r, Artifact))


def test_digest_tells_content_and_not_order() -> None:
    assert results(RECORDS[::-1]).digest() == results().digest()
    assert results(RECORDS[1:]).digest() != results().digest()


@pytest.mark.parametrize("buffer", [1, 3000, 1 << 30])
def test_runs_on_disk_give_what_memory_gives(buffer: int) -> None:
    spool = Spool(Artifact, artifact_key, buffer)
    numbers = list(range(200))
    random.Random(1).shuffle(numbers)
    for number in numbers:
        spool.add(artifact(number, f"usr/lib/{number:04}" + "x" * number))
    for _ in range(2):
        assert [a.size - 1000 for a in spool] == list(range(200))
    spool.close()


def test_a_record_larger_than_a_piece_is_read_back_whole() -> None:
    spool = Spool(Artifact, artifact_key, 1)
    spool.add(artifact(1, "a" * 700_000))
    spool.add(artifact(2, "b"))
    assert [len(a.path) for a in spool] == [700_000, 1]
    spool.close()


def test_the_same_record_is_kept_once() -> None:
    spool = Spool(Artifact, artifact_key, 500)
    for _ in range(50):
        spool.add(artifact(1, "usr/bin/same"))
    assert len(list(spool)) == 1
    spool.close()


def test_memory_stays_flat() -> None:
    spool = Spool(Artifact, artifact_key, 1 << 20)
    tracemalloc.start()
    for number in range(10_000):
        spool.add(artifact(number, f"some/quite/long/path/to/an/artifact/{number % 977}/{number}"))
    assert sum(1 for _ in spool) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    spool.close()
    assert peak < 12 << 20


def test_small_results_write_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not-there"))
    assert len(list(results().artifacts)) == 6
