"""npm packages, lock files and install records."""

from pathlib import Path

import pytest

from builtby.formats.base import Reading
from builtby.formats.registry import identify
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "npm"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(catalogue())


def read(path: str, data: bytes) -> Reading:
    form = identify(path, data[:4096])
    assert form is not None
    return form.read(BytesView(data), path)


def found(engine: Engine, path: str, data: bytes) -> list[tuple[str, str | None, str]]:
    reading = read(path, data)
    return [(b.tool, b.version or b.version_range, str(b.claim))
            for b in resolve(engine.apply(None, reading), reading.facts)]


@pytest.mark.parametrize(("fixture", "path", "tool", "version"), [
    ("package-lock.json", "app/package-lock.json", "npm", ">=7"),
    ("package-lock.json", "app/node_modules/.package-lock.json", "npm", ">=7"),
    ("pnpm-lock-7.yaml", "app/pnpm-lock.yaml", "pnpm", "<8"),
    ("pnpm-lock-8.yaml", "app/pnpm-lock.yaml", "pnpm", ">=7,<9"),
    ("pnpm-lock-10.yaml", "app/pnpm-lock.yaml", "pnpm", ">=9"),
    ("modules-8.yaml", "app/node_modules/.modules.yaml", "pnpm", "8.15.9"),
    ("modules-10.yaml", "app/node_modules/.modules.yaml", "pnpm", "10.34.9"),
    ("yarn-1.lock", "app/yarn.lock", "yarn", "<2"),
    ("yarn-4.lock", "app/yarn.lock", "yarn", ">=2"),
    ("bun.lock", "app/bun.lock", "bun", None),
    ("tsbuildinfo-5.4.5", "app/tsconfig.tsbuildinfo", "tsc", "5.4.5"),
])
def test_names_what_wrote_a_file(engine: Engine, fixture: str, path: str, tool: str, version: str | None) -> None:
    assert found(engine, path, (FIXTURES / fixture).read_bytes()) == [(tool, version, "observed")]


@pytest.mark.parametrize(("fixture", "tools"), [
    ("package-d3.json", {("rollup", None)}),
    ("package-chart.json", {("pnpm", "8.13.0"), ("rollup", None), ("tsc", None)}),
    ("package-swc-core.json", {("tsc", None)}),
])
def test_a_manifest_declares_what_its_build_calls(
    engine: Engine, fixture: str, tools: set[tuple[str, str | None]],
) -> None:
    claims = found(engine, "package/package.json", (FIXTURES / fixture).read_bytes())
    assert {(tool, version) for tool, version, _ in claims} == tools
    assert {claim for _, _, claim in claims} == {"declared"}


def commands(manifest: bytes) -> list[str]:
    return [s.value for s in read("package.json", manifest).surfaces if s.kind == "npm.command"]


def test_follows_scripts_and_strips_what_sets_them_up() -> None:
    assert commands(b"""{"scripts": {
        "prepack": "npm run all && NODE_ENV=production cross-env A=b npx -y webpack --mode x",
        "all": "yarn css; pnpm exec rollup -c || yarn tsc -b", "css": "sass a", "test": "jest"},
        "devDependencies": {"rollup": "4.9.1", "webpack": "^5.0.0"}}""") == [
        "webpack --mode x", "rollup@4.9.1 -c", "tsc -b", "sass a"]


def test_scripts_that_call_one_another_for_ever_end() -> None:
    assert commands(b'{"scripts": {"build": "npm run a", "a": "npm run b", "b": "npm run a && tsc"}}') == ["tsc"]


@pytest.mark.parametrize("data", [
    b"", b"{", b"[]", b"null", b'{"scripts": 3, "devDependencies": [1]}', b'{"scripts": {"build": 7}}', b"\xff\xfe{}",
    b'{"a":' * 5000, b'{"packageManager": {"a": 1}}',
])
def test_a_manifest_that_is_none_says_nothing(data: bytes) -> None:
    reading = read("package.json", data)
    assert reading.surfaces == []
    assert reading.problem is None


@pytest.mark.parametrize("path", ["package-lock.json", "pnpm-lock.yaml", ".modules.yaml", "yarn.lock", "bun.lock",
                                  "bun.lockb", "x.tsbuildinfo"])
@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b'"lockfileVersion": 99999999999', b"lockfileVersion: 'x'"])
def test_a_lock_that_is_none_claims_nothing(engine: Engine, path: str, data: bytes) -> None:
    assert found(engine, path, data) == []
