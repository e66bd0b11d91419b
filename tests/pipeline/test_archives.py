"""Archives in archives, wherever they stand: what is in them, and what they are themselves."""

import bz2
import gzip
import io
import lzma
import sys
import tarfile
from pathlib import Path

import pytest

from builtby.formats.base import Format, Reading
from builtby.model import Artifact
from builtby.sources.closed import Closed, kinds
from builtby.sources.view import View
from tests.pipeline.parts import (
    ImageParts,
    ar,
    artifacts,
    compilers,
    elf,
    member,
    numbered,
    records,
    skipped,
    tar,
    zipped,
    zstd,
)

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archives"
A = numbered(1)


@pytest.mark.parametrize(("name", "packed"), [
    ("x.gz", gzip.compress), ("x.xz", lzma.compress), ("x.bz2", bz2.compress), ("x.zst", zstd.compress),
    ("x.lzma", lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE)),
])
def test_a_compressed_file_is_looked_into(name: str, packed: object, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(packed(A))  # type: ignore[operator]  # a parameter
    assert compilers(records(tmp_path)) == {f"{name}!/x": "gcc 12.2.0"}


def test_archives_of_every_kind_in_one_another(tmp_path: Path) -> None:
    war = zipped({"WEB-INF/lib/x.so": A, "WEB-INF/inner.tar.gz": gzip.compress(tar({"deep/a": numbered(2)}))})
    outer = lzma.compress(tar({"folder/app.war": war}))
    (tmp_path / "all.zip").write_bytes(zipped({"archive.tar.xz": outer, "b": numbered(3)}))
    found = records(tmp_path)
    assert [path for path in artifacts(found) if not path.endswith(".war")] == [
        "all.zip!/archive.tar.xz!/folder/app.war!/WEB-INF/inner.tar.gz!/deep/a",
        "all.zip!/archive.tar.xz!/folder/app.war!/WEB-INF/lib/x.so",
        "all.zip!/b",
    ]
    assert skipped(found) == {}


def test_a_debian_package_is_an_artifact_and_so_is_what_it_holds(tmp_path: Path) -> None:
    control = b"Package: x\nVersion: 1\nArchitecture: amd64\nMaintainer: a\nDescription: b\n"
    (tmp_path / "x.deb").write_bytes(ar({
        "debian-binary": b"2.0\n", "control.tar.xz": lzma.compress(tar({"./control": control})),
        "data.tar.zst": zstd.compress(tar({"./usr/bin/x": A}))}))
    found = records(tmp_path)
    assert artifacts(found) == ["x.deb", "x.deb!/data.tar.zst!/usr/bin/x"]
    assert sorted(r.format for r in found if isinstance(r, Artifact)) == ["deb", "elf"]


def test_a_script_in_a_package_does_not_speak_for_the_package(tmp_path: Path) -> None:
    script = b'"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.x = void 0;\n'
    control = b"Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: b\n"
    payload = tar({"./usr/share/x/a.js": script, "./usr/share/x/package.json": b'{"packageManager": "npm@8.15.0"}'})
    (tmp_path / "x.deb").write_bytes(ar({
        "debian-binary": b"2.0\n", "control.tar.xz": lzma.compress(tar({"./control": control})),
        "data.tar.gz": gzip.compress(payload)}))
    found = {r.path: [tool.tool for tool in r.built_by] for r in records(tmp_path) if isinstance(r, Artifact)}
    assert found == {"x.deb": [], "x.deb!/data.tar.gz!/usr/share/x/a.js": ["tsc"]}


def test_an_rpm_package_is_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "tiny.rpm").write_bytes((FIXTURES / "tiny-1.2-3.x86_64.rpm").read_bytes())
    found = records(tmp_path)
    assert "tiny.rpm" in artifacts(found)
    package = next(r for r in found if isinstance(r, Artifact) and r.path == "tiny.rpm")
    assert "rpm" in {tool.tool for tool in package.built_by}


WHEEL = b"Wheel-Version: 1.0\nGenerator: setuptools (75.8.0)\nRoot-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n"


def wheel() -> bytes:
    return zipped({"x/a.so": A, "x-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: x\nVersion: 1\n",
                   "x-1.dist-info/WHEEL": WHEEL, "x-1.dist-info/RECORD": b""})


