"""Fixtures for several rooms."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package database of the machine that runs the tests, which takes time to read, be out of the way."""
    monkeypatch.setattr("builtby.pipeline.run.root_of", lambda _folder: None)


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the last scan of the tests away from that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUILTBY_STATE", str(tmp_path_factory.mktemp("state")))
        yield
