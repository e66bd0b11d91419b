"""Package databases, read from what the distributions' own tools wrote."""

import gzip
import sqlite3
import struct
from pathlib import Path

import pytest

from builtby.packages.base import Distro, Package
from builtby.packages.language import nix_store
from builtby.packages.readers import Database, interesting
from builtby.packages.rpm import header, packages
from builtby.packages.rpm_stores import bdb_blobs, ndb_blobs, sqlite_blobs

FIXTURES = Path(__file__).parent.parent / "fixtures/packages"
DEBIAN = Distro("debian", "12", "bookworm")


def fixture(name: str) -> bytes:
    data = (FIXTURES / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def database(path: str) -> Database:
    found = interesting(path)
    assert found is not None
    return found


def read(path: str, data: bytes) -> list[Package]:
    return list(database(path).read(data, path))


@pytest.mark.parametrize(("path", "root"), [
    ("var/lib/dpkg/status", ""),
    ("rootfs/var/lib/dpkg/status", "rootfs/"),
    ("var/lib/dpkg/info/libc6:amd64.list", ""),
    ("var/lib/dpkg/status.d/base-files", ""),
    ("lib/apk/db/installed", ""),
    ("usr/lib/apk/db/installed", ""),
    ("a/usr/lib/apk/db/installed", "a/"),
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", ""),
    ("var/lib/pacman/local/bash-5.2-1/desc", ""),
    ("usr/lib/python3/dist-packages/pip-23.0.1.dist-info/METADATA", "usr/lib/python3/dist-packages/"),
    ("opt/conda/conda-meta/python-3.11.5-h955ad1f_0.json", "opt/conda/"),
    ("app/node_modules/@swc/core/package.json", "app/node_modules/@swc/core/"),
])
def test_a_database_is_known_by_its_whole_path(path: str, root: str) -> None:
    assert database(path).root == root


@pytest.mark.parametrize("path", [
    "dpkg/status", "status", "proc/1/status", "srv/package.json", "app/node_modules/.package-lock.json", "x/METADATA",
    "usr/share/foo.list", "xvar/lib/dpkg/status", "app/node_modules/a/src/package.json", "local/bash-5.2-1/desc", "",
])
def test_another_file_is_not_interesting(path: str) -> None:
    assert interesting(path) is None


def test_dpkg_lists_what_is_installed_and_not_what_was_removed() -> None:
    found = {package.name: package for package in read("var/lib/dpkg/status", fixture("dpkg-status"))}
    assert sorted(found) == ["g++-12", "gcc-12", "libc6", "python3.11-minimal"]
    assert found["gcc-12"].version == "12.2.0-14+deb12u1"
    assert (found["libc6"].source, found["libc6"].arch) == ("glibc", "amd64")


def test_a_rebuild_keeps_its_source_version() -> None:
    text = b"Package: git-lfs\nStatus: install ok installed\nSource: git-lfs (3.3.0-1)\nVersion: 3.3.0-1+b5\n"
    assert read("var/lib/dpkg/status", text)[0].source_version == "3.3.0-1"


def test_dpkg_lists_files_without_their_folders() -> None:
    files = read("var/lib/dpkg/info/gcc-12.list", fixture("gcc-12.list"))[0].files
    assert "usr/bin/x86_64-linux-gnu-gcc-12" in files
    assert "usr" not in files
    assert "usr/bin" not in files


def test_distroless_has_fragments() -> None:
    text = b"Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64\n"
    assert read("var/lib/dpkg/status.d/base-files", text)[0].version == "12.4+deb12u5"
    sums = b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/os-release\n"
    package = read("var/lib/dpkg/status.d/base-files.md5sums", sums)[0]
    assert (package.name, package.files) == ("base-files", ("usr/lib/os-release",))


def test_apk_has_packages_with_their_files() -> None:
    text = (
        b"C:Q1abc=\nP:busybox\nV:1.36.1-r5\nA:x86_64\no:busybox\nF:bin\nR:busybox\na:0:0:755\nF:\nR:top\n\n"
        b"C:Q1abd=\nP:libgcc\nV:13.2.1_git20231014-r0\nA:x86_64\no:gcc\nF:usr/lib\nR:libgcc_s.so.1\n\n"
    )
    busybox, libgcc = read("lib/apk/db/installed", text)
    assert busybox.files == ("bin/busybox", "top")
    assert (libgcc.source, libgcc.files) == ("gcc", ("usr/lib/libgcc_s.so.1",))
    assert libgcc.purl(Distro("alpine", "3.19.0")) == (
        "pkg:apk/alpine/libgcc@13.2.1_git20231014-r0?arch=x86_64&distro=alpine-3.19.0"
    )


def rpm_names(found: list[Package]) -> list[tuple[str, str]]:
    return sorted((package.name, package.version) for package in found)


RPMS = [("builtby-a", "1:1.2-3"), ("gcc-b", "13.2.1-6.fc39")]


def test_rpm_in_sqlite_with_write_ahead_log() -> None:
    data = fixture("rpmdb.sqlite.gz")
    assert data[18:20] == b"\x02\x02"
    found = read("var/lib/rpm/rpmdb.sqlite", data)
    assert rpm_names(found) == RPMS
    assert any("usr/bin/gcc-b" in package.files for package in found)
    assert {package.purl(Distro("fedora", "39")) for package in found} == {
        "pkg:rpm/fedora/builtby-a@1.2-3?arch=x86_64&distro=fedora-39&epoch=1",
        "pkg:rpm/fedora/gcc-b@13.2.1-6.fc39?arch=x86_64&distro=fedora-39",
    }


def test_rpm_in_berkeley_db() -> None:
    assert rpm_names(read("var/lib/rpm/Packages", fixture("Packages.bdb.gz"))) == RPMS


def test_rpm_in_berkeley_db_with_chained_pages() -> None:
    blob = next(sqlite_blobs(fixture("rpmdb.sqlite.gz")))
    assert rpm_names(list(packages(bdb_blobs(chained(blob))))) == [RPMS[1]]


def chained(blob: bytes, size: int = 512) -> bytes:
    """A hash database of one value too large for its page, as Berkeley DB lays it out."""
    meta = bytearray(size)
    struct.pack_into("<II", meta, 12, 0x061561, 9)
    struct.pack_into("<I", meta, 20, size)
    page = bytearray(size)
    struct.pack_into("<H", page, 20, 2)
    page[25] = 13
    struct.pack_into("<HH", page, 26, size - 5, size - 17)
    page[size - 5 :] = b"\x01\0\0\0\0"
    struct.pack_into("<B3xII", page, size - 17, 3, 2, len(blob))
    room = size - 26
    pieces = [blob[at : at + room] for at in range(0, len(blob), room)]
    out = bytes(meta) + bytes(page)
    for number, piece in enumerate(pieces, 3):
        chain = bytearray(size)
        struct.pack_into("<I", chain, 16, number if number < len(pieces) + 2 else 0)
        struct.pack_into("<H", chain, 22, len(piece))
        chain[25] = 7
        chain[26 : 26 + len(piece)] = piece
        out += bytes(chain)
    return out


def ndb(blobs: list[bytes]) -> bytes:
    """A database as rpm's ndb lays it out: one page of slots, then the blobs."""
    page = bytearray(4096)
    struct.pack_into("<4sIIII", page, 0, b"RpmP", 0, 1, len(blobs) + 1, 1)
    body = b""
    for index, blob in enumerate(blobs, 1):
        blocks = (len(blob) + 16 + 12 + 15) // 16
        struct.pack_into("<4sIII", page, 16 + 16 * index, b"Slot", index, (4096 + len(body)) // 16, blocks)
        body += (struct.pack("<4sIII", b"BlbS", index, 1, len(blob)) + blob).ljust(blocks * 16, b"\0")
    return bytes(page) + body


def test_rpm_in_ndb() -> None:
    blobs = list(sqlite_blobs(fixture("rpmdb.sqlite.gz")))
    assert rpm_names(read("var/lib/rpm/Packages.db", ndb(blobs))) == RPMS


def made(name: str) -> bytes:
    """A header of a name and a version, as rpm lays it out."""
    store = name.encode() + b"\0" + b"1.0\0"
    entries = struct.pack(">IIII", 1000, 6, 0, 1) + struct.pack(">IIII", 1001, 6, len(name) + 1, 1)
    return struct.pack(">II", 2, len(store)) + entries + store


def test_rpm_keys_are_no_packages() -> None:
    assert rpm_names(list(packages(iter([made("gpg-pubkey"), made("bash")])))) == [("bash", "1.0")]


def test_a_malicious_query_ends() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT x AS hnum, 'a' AS blob FROM c LIMIT 200000"
    )
    assert list(sqlite_blobs(connection.serialize())) == []
    connection.close()


@pytest.mark.parametrize("name", ["rpmdb.sqlite.gz", "Packages.bdb.gz"])
def test_damaged_rpm_databases_are_read_as_far_as_they_go(name: str) -> None:
    data = fixture(name)
    reader = sqlite_blobs if "sqlite" in name else bdb_blobs
    for step in range(1, len(data), max(len(data) // 60, 1)):
        spoiled = bytearray(data)
        spoiled[step] ^= 0xFF
        for bad in (bytes(spoiled), data[:step]):
            for package in packages(reader(bad)):
                assert package.name


def test_a_header_that_lies_about_its_size_is_bounded() -> None:
    assert header(struct.pack(">II", 0xFFFFFFFF, 16)) == {}
    assert header(struct.pack(">IIIIII", 1, 16, 1000, 6, 0xFFFFFFF0, 1)) == {}
    assert list(ndb_blobs(b"RpmP" + b"\xff" * 60)) == []


def test_pacman() -> None:
    text = b"%NAME%\ngcc\n\n%VERSION%\n13.2.1-3\n\n%BASE%\ngcc\n\n%ARCH%\nx86_64\n\n"
    package = read("var/lib/pacman/local/gcc-13.2.1-3/desc", text)[0]
    assert package.purl(Distro("arch")) == "pkg:alpm/arch/gcc@13.2.1-3?arch=x86_64&distro=arch"
    text = b"%FILES%\nusr/\nusr/bin/\nusr/bin/gcc\n\n%BACKUP%\netc/x\n"
    listed = read("var/lib/pacman/local/gcc-13.2.1-3/files", text)[0]
    assert (listed.name, listed.files) == ("gcc", ("usr/bin/gcc",))


def test_languages() -> None:
    metadata = b"Metadata-Version: 2.1\nName: Scikit_Build.Core\nVersion: 0.8.0\n\nName: other\n"
    pip = read("lib/python3.11/site-packages/scikit_build_core-0.8.0.dist-info/METADATA", metadata)[0]
    assert pip.purl() == "pkg:pypi/scikit-build-core@0.8.0"
    npm = read("node_modules/@swc/core/package.json", b'{"name": "@swc/core", "version": "1.3.101", "bin": {}}')[0]
    assert npm.purl(DEBIAN) == "pkg:npm/%40swc/core@1.3.101"
    record = b'{"name": "cmake", "version": "3.27.7", "subdir": "linux-64", "files": ["bin/cmake"], "build": "h"}'
    conda = read("opt/conda/conda-meta/cmake-3.27.7-hcfe8598_0.json", record)[0]
    assert (conda.version, conda.files, conda.relative) == ("3.27.7", ("bin/cmake",), True)
    spec = b'Gem::Specification.new do |s|\n  s.name = "rake".freeze\n  s.version = "13.0.6"\nend\n'
    gem = read("var/lib/gems/3.1.0/specifications/rake-13.0.6.gemspec", spec)[0]
    assert (gem.name, gem.version) == ("rake", "13.0.6")


def test_nix_store_paths_name_their_package() -> None:
    package = nix_store("nix/store/qz4bannv2gz2dmswvyni4pvxfx2nnckd-gcc-wrapper-12.3.0/bin/gcc")
    assert package is not None
    assert (package.name, package.version) == ("gcc-wrapper", "12.3.0")
    assert package.purl() == "pkg:generic/gcc-wrapper@12.3.0"


@pytest.mark.parametrize("path", [
    "var/lib/dpkg/status", "var/lib/dpkg/info/a.list", "lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db", "var/lib/rpm/Packages", "var/lib/pacman/local/a-1-1/desc",
    "a/site-packages/a.dist-info/METADATA", "a/site-packages/a-1.dist-info/RECORD", "a/node_modules/a/package.json",
    "conda-meta/a.json", "x/specifications/a.gemspec",
])
@pytest.mark.parametrize("data", [b"", b"\0" * 5000, b"\xff" * 5000, b"{" * 5000, b"[" * 100_000, b"\n:\n" * 99, b'"'])
def test_no_bytes_make_a_reader_raise(path: str, data: bytes) -> None:
    assert isinstance(read(path, data), list)


def test_a_packages_keeper_is_a_domain() -> None:
    status = interesting("var/lib/dpkg/status")
    assert status is not None
    stanza = b"Package: x\nVersion: 1\nMaintainer: Somebody <a@lists.debian.org>\n"
    assert [package.keeper for package in status.read(stanza, "var/lib/dpkg/status")] == ["lists.debian.org"]