def test_a_wheel_says_itself_what_made_it(tmp_path: Path) -> None:
    (tmp_path / "x-1-py3-none-any.whl").write_bytes(wheel())
    assert compilers(records(tmp_path)) == {
        "x-1-py3-none-any.whl": "setuptools 75.8.0", "x-1-py3-none-any.whl!/x/a.so": "gcc 12.2.0"}


def test_a_wheel_in_an_archive_goes_by_and_is_still_named(tmp_path: Path) -> None:
    (tmp_path / "wheels.tar").write_bytes(tar({"x-1-py3-none-any.whl": wheel()}))
    (tmp_path / "x-1-py3-none-any.whl").write_bytes(wheel())
    found = {r.path: r.sha256 for r in records(tmp_path) if isinstance(r, Artifact) and r.path.endswith(".whl")}
    assert len(found) == 2
    assert len(set(found.values())) == 1


def test_a_source_distribution_and_an_npm_package(tmp_path: Path) -> None:
    package = b'{"name": "x", "version": "1.0.0", "_npmVersion": "10.2.4", "_nodeVersion": "20.11.0"}'
    (tmp_path / "x.tgz").write_bytes(gzip.compress(tar({"package/package.json": package, "package/x.node": A})))
    found = records(tmp_path)
    assert "x.tgz!/package/x.node" in artifacts(found)
    assert skipped(found) == {}


def test_a_chart_is_known_by_the_header_of_its_compression(tmp_path: Path) -> None:
    chart = (Path(__file__).parent.parent / "fixtures/archives/chart.tgz").read_bytes()
    (tmp_path / "chart-0.1.0.tgz").write_bytes(chart)
    (tmp_path / "other.tgz").write_bytes(gzip.compress(gzip.decompress(chart)))
    (tmp_path / "charts.tar").write_bytes(tar({"charts/chart-0.1.0.tgz": chart}))
    found = [record for record in records(tmp_path) if isinstance(record, Artifact)]
    assert {one.path: [tool.tool for tool in one.built_by] for one in found} == {
        "chart-0.1.0.tgz": ["helm"], "charts.tar!/charts/chart-0.1.0.tgz": ["helm"]}
    assert len({one.sha256 for one in found}) == 1


def test_a_package_of_a_package_speaks_for_itself_only(tmp_path: Path) -> None:
    jar = zipped({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\nCreated-By: 17.0.2 (Oracle Corporation)\r\n\r\n"})
    outer = b"Manifest-Version: 1.0\r\nCreated-By: 11.0.4 (Oracle Corporation)\r\n\r\n"
    (tmp_path / "a.war").write_bytes(zipped({"META-INF/MANIFEST.MF": outer, "WEB-INF/lib/b.jar": jar}))
    by_path = {r.path: {t.version for t in r.built_by} for r in records(tmp_path) if isinstance(r, Artifact)}
    assert "11.0.4" in by_path["a.war"]
    assert "17.0.2" not in by_path["a.war"]
    assert "17.0.2" in by_path["a.war!/WEB-INF/lib/b.jar"]


def test_the_same_bytes_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from builtby.pipeline.identify import Identifier

    unlike_any_other = elf(padding=bytes(tmp_path.as_posix(), "ascii"))
    read: list[str] = []
    known = Identifier.read

    def counted(form: Format, view: View, path: str) -> Reading:
        read.append(path)
        return known(form, view, path)

    monkeypatch.setattr(Identifier, "read", staticmethod(counted))
    for name in "abc":
        (tmp_path / name).write_bytes(unlike_any_other)
    found = records(tmp_path)
    assert artifacts(found) == ["a", "b", "c"]
    assert len({r.sha256 for r in found if isinstance(r, Artifact)}) == 1
    assert read == ["a"]


def test_one_damaged_member_does_not_keep_the_others_from_being_looked_at(tmp_path: Path) -> None:
    data = bytearray(zipped({"a": A, "b": elf(padding=b"b" * 300), "c": numbered(3)}))
    at = data.index(b"PK\3\4", 4) + 31
    data[at : at + 8] = b"\xff" * 8
    (tmp_path / "x.zip").write_bytes(data)
    found = records(tmp_path)
    assert artifacts(found) == ["x.zip!/a", "x.zip!/c"]
    assert "cannot be decoded" in skipped(found)["x.zip!/b"]


def test_an_encrypted_member_is_said_and_the_others_are_looked_at(tmp_path: Path) -> None:
    data = bytearray(zipped({"a": A, "b": numbered(2)}))
    for magic, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + flags] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    found = records(tmp_path)
    assert artifacts(found) == ["x.zip!/b"]
    assert skipped(found) == {"x.zip!/a": "the member is encrypted"}


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_members_that_are_no_files_are_said(kind: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tar({"a": A, "odd": member("odd", kind), "b": numbered(2)}))
    found = records(tmp_path)
    assert artifacts(found) == ["x.tar!/a", "x.tar!/b"]
    assert list(skipped(found)) == ["x.tar!/odd"]


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_odd_members_of_layers_cover_what_is_below(kind: bytes, tmp_path: Path) -> None:
    parts = ImageParts()
    parts.image(tar({"a": A, "b": numbered(2)}), tar({"a": member("a", kind)}))
    found = records(parts.folder(tmp_path))
    assert artifacts(found) == ["", "b"]
    assert len(skipped(found)) == (kind == tarfile.GNUTYPE_SPARSE)


def test_a_large_member_goes_by_and_is_read_all_the_same(tmp_path: Path) -> None:
    large = elf(padding=bytes(60 << 20))
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(tar({"large": large}), 1))
    (tmp_path / "large").write_bytes(large)
    found = [record for record in records(tmp_path) if isinstance(record, Artifact)]
    assert [(record.sha256, record.size) for record in found] == [(found[0].sha256, len(large))] * 2
    assert [record.built_by[0].version for record in found] == ["12.2.0"] * 2


