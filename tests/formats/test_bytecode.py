"""Bytecode of Erlang, Elixir, Lua and OCaml: whose it is, and of which version."""

from pathlib import Path

import pytest

from builtby import scan
from builtby.formats.base import Format
from builtby.formats.bytecode import FORMATS
from builtby.formats.registry import identify
from builtby.model import Artifact
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "bytecode"
FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix != ".md")


def made(path: Path) -> list[tuple[str, str | None]]:
    (artifact,) = (record for record in scan(path) if isinstance(record, Artifact))
    return [(tool.tool, tool.version_range) for tool in artifact.built_by]


@pytest.mark.usefixtures("no_system")
@pytest.mark.parametrize(("name", "expected"), [
    ("hello.beam", [("erlang", ">=25,<26")]), ("elixir.beam", [("elixir", None), ("erlang", None)]),
    ("stripped54.luac", [("lua", ">=5.4,<5.5")]), ("stripped51.luac", [("lua", ">=5.1,<5.2")]),
    ("luajit.luac", [("luajit", ">=2.1")]), ("unit.cmo", [("ocaml", ">=4.13,<4.14")]),
    ("program.ocamlrun", [("ocaml", ">=4.13,<4.14")]),
])
def test_the_compiler_is_named(name: str, expected: list[tuple[str, str | None]]) -> None:
    assert made(FIXTURES / name) == expected


def form_of(path: Path, data: bytes) -> Format:
    form = identify(path.name, data)
    assert form in FORMATS
    assert form is not None
    return form


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_cut_off_is_no_evidence(path: Path) -> None:
    data = path.read_bytes()
    whole = {(s.kind, s.value) for s in form_of(path, data).read(BytesView(data), path.name).surfaces}
    for size in range(32, len(data)):
        cut = form_of(path, data[:size]).read(BytesView(data[:size]), path.name)
        assert {(surface.kind, surface.value) for surface in cut.surfaces} <= whole


def test_a_script_is_no_ocaml() -> None:
    assert identify("x", b"#!/bin/sh\nexec ocamlrun x\n") is None
