"""JavaScript: what bundlers and compilers leave in it, and what only speaks of them."""

from pathlib import Path

import pytest

from builtby.formats import javascript
from builtby.formats.registry import identify
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "npm"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(catalogue())


def tools(engine: Engine, data: bytes) -> set[tuple[str, str | None]]:
    view = BytesView(data)
    reading = javascript.FORMAT.read(view, "x.js")
    return {(b.tool, b.version or b.version_range) for b in resolve(engine.apply(view, reading), reading.facts)}


@pytest.mark.parametrize(("name", "tool", "range_"), [
    ("webpack-5-chunk.js", "webpack", ">=5"),
    ("webpack-5-dev.js", "webpack", ">=5"),
    ("webpack-4.js", "webpack", ">=2,<5"),
    ("rspack-2-chunk.js", "rspack", ">=2"),
    ("rspack-2-dev.js", "rspack", ">=2"),
    ("rollup-4-umd.js", "rollup", None),
    ("rollup-4-cjs.js", "rollup", None),
    ("rolldown-1.js", "rolldown", None),
    ("esbuild-0.8.57.js", "esbuild", "<0.14.8"),
    ("esbuild-0.14.54.js", "esbuild", ">=0.11,<0.28.2"),
    ("esbuild-0.25.12.js", "esbuild", ">=0.11,<0.28.2"),
    ("esbuild-0.28.2.js", "esbuild", ">=0.26"),
    ("esbuild-0.28.2-min.js", "esbuild", ">=0.14.9"),
    ("vite-6.js", "vite", None),
    ("parcel-2-dev.js", "parcel", ">=2"),
    ("parcel-2-min.js", "parcel", ">=2"),
    ("browserify-17.js", "browserify", ">=16"),
    ("tsc-3.5.3.js", "tsc", None),
    ("tsc-4.1.6.js", "tsc", ">=3.9,<4.7"),
    ("tsc-4.7.4.js", "tsc", ">=4.6"),
    ("tsc-5.2.2.js", "tsc", ">=4.9"),
    ("tsc-5.6.3.js", "tsc", ">=5.6"),
    ("tsc-5.7.3.js", "tsc", ">=5.7"),
    ("tsc-5.4.5-plain.js", "tsc", None),
    ("babel-7.js", "babel", ">=7.17"),
    ("babel-7-runtime.js", "babel", ">=7"),
    ("swc-1.js", "swc", None),
    ("bun-1.4.5.js", "bun", None),
    ("bun-1.4.5-own.js", "bun", None),
    ("closure.js", "closure-compiler", None),
])
def test_names_the_tool_and_no_other(engine: Engine, name: str, tool: str, range_: str | None) -> None:
    assert tools(engine, (FIXTURES / name).read_bytes()) == {(tool, range_)}


@pytest.mark.parametrize("name", ["decoy-webpack.js", "decoy-browserify.js", "decoy-swc.js", "decoy-sucrase.js",
                                  "rolldown-1-umd.js"])
def test_what_only_looks_like_a_mark_is_none(engine: Engine, name: str) -> None:
    assert tools(engine, (FIXTURES / name).read_bytes()) == set()


def test_other_rules_do_not_read_scripts(engine: Engine) -> None:
    text = b"// rustc version 1.80.0, /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/, GCC: (GNU) 9.1.0\n"
    assert tools(engine, text * 3) == set()


def test_looks_at_the_beginning_and_the_end_of_large_files(engine: Engine) -> None:
    mark = (FIXTURES / "esbuild-0.28.2.js").read_bytes()
    filler = b"x();\n" * (1 << 19)
    assert tools(engine, mark + filler) == {("esbuild", ">=0.26")}
    assert tools(engine, filler + mark) == {("esbuild", ">=0.26")}
    assert tools(engine, filler + mark + filler) == set()
    regions = javascript.FORMAT.read(BytesView(filler), "x.js").regions
    assert sum(region.size for region in regions) <= javascript.HEAD + javascript.TAIL


def test_a_little_file_is_not_searched() -> None:
    assert javascript.FORMAT.read(BytesView(b"exports.a = 1;"), "x.js").regions == []


def test_is_told_by_its_name() -> None:
    for name in ("a.js", "b/c.mjs", "d.CJS"):
        form = identify(name, b"var a = 1;")
        assert form is not None
        assert form.name == "javascript"
    assert identify("a.js", b"\0\1\2\3") is None
