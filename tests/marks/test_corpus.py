"""Whole small files from real toolchains, through format, marks and resolver: see tests/fixtures/marks/ORIGIN.md."""

from pathlib import Path

import pytest

from builtby.formats.registry import HEAD, identify
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy, Role
from builtby.sources.view import BytesView

FOLDER = Path(__file__).parents[1] / "fixtures/marks"
ENGINE = Engine(catalogue())


def made(name: str) -> tuple[BuiltBy, ...]:
    data = (FOLDER / name).read_bytes()
    form = identify(name, data[:HEAD])
    assert form is not None
    view = BytesView(data)
    reading = form.read(view, name)
    return resolve(ENGINE.apply(view, reading), reading.facts)


@pytest.mark.parametrize(("name", "compiler", "linker"), [
    ("gcc-golds", "gcc 12.2.0", "gold 1.16"),
    ("gcc-molds", "gcc 12.2.0", "mold 1.10.1"),
    ("gcc-patchelf", "gcc 12.2.0", None),
    ("clang14-lld", "clang 14.0.6", "lld 14.0.6"),
    ("clang14-g", "clang 14.0.6", "ld None"),
    ("musl-s", "gcc 12.2.0", "ld None"),
    ("tcc-plain", "tcc None", "tcc None"),
    ("gfortran-s", "gcc 12.2.0", "ld None"),
    ("gdc-s", "gcc 12.2.0", "ld None"),
    ("ldc-s", "ldc 1.30.0", "ld None"),
    ("gnat-s", "gnat 11.3.0", "ld None"),
    ("nasm-g", "nasm 2.16.01", None),
    ("zig0.9.1-small", None, "lld 13.0.1"),
    ("zigcc0.13.0-muslO2s", "clang 18.1.6", "lld 18.1.6"),
    ("rustc1.95.0-rlib", "rustc 1.95.0", None),
])
def test_first_of_each_role(name: str, compiler: str | None, linker: str | None) -> None:
    found = made(name)
    compiled = [f"{one.tool} {one.version}" for one in found if one.role in (Role.COMPILER, Role.ASSEMBLER)]
    linked = [f"{one.tool} {one.version}" for one in found if one.role is Role.LINKER]
    assert compiled[:1] == ([compiler] if compiler else [])
    assert linked == ([linker] if linker else [])


@pytest.mark.parametrize(("name", "language"), [
    ("gfortran-s", "fortran"), ("gdc-s", "d"), ("ldc-s", "d"), ("gnat-s", "ada"), ("clang14-g", "c"),
    ("rustc1.95.0-rlib", "rust"),
])
def test_language(name: str, language: str) -> None:
    assert made(name)[0].language == language


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".md"))
def test_cut_short_it_still_reads(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    for size in range(64, len(data), max(len(data) // 16, 1)):
        piece = data[:size]
        form = identify(name, piece[:HEAD])
        assert form is not None
        reading = form.read(BytesView(piece), name)
        for one in resolve(ENGINE.apply(BytesView(piece), reading), reading.facts):
            assert 0 < one.confidence <= 1
