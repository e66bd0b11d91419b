"""Trees to audit, written down as their files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from builtby.builds.audit.engine import audit
from builtby.builds.audit.model import Audit

Auditing = Callable[[dict[str, str]], Audit]


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditing:
    """Return what audits a tree given as {path: text}; nothing of this machine's caches is seen."""
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "no-cargo"))
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "no-go"))

    def run(files: dict[str, str]) -> Audit:
        root = tmp_path / "tree"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
        return audit([str(root)])

    return run