def test_a_large_archive_in_an_archive_is_read_quickly(tmp_path: Path) -> None:
    inner = io.BytesIO()
    inner.write(zipped({"pad": b"\0" * (60 << 20), **{f"{n}": numbered(n) for n in range(200)}}, method=0))
    (tmp_path / "x.zip").write_bytes(zipped({"inner.zip": inner.getvalue()}))
    assert len(artifacts(records(tmp_path))) == 200


class Piped:
    """Standard input that holds some bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def piped(data: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(sys, "stdin", Piped(data))
    found = records("-")
    assert skipped(found) == {}
    return compilers(found)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(A, monkeypatch) == {"-": "gcc 12.2.0"}
    assert piped(tar({"a": A}), monkeypatch) == {"-!/a": "gcc 12.2.0"}
    assert piped(gzip.compress(tar({"a": A})), monkeypatch) == {"-!/a": "gcc 12.2.0"}
    assert piped(zipped({"a": A}), monkeypatch) == {"-!/a": "gcc 12.2.0"}
    assert piped(b"", monkeypatch) == {}
    assert piped(b"nothing that is known", monkeypatch) == {}


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstd.compress], ids=["plain", "gzip", "zstd"])
def test_an_image_on_standard_input(packed: object, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ImageParts()
    parts.image(tar({"a": A}), tar({"b": numbered(2)}))
    archive = packed(tar(dict(parts.files())))  # type: ignore[operator]  # a parameter
    assert piped(archive, monkeypatch) == {"a": "gcc 12.2.0", "b": "gcc 12.2.0"}


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_what_is_known_and_not_opened_is_said(kind: Closed, tmp_path: Path) -> None:
    name = f"x{kind.suffixes[0]}" if kind.suffixes else "x"
    data = bytes.fromhex(kind.magic) + bytes(64)
    (tmp_path / name).write_bytes(data)
    (tmp_path / "x.tar").write_bytes(tar({name: data, "good": A}))
    found = records(tmp_path)
    assert skipped(found) == dict.fromkeys((name, f"x.tar!/{name}"), f"{kind.name}, which builtby does not open")
    assert artifacts(found) == ["x.tar!/good"]


def test_what_only_begins_like_one_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "letter.doc").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(64))
    (tmp_path / "empty.iso").write_bytes(b"")
    assert skipped(records(tmp_path)) == {}


def test_what_built_a_packed_dependency_did_not_build_the_program(tmp_path: Path) -> None:
    wheel = b"Wheel-Version: 1.0\nGenerator: setuptools (75.6.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    (tmp_path / "x.pex").write_bytes(b"#!/usr/bin/env python3\n" + zipped({
        ".deps/six-1.17.0-py2.py3-none-any.whl/six-1.17.0.dist-info/WHEEL": wheel, "lib.so": A,
        "PEX-INFO": b'{"build_properties": {"pex_version": "2.105.2"}}'}))
    found = {record.path: [tool.tool for tool in record.built_by]
             for record in records(tmp_path) if isinstance(record, Artifact)}
    assert found["x.pex"] == ["pex"]
    assert "gcc" in found["x.pex!/lib.so"]
