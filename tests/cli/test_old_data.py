"""A scan says when the advisory data that it judged by is old or could not be used."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from builtby.advisories.snapshot import Meta, Snapshot, write
from builtby.advisories.store import current
from builtby.cli.app import app


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILTBY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BUILTBY_STATE", str(tmp_path / "state"))


def said(tmp_path: Path, *options: str) -> str:
    (tmp_path / "target").mkdir(exist_ok=True)
    return CliRunner().invoke(app, ["scan", "-j", "1", *options, str(tmp_path / "target")]).stderr


def test_old_downloads_are_warned_of_and_embedded_data_shows_its_age_elsewhere(tmp_path: Path) -> None:
    assert "renews it" not in said(tmp_path)
    write(current(), Snapshot(Meta("downloaded", "2099-01-01", "2020-01-01T00:00:00Z")))
    assert "`builtby advisories update` renews it" in said(tmp_path)
    assert "renews it" not in said(tmp_path, "-q")


def test_a_damaged_download_is_said_and_the_embedded_data_used(tmp_path: Path) -> None:
    write(current(), Snapshot(Meta("downloaded", "2099-01-01")))
    current().write_bytes(current().read_bytes()[:-3])
    assert "is not used" in said(tmp_path)
