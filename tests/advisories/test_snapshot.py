"""The file that holds all advisory data: whole or refused."""

from pathlib import Path

import pytest

from builtby.advisories.snapshot import MAGIC, Meta, Snapshot, Unusable, pack, read, unpack, write
from builtby.advisories.store import current, embedded, open_store

EMPTY = Snapshot(Meta("downloaded", "2099-01-01"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILTBY_DATA", str(tmp_path / "data"))


def test_the_embedded_one_is_there_and_packs_to_the_same_bytes() -> None:
    snapshot = embedded()
    assert len(snapshot.advisories) > 2500
    assert snapshot.meta.kind == "embedded"
    assert unpack(pack(snapshot)) == snapshot
    assert pack(snapshot) == pack(snapshot)


def test_every_source_names_its_licence() -> None:
    assert all(source.licence for source in embedded().meta.sources.values())


@pytest.mark.parametrize("break_it", [
    lambda raw: b"", lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b"x" + raw,
    lambda raw: raw[: len(MAGIC)], lambda raw: raw[:60] + bytes([raw[60] ^ 1]) + raw[61:],
])
def test_a_damaged_file_is_refused(break_it: object) -> None:
    with pytest.raises(Unusable):
        unpack(break_it(pack(EMPTY)))  # type: ignore[operator]  # one of the lambdas above


def test_downloaded_data_is_taken_and_a_damaged_file_is_not(tmp_path: Path) -> None:
    assert open_store().info.kind == "embedded"
    write(current(), EMPTY)
    assert read(current()) == EMPTY
    assert open_store().info.kind == "downloaded"
    current().write_bytes(b"no snapshot")
    store = open_store()
    assert store.info.kind == "embedded"
    assert store.problem is not None
    assert "builtby advisories update" in store.problem


def test_an_older_download_does_not_hide_newer_embedded_data() -> None:
    write(current(), Snapshot(Meta("downloaded", "2001-01-01")))
    assert open_store().info.kind == "embedded"


def test_names_find_records_in_any_case() -> None:
    assert {one.product for one in open_store().by_id("cve-2023-29404")} == {"go-toolchain"}
    assert open_store().by_id("GO-2023-1841") == open_store().by_id("CVE-2023-29404")
    assert open_store().by_id("CVE-0000-0") == []
