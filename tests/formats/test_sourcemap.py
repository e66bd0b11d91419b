"""Source maps that fifteen tools wrote for the same sources: each is told by its own, and by no other's."""

import pytest

from builtby.formats import sourcemap
from builtby.formats.base import Reading
from tests.formats.native_help import FIXTURES, built_by, read, values

NPM = FIXTURES / "npm"


@pytest.mark.parametrize(("name", "tool", "range_"), [
    ("tsc-5.4.5", "tsc", None), ("esbuild-0.21.5", "esbuild", None), ("parcel-2", "parcel", ">=2"),
    ("rspack-2", "rspack", None), ("webpack-5", "webpack", ">=5"), ("webpack-4", "webpack", "<5"),
    ("closure-2", "closure-compiler", None), ("bun-1.4.5", "bun", None), ("bun-1.0.36", "bun", None),
])
def test_a_map_names_its_writer(name: str, tool: str, range_: str | None) -> None:
    data = (NPM / f"{name}.js.map").read_bytes()
    assert [(one.tool, one.version, one.version_range) for one in built_by(data, "x.js.map")] == [(tool, None, range_)]


@pytest.mark.parametrize("name", ["rollup-4", "babel-7", "terser-5", "uglify-3", "swc-1", "rolldown-1"])
def test_a_map_like_others_names_nobody(name: str) -> None:
    assert built_by((NPM / f"{name}.js.map").read_bytes(), "x.js.map") == ()


def test_layout_and_sources() -> None:
    reading = read((NPM / "webpack-5.js.map").read_bytes(), "dist/480.js.map")
    assert values(reading, "map.layout") == [
        "style=compact root=empty scheme=webpack keys=version file mappings sources sourcesContent names sourceRoot"]
    assert values(reading, "map.source") == ["webpack://w/./src/lazy.js"]


def test_what_stands_in_a_source_is_no_key() -> None:
    text = (b'{"version":3,"sources":["a.js"],"sourcesContent":["{\\"debugId\\":1,\\"file\\":2}"],'
            b'"names":[],"mappings":""}')
    assert values(read(text, "a.map"), "map.layout") == [
        "style=compact root=none scheme=none keys=version sources sourcesContent names mappings"]


def test_a_map_inside_a_script() -> None:
    data = (NPM / "bun-1.4.5-inline.js").read_bytes()
    assert values(read(data, "a.js"), "map.debug_id") == ["66862C80C2D62B4464756E2164756E21"]
    assert [one.tool for one in built_by(data, "a.js")] == ["bun"]
    assert "map.layout" not in {surface.kind for surface in read(data[:-20] + b"!" + data[-20:], "a.js").surfaces}


@pytest.mark.parametrize("raw", [
    b"{", b'{"version":3', b'{"version":3,"mappings":', b'{"version":3,"mappings":"","sources":[', b")]}'\n{}",
    b'{"version":3,"mappings":"","sources":["a', b'{"version":3,"mappings":"","sources":[null,"a"]}',
    b'{"version":3,"mappings":"","debugId":', b'{"version":3,"mappings":"","sources":["\\' + b"\\" * 5000,
])
def test_damage_is_no_error(raw: bytes) -> None:
    reading = Reading("source-map")
    sourcemap.read_map(raw, reading)
    assert values(reading, "map.source") == []


def test_sources_are_bounded() -> None:
    reading = Reading("source-map")
    sourcemap.read_map(b'{"version":3,"mappings":"","sources":[' + b'"a",' * 10000 + b'"b"]}', reading)
    assert len(values(reading, "map.source")) == 64
