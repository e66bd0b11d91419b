"""Helps the tests of PE, Mach-O, WebAssembly and .NET: fixtures by name, and the whole way from bytes to tools."""

from functools import cache
from pathlib import Path

from builtby.formats import registry
from builtby.formats.base import Reading
from builtby.marks.engine import Engine
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def read(data: bytes, path: str = "file") -> Reading:
    form = registry.identify(path, data[: registry.HEAD])
    assert form is not None
    return form.read(BytesView(data), path)


def values(reading: Reading, kind: str) -> list[str]:
    return [surface.value for surface in reading.surfaces if surface.kind == kind]


@cache
def engine() -> Engine:
    return Engine(catalogue())


def built_by(data: bytes, path: str = "file") -> tuple[BuiltBy, ...]:
    reading = read(data, path)
    return resolve(engine().apply(BytesView(data), reading), reading.facts)


def tools(data: bytes, role: str) -> list[tuple[str, str | None]]:
    return [(one.tool, one.version) for one in built_by(data) if one.role == role]
