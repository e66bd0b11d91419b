"""Fixtures for several rooms."""

import pytest


@pytest.fixture
def no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package database of the machine that runs the tests, which takes time to read, be out of the way."""
    monkeypatch.setattr("builtby.pipeline.run.root_of", lambda _folder: None)
