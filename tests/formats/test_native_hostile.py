"""PE, COFF, Mach-O, WebAssembly and .NET: whatever the bytes, a reading comes back, soon, and marks can be applied."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builtby.formats import coff, dotnet_pdb, macho, pe, wasm
from builtby.formats.base import Format
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView
from tests.formats.native_help import FIXTURES, engine
from tests.formats.test_macho import fat

FORMATS = {"pe": pe.FORMAT, "coff": coff.FORMAT, "macho": macho.FORMAT, "wasm": wasm.FORMAT, "pdb": dotnet_pdb.FORMAT}


def of(path: str) -> Format:
    if path.startswith("wasm"):
        return wasm.FORMAT
    if path.endswith(".obj"):
        return coff.FORMAT
    if path.endswith(".pdb"):
        return dotnet_pdb.FORMAT
    return macho.FORMAT if path.startswith("macho") else pe.FORMAT


NAMES = sorted(
    f"{folder}/{path.name}" for folder in ("pe", "macho", "wasm", "dotnet") for path in (FIXTURES / folder).iterdir()
    if path.suffix != ".md"
)


def try_read(form: Format, data: bytes) -> None:
    view = BytesView(data)
    reading = form.read(view, "file")
    assert all(region.offset >= 0 and region.size > 0 for region in reading.regions)
    resolve(engine().apply(view, reading), reading.facts)


def cuts(size: int) -> Iterator[int]:
    yield from range(min(size, 700))
    yield from range(700, size, max((size - 700) // 150, 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_prefix(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    for cut in cuts(len(data)):
        of(name).read(BytesView(data[:cut]), "file")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 1 << 16), st.sampled_from(
    [0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)), min_size=1, max_size=12), st.booleans())
def test_mutations(name: str, changes: list[tuple[int, int]], near: bool) -> None:
    data = bytearray((FIXTURES / name).read_bytes())
    for place, byte in changes:
        data[place % (min(len(data), 600) if near else len(data))] = byte
    try_read(of(name), bytes(data))
    if name.startswith("macho"):
        try_read(macho.FORMAT, fat(bytes(data), bytes(data)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=400), st.integers(0, 6))
def test_any_bytes_behind_a_magic(name: str, data: bytes, which: int) -> None:
    magics = FORMATS[name].magics
    try_read(FORMATS[name], magics[which % len(magics)] + data)


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_numbers_cost_no_time(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    began = time.process_time()
    for place in range(4, min(len(data), 1000), 4):
        of(name).read(BytesView(data[:place] + b"\xff\xff\xff\x7f" + data[place + 4 :]), "file")
    assert time.process_time() - began < 10
