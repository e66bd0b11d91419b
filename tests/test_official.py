"""Where official schemas come from: what is not to be had, or is another, fails by name."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import official


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    official.load.cache_clear()
    monkeypatch.setattr(official, "CACHE", tmp_path / "schemas")
    return tmp_path / "schemas"


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("name", official.PINS)
def test_no_registry_is_a_failure_that_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_more: object) -> Any:  # noqa: ANN401
        raise subprocess.CalledProcessError(1, "x", stderr="no route to host")

    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(official.NotHad, match=f"schema of {name} .*no route to host|go is not installed"):
        official.load(name)


def test_another_text_is_refused(elsewhere: Path) -> None:
    elsewhere.mkdir()
    (elsewhere / f"spdx-{official.PINS['spdx']['sha256'][:16]}.json").write_text("{}")
    with pytest.raises(official.NotHad, match="not what was pinned"):
        official.load("spdx")
