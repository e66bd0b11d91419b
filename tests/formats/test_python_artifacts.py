"""Wheels, source distributions and bytecode: what real tools wrote, and what hostile ones could."""

import random
from pathlib import Path
from time import process_time

import pytest

from builtby.formats.base import Reading
from builtby.formats.registry import HEAD, identify
from builtby.marks.engine import Engine, settle
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "python"
ENGINE = Engine(catalogue())
Made = list[tuple[str, str | None, str]]


def raw(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def read(data: bytes, path: str) -> Reading:
    form = identify(path, data[:HEAD])
    assert form is not None, path
    return form.read(BytesView(data), path)


def values(reading: Reading, kind: str) -> list[str]:
    return [surface.value for surface in reading.surfaces if surface.kind == kind]


def made(*readings: Reading) -> Made:
    joined = Reading("wheel", [surface for reading in readings for surface in reading.surfaces])
    found = resolve(settle(ENGINE.apply(None, joined), joined), {})
    return [(item.tool, item.version or item.version_range, item.role.value) for item in found]


@pytest.mark.parametrize(("name", "tools"), [
    ("mac-numpy.WHEEL", [("meson-python", None, "build-system"), ("delocate", "0.13.0", "packager")]),
    ("win-numpy.WHEEL", [("meson-python", None, "build-system")]),
    ("whl-mido.WHEEL", [("setuptools", None, "build-system"), ("wheel", "0.42.0", "packager")]),
    ("whl-pydantic.WHEEL", [("maturin", "1.16.0", "build-system")]),
    ("whl-rich.WHEEL", [("poetry-core", "2.3.1", "build-system")]),
    ("whl-setuptools.WHEEL", [("setuptools", "84.2.1", "build-system")]),
])
def test_wheel_names_its_builder(name: str, tools: Made) -> None:
    assert made(read(raw(name), "x-1.0.dist-info/WHEEL")) == tools


def test_vendored_distribution_does_not_speak_for_the_wheel() -> None:
    reading = read(raw("whl-mido.WHEEL"), "setuptools/_vendor/x-1.0.dist-info/WHEEL")
    assert values(reading, "wheel.vendored_generator") == ["bdist_wheel (0.42.0)"]
    assert made(reading) == []
    assert read(b"uv\n", "setuptools/_vendor/x-1.0.dist-info/INSTALLER").surfaces == []


def test_wheel_elsewhere_is_no_wheel() -> None:
    assert identify("share/WHEEL", raw("whl-rich.WHEEL")) is None


def test_delvewheel_within_cibuildwheel_names_no_home() -> None:
    reading = read(raw("DELVEWHEEL"), "numpy-2.5.5.dist-info/DELVEWHEEL")
    assert made(reading) == [("cibuildwheel", None, "build-system"), ("delvewheel", "1.11.2", "packager")]
    assert all("runneradmin" not in surface.value for surface in reading.surfaces)


def test_auditwheel_by_its_bill_of_materials() -> None:
    reading = read(raw("auditwheel.cdx.json"), "numba-0.68.1.dist-info/sboms/auditwheel.cdx.json")
    assert made(reading) == [("auditwheel", "6.8.2", "packager")]


@pytest.mark.parametrize("data", [
    b"", b"[]", b'{"metadata": 1}', b"[" * 100_000, b'{"metadata": {"tools": [{"name": 5}]}}',
])
def test_bad_bill_of_materials_is_a_problem(data: bytes) -> None:
    reading = read(data, "x.dist-info/sboms/auditwheel.cdx.json")
    assert reading.surfaces == []
    assert reading.problem is not None


def test_metadata_version_and_installed_egg() -> None:
    reading = read(raw("METADATA"), "rich-15.0.0.dist-info/METADATA")
    assert values(reading, "python.metadata_version") == ["2.4"]
    egg = read(raw("METADATA"), "usr/lib/python3/dist-packages/numpy-1.24.2.egg-info/PKG-INFO")
    assert made(egg) == [("setuptools", None, "build-system")]
    assert made(read(raw("METADATA"), "x-1.0/x.egg-info/PKG-INFO")) == []


def test_installer() -> None:
    assert made(read(b"pip\n", "lib/x-1.0.dist-info/INSTALLER")) == [("pip", None, "package-manager")]
    assert made(read(b"uv", "lib/x-1.0.dist-info/INSTALLER")) == [("uv", None, "package-manager")]


def test_sdist_declares_its_backend_only_as_a_distribution() -> None:
    project, info = read(raw("pyproject.toml"), "pyzmq-27.3.0/pyproject.toml"), read(raw("METADATA"), "x-1/PKG-INFO")
    assert made(project, info) == [("scikit-build-core", None, "build-system"), ("cython", None, "generator")]
    assert made(project) == []


def test_sdist_packed_by_setuptools() -> None:
    setup, info = read(raw("setup.cfg"), "six-1.17.0/setup.cfg"), read(raw("METADATA"), "six-1.17.0/PKG-INFO")
    assert made(setup, info) == [("setuptools", None, "build-system")]


@pytest.mark.parametrize("data", [
    b"[build-system", b"\xff\xfe", b"a = " + b"[" * 50_000, b"a = 1\n" * 100_000, b'[build-system]\nrequires = "x"',
    b"build-system = 3", b"[build-system]\nbuild-backend = 7\nrequires = [1, 2]",
])
def test_bad_project_files_give_nothing(data: bytes) -> None:
    assert read(data, "x-1.0/pyproject.toml").surfaces == []
    assert read(data, "x-1.0/setup.cfg").surfaces == []


@pytest.mark.parametrize(("name", "version", "check"), [
    ("cpython-2.7.18", ">=2.7,<3", None), ("cpython-3.6.15", ">=3.6,<3.7", None),
    ("cpython-3.8.18", ">=3.8,<3.9", "timestamp"), ("cpython-3.11.7", ">=3.11,<3.12", "timestamp"),
    ("cpython-3.11.7-checked", ">=3.11,<3.12", "checked-hash"), ("cpython-3.13.0", ">=3.13,<3.14", "timestamp"),
])
def test_bytecode_tells_the_interpreters_series(name: str, version: str, check: str | None) -> None:
    reading = read(raw(f"{name}.pyc.bin"), "m.pyc")
    assert made(reading) == [("cpython", version, "compiler")]
    assert reading.facts.get("pyc") == check


def test_unknown_magic_is_python_of_unknown_version() -> None:
    assert made(read(b"\xff\x0e\r\n" + bytes(12), "m.pyc")) == []
    assert made(read((3699).to_bytes(2, "little") + b"\r\n" + bytes(12), "m.pyc")) == [("cpython", None, "compiler")]
    assert identify("m.pyc", b"not bytecode") is None


def test_metadata_of_a_million_lines_is_bounded() -> None:
    start = process_time()
    reading = read(b"Generator: hatchling 1.29.0\n" * 1_000_000, "x.dist-info/WHEEL")
    assert len(reading.surfaces) <= 200
    assert process_time() - start < 0.5
    assert identify("x.dist-info/RECORD", b"a,b,c\n" * 600) is None


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir() if path.suffix != ".md"))
def test_truncated_and_mutated_files_never_raise(name: str) -> None:
    places = {"WHEEL": "x.dist-info/WHEEL", "bin": "m.pyc", "json": "x.dist-info/sboms/auditwheel.cdx.json"}
    path = places.get(name.rpartition(".")[2], name if "." in name else f"x.dist-info/{name}")
    data, chance = raw(name), random.Random(name)
    form = identify(path, data[:HEAD])
    assert form is not None
    for end in range(0, len(data), 11):
        form.read(BytesView(data[:end]), path)
    for _ in range(200):
        hurt = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            hurt[chance.randrange(len(hurt))] = chance.randrange(256)
        form.read(BytesView(bytes(hurt)), path)


