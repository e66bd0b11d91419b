"""The library's front door."""

import os
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import builtby
from builtby.model import Artifact, Record, Skipped
from builtby.pipeline import workers
from builtby.pipeline.workers import Crew
from builtby.scanning import Options, Progress, scan
from tests.pipeline.parts import ImageParts, artifacts, numbered, skipped, tar


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(600):
        (tmp_path / f"{number:03}").write_bytes(numbered(number))
    (tmp_path / "archive.tar").write_bytes(tar({"a": numbered(1000)}))
    return tmp_path


def test_it_is_found_in_the_package_itself(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(numbered(1))
    (record,) = builtby.scan(tmp_path)
    assert isinstance(record, Artifact)
    assert record.built_by[0].version == "12.2.0"


def test_nothing_is_done_before_it_is_asked_for(tmp_path: Path) -> None:
    run = scan(tmp_path)
    (tmp_path / "a").write_bytes(numbered(1))
    assert artifacts(list(run)) == ["a"]
    assert [target.kind for target in run.targets] == ["directory"]


def test_records_come_while_the_scan_goes_on(tree: Path) -> None:
    run = iter(scan(tree))
    assert isinstance(next(run), Artifact)
    for path in tree.iterdir():
        path.unlink()
    assert len(skipped(list(run))) > 50


def test_several_targets_are_told_apart(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(numbered(1))
    run = scan(tmp_path / "a", tmp_path / "none", tmp_path / "b")
    assert [(record.target, type(record)) for record in run] == [(0, Artifact), (1, Skipped), (2, Artifact)]
    assert [target.ref.rpartition("/")[2] for target in run.targets] == ["a", "none", "b"]


def test_progress_is_told_in_the_calling_thread(tree: Path) -> None:
    told: list[tuple[Progress, int]] = []
    list(scan(tree, progress=lambda progress: told.append((progress, threading.get_ident()))))
    assert told
    assert {thread for _, thread in told} == {threading.get_ident()}
    assert [progress.files for progress, _ in told] == sorted(progress.files for progress, _ in told)


@pytest.mark.parametrize("make", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_will_do(make: type[ThreadPoolExecutor], tree: Path) -> None:
    with make(3) as executor:
        found = list(scan(tree, options=Options(executor=executor)))
        assert executor.submit(int).result() == 0, "it is the caller's, and is not shut down"
    assert found == list(scan(tree))


def test_threads_that_scan_at_once_do_not_disturb_one_another(tree: Path) -> None:
    with ThreadPoolExecutor(4) as executor:
        runs = [executor.submit(lambda: list(scan(tree))) for _ in range(4)]
        results: list[list[Record]] = [run.result() for run in runs]
    assert results == [results[0]] * 4
    assert len(artifacts(results[0])) == 601


def test_images_with_an_executor_of_threads(tmp_path: Path) -> None:
    parts = ImageParts()
    parts.image(*(tar({f"{n}": numbered(n)}) for n in range(8)))
    with ThreadPoolExecutor(3) as executor:
        found = list(scan(parts.folder(tmp_path), options=Options(executor=executor)))
    assert found == list(scan(tmp_path))
    assert len(artifacts(found)) == 9


def dies_on_three(item: int) -> int:
    """Work that kills its process."""
    if item == 3:
        os._exit(9)
    return item


def test_work_on_which_a_worker_dies_is_lost_and_no_other() -> None:
    with closing(Crew(2, None)) as crew:
        results = list(crew.run(dies_on_three, range(1, 9), lambda _: -1))
    assert results == [(n, -1 if n == 3 else n) for n in range(1, 9)]


class Broken(Executor):
    """An executor whose workers are all dead."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:  # noqa: ANN401  # as in the standard library
        raise BrokenExecutor


def test_files_on_which_a_worker_dies_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(300):  # more than one piece of work
        (tmp_path / f"{n}").write_bytes(numbered(1))
    monkeypatch.setattr(workers, "_pool", lambda _: Broken())
    records = list(scan(tmp_path, options=Options(jobs=2)))
    assert {record.path for record in records} == {f"{n}" for n in range(300)}
    assert all(isinstance(record, Skipped) and "died" in record.reason for record in records)


def test_layers_on_which_a_worker_dies_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ImageParts()
    parts.image(tar({"a": numbered(1)}), tar({"b": numbered(2)}))
    monkeypatch.setattr(workers, "_pool", lambda _: Broken())
    found = list(scan(parts.folder(tmp_path), options=Options(jobs=2)))
    assert sum(isinstance(record, Skipped) and "died" in record.reason for record in found) == 2


def test_a_defect_of_ours_costs_one_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.pipeline.identify import Identifier

    mine = id(tmp_path)  # bytes that were seen before are not looked at again
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(numbered(mine + ord(name)))
    (tmp_path / "d.tar").write_bytes(tar({"b": numbered(mine), "c": numbered(mine + 1)}))
    verdict = Identifier.view

    def fails(self: Identifier, form: Any, view: Any, path: str) -> Any:  # noqa: ANN401  # handed on
        if path == "b":
            raise ZeroDivisionError("a defect")
        return verdict(self, form, view, path)

    monkeypatch.setattr(Identifier, "view", fails)
    found = list(scan(tmp_path))
    assert artifacts(found) == ["a", "c", "d.tar!/c"]
    assert set(skipped(found)) == {"b", "d.tar!/b"}
    assert "ZeroDivisionError: a defect" in skipped(found)["b"]


def test_no_file_of_ours_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    parts = ImageParts()
    parts.image(tar({"a": numbered(1)}), tar({"b": numbered(2)}))
    parts.folder(tmp_path / "image")
    assert len(artifacts(list(scan(tmp_path / "image")))) == 3
    assert list((tmp_path / "work").iterdir()) == []
