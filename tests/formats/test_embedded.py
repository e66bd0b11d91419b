"""Interpreters inside executables, and the tools that put programs behind them: on bytes cut from real ones."""

from pathlib import Path

import pytest

from builtby.formats.base import Reading, Region
from builtby.formats.registry import identify
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "npm"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(catalogue())


def found(engine: Engine, *names: str) -> set[tuple[str, str | None, str]]:
    """Return what is found in an executable whose data holds all these pieces."""
    data = b"\0".join((FIXTURES / name).read_bytes() for name in names)
    reading = Reading("elf", regions=[Region("elf.data", 0, len(data))])
    return {(b.tool, b.version, str(b.role)) for b in resolve(engine.apply(BytesView(data), reading), {})}


@pytest.mark.parametrize(("names", "tools"), [
    (["node-20.20.2.bin", "node-no-sea.bin"], {("node", "20.20.2", "runtime")}),
    (["node-20.20.2.bin", "node-sea.bin"], {("node", "20.20.2", "runtime"), ("node", None, "packager")}),
    (["bun-1.4.5.bin", "bun-1.4.5-text.bin"], {("bun", "1.4.5", "runtime")}),
    (["bun-1.4.5.bin", "bun-1.4.5-trailer.bin"], {("bun", "1.4.5", "runtime"), ("bun", None, "packager")}),
    (["bun-1.4.5.bin", "bun-1.1.45-trailer.bin"], {("bun", "1.4.5", "runtime"), ("bun", None, "packager")}),
    (["bun-1.4.5-trailer.bin"], set()),
    (["deno-2.9.6.bin", "deno-node-url.bin"], {("deno", "2.9.6", "runtime")}),
    (["pyinstaller-6.bin"], {("pyinstaller", None, "runtime")}),
    (["pyinstaller-6.bin", "pyinstaller-6-cookie.bin"],
     {("pyinstaller", None, "runtime"), ("pyinstaller", None, "packager")}),
])
def test_tells_the_interpreter_from_the_packager(
    engine: Engine, names: list[str], tools: set[tuple[str, str | None, str]],
) -> None:
    assert found(engine, *names) == tools


@pytest.mark.parametrize(("path", "data", "tool", "version"), [
    ("PEX-INFO", b'{"bind_resource_paths":{},"build_properties":{"pex_version":"2.105.2"}}', "pex", "2.105.2"),
    ("environment.json", b'{"shiv_version": "1.0.8", "always_write_cache": false}', "shiv", "1.0.8"),
])
def test_zipped_programs_name_their_packager(
    engine: Engine, path: str, data: bytes, tool: str, version: str,
) -> None:
    form = identify(path, data)
    assert form is not None
    reading = form.read(BytesView(data), path)
    assert [(b.tool, b.version) for b in resolve(engine.apply(None, reading), {})] == [(tool, version)]
    for broken in (data[:-5], b"{}", b"[]", b"\0"):
        assert form.read(BytesView(broken), path).surfaces == []


def test_another_environment_json_is_none_of_shivs() -> None:
    assert identify("environment.json", b'{"name": "production"}') is None
