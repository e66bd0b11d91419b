"""`builtby record show`: every document by its name."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from builtby.builds.documents.registry import all_documents
from builtby.cli.app import app
from builtby.cli.record_show import ShowFormat
from tests.builds.documents.builds import EMPTY, build


def test_every_document_can_be_asked_for() -> None:
    assert {form.value for form in ShowFormat} == {"terminal", *all_documents()}


@pytest.mark.parametrize("form", sorted(all_documents()))
def test_it_is_printed_or_written(form: str, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(build()))
    wanted = b"".join(all_documents()[form].write(build()))
    result = CliRunner().invoke(app, ["record", "show", str(tmp_path), "-f", form])
    assert (result.exit_code, result.stdout_bytes) == (0, wanted)
    result = CliRunner().invoke(app, ["record", "show", str(tmp_path), "-f", form, "-o", str(tmp_path / "out")])
    assert (result.exit_code, result.stdout_bytes, (tmp_path / "out").read_bytes()) == (0, b"", wanted)


def test_an_incomplete_record_is_shown_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(EMPTY))
    assert CliRunner().invoke(app, ["record", "show", str(tmp_path)]).exit_code == 3


def test_the_terminal_has_no_file(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(build()))
    assert CliRunner().invoke(app, ["record", "show", str(tmp_path), "-o", str(tmp_path / "x")]).exit_code == 2
