"""A site for the feeds, and a machine with no data of its own."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from builtby.advisories.snapshot import Snapshot
from builtby.advisories.store import embedded
from tests.advisories.site import Site, running


@pytest.fixture
def site() -> Iterator[Site]:
    """A server with nothing on it."""
    with running() as made:
        yield made


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a machine that has downloaded nothing yet, and has no proxy."""
    folder = tmp_path / "data"
    monkeypatch.setenv("BUILTBY_DATA", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("BUILTBY_ADVISORIES_URL", raising=False)
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package's own data be small, where a test runs often and does not look at it."""
    part = _part()
    for room in ("update", "store", "exchange"):
        monkeypatch.setattr(f"builtby.advisories.{room}.embedded", lambda: part)


@cache
def _part() -> Snapshot:
    whole = embedded()
    return msgspec.structs.replace(whole, advisories=whole.advisories[:20], distros=whole.distros[:20],
                                   cycles={"go": whole.cycles["go"]}, exploited=whole.exploited[:20])