@pytest.mark.parametrize(("text", "tool", "version"), [
    (b"\0_cython_3_2_9\0_cython_3_2_9.generator\0", "cython", "3.2.9"),
    (b"\0_cython_3_0_0a11\0", "cython", "3.0.0a11"),
    (b"\0__reduce_cython__\0cython_runtime\0", "cython", None),
    (b"\x006ec57f84c680d3a3778b__mypyc.init_mypy\0", "mypyc", None),
    (b"\0__pybind11_internals_v11_system_libstdcpp_gxx_abi_1xxx_use_cxx11_abi_1__\0", "pybind11", ">=3.0.0,<3.1.0"),
    (b"\0__pybind11_internals_v99_x__\0", "pybind11", None),
    (b"\0com.oracle.svm.core.VM=GraalVM CE 25.0.2+10.1\0", "native-image", "25.0.2"),
    (b"This module 'x' is auto-generated with f2py (version:1.24.2).", "f2py", "1.24.2"),
])
def test_marks_in_the_data_of_extension_modules(text: bytes, tool: str, version: str | None) -> None:
    from builtby.formats.base import Region

    reading = Reading("elf", regions=[Region("elf.data", 0, len(text))])
    found = resolve(ENGINE.apply(BytesView(text), reading), {})
    assert [(item.tool, item.version or item.version_range) for item in found] == [(tool, version)]
