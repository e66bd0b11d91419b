"""`builtby marks`: the catalogue, and the check that a newcomer's file meets."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builtby.cli.app import app

GOOD = """
tool = "frob"
title = "Frob"
homepage = "https://frob.example"

[[mark]]
id = "comment"
surface = "elf.comment"
pattern = '''^frob (?P<version>\\d+\\.\\d+)$'''

[[mark.example]]
value = "frob 1.2"
version = "1.2"
source = "a program compiled with frob"

[[mark.near_miss]]
value = "frobnicate 1.2"
why = "another tool"
"""


def go(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["marks", *map(str, args)])
    return result.exit_code, result.output


def test_list_names_the_tools_with_their_surfaces() -> None:
    code, told = go("list")
    assert code == 0
    assert any(line.split()[0] == "gcc" for line in told.splitlines() if line.strip())


def test_list_for_machines() -> None:
    entries = json.loads(go("list", "-f", "json")[1])
    gcc = next(entry for entry in entries if entry["tool"] == "gcc")
    assert "compiler" in gcc["roles"]
    assert "elf.comment" in gcc["surfaces"]
    assert [entry["tool"] for entry in entries] == sorted(entry["tool"] for entry in entries)


def test_list_for_the_documentation() -> None:
    assert "| [`gcc`](https://gcc.gnu.org) |" in go("list", "-f", "markdown")[1]


def test_show_gives_pattern_proof_and_decoys() -> None:
    code, told = go("show", "gcc")
    assert code == 0
    assert "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0" in told
    assert "GCC_3.0" in told


def test_show_of_an_unknown_tool_is_wrong_usage() -> None:
    assert go("show", "frob")[0] == 2


def test_rules_of_a_folder_join_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "frob.toml").write_text(GOOD)
    assert "frob 1.2" in go("show", "frob", "--rules", tmp_path)[1]


def test_a_sound_file_passes(tmp_path: Path) -> None:
    file = tmp_path / "frob.toml"
    file.write_text(GOOD)
    assert go("test", file) == (0, "1 mark file: sound\n")


@pytest.mark.parametrize(("old", "new", "problem", "remedy"), [
    ("frob 1.2", "frob x", "does not fire on its example", "Mend the pattern"),
    ("frobnicate 1.2", "frob 3.4", "fires on the near-miss", "Anchor the pattern"),
    ('version = "1.2"', 'version = "1.3"', "should be '1.3'", "Mend the pattern's group"),
    ("(?P<version>", "(?P<version", "pattern", "regular expression"),
    ('surface = "elf', 'surfaces = "elf', "surfaces", "Compare it with a file"),
    ('source = "a program compiled with frob"', 'source = ""', "does not say where it is from", "Name the file"),
    ('id = "comment"', 'id = "comment"\nrequires = ["gc/comment"]', "names no rule", "tool/rule-id"),
    ('id = "comment"', 'id = "comment"\nneedles = ["fro"]', "shorter than four", "longer literal"),
])
def test_what_is_wrong_is_said_with_what_helps(tmp_path: Path, old: str, new: str, problem: str, remedy: str) -> None:
    file = tmp_path / "frob.toml"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    code, told = go("test", file)
    assert code == 1
    assert problem in told
    assert remedy in told


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, told = go("test", tmp_path / "no.toml")
    assert code == 1
    assert "No such file" in told


def test_the_schema_can_be_printed() -> None:
    result = CliRunner().invoke(app, ["schema", "scan"])
    assert json.loads(result.output)["title"] == "builtby/scan/1"
