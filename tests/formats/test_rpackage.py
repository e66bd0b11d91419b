"""R packages: what `Built` in their DESCRIPTION says."""

from pathlib import Path

import pytest

from builtby import scan
from builtby.model import Artifact

FIXTURE = Path(__file__).parents[1] / "fixtures" / "r" / "DESCRIPTION"


@pytest.mark.usefixtures("no_system")
def test_r_that_built_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "DESCRIPTION").write_bytes(FIXTURE.read_bytes())
    (artifact,) = (record for record in scan(tmp_path) if isinstance(record, Artifact))
    assert artifact.format == "r-package"
    assert [(tool.tool, tool.version, tool.role) for tool in artifact.built_by] == [("r", "4.2.2", "build-system")]


@pytest.mark.usefixtures("no_system")
@pytest.mark.parametrize("text", ["Package: x\nVersion: 1\n", "Package: x\nVersion: 1\nBuilt: by hand\n", "a project"])
def test_sources_and_others_are_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "DESCRIPTION").write_text(text)
    assert [record for record in scan(tmp_path) if isinstance(record, Artifact)] == []
