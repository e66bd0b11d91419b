"""What a .buildinfo document declares, where it is found, and of which files it speaks."""

import gzip
import lzma
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builtby.model import BuiltBy, Claim, Role
from builtby.packages.buildinfo import BuildInfo, parse
from builtby.packages.buildinfo_store import BuildInfoError, lookup
from builtby.packages.declared import declared
from builtby.packages.facts import Packaged

DOCUMENT = (Path(__file__).parent.parent / "fixtures/packages/hi_1.0_amd64.buildinfo").read_bytes()
NAME = "hi_1.0_amd64.buildinfo"
SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + DOCUMENT.replace(b"\nFormat", b"\n- Format")
    + b"\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
)
C = Packaged("elf", {"type": "pie"}, ("libc.so.6",))


def document(**installed: str) -> BuildInfo:
    return BuildInfo("s", "1", "amd64", {name.replace("_", "-"): version for name, version in installed.items()},
                     origin="Debian")


@pytest.mark.parametrize("data", [DOCUMENT, SIGNED])
def test_a_document_is_read_signed_or_not(data: bytes) -> None:
    found = parse(data)
    assert found is not None
    assert (found.source, found.version, found.build_architecture, found.origin) == ("hi", "1.0", "amd64", "Debian")
    assert found.installed["gcc-12"] == "12.2.0-14+deb12u1"
    assert found.installed["gcc"] == "4:12.2.0-3"
    assert 'LANG="C.UTF-8"' in found.environment
    assert "hi_1.0_amd64.deb" in dict(found.outputs)


def test_the_source_version_is_not_the_rebuild() -> None:
    found = parse(DOCUMENT.replace(b"Source: hi\n", b"Source: hi (0.9-1)\n"))
    assert found is not None
    assert found.version == "0.9-1"


@pytest.mark.parametrize(
    "data", [b"", b"\xff" * 100, b"Source: a\nVersion: 1\n", b"-----BEGIN PGP SIGNED MESSAGE-----"],
)
def test_other_bytes_are_no_document(data: bytes) -> None:
    assert parse(data) is None


def test_documents_are_found_in_folders_below_packed_or_not(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a" / NAME).write_bytes(DOCUMENT)
    (tmp_path / "a/b/hi_1.1_amd64.buildinfo.gz").write_bytes(gzip.compress(DOCUMENT))
    (tmp_path / "a/b/hi_1.2_amd64-source.buildinfo.xz").write_bytes(lzma.compress(DOCUMENT))
    (tmp_path / "a/b/hi_1.3_amd64.buildinfo.gz").write_bytes(b"\x1f\x8bnonsense")
    find = lookup(str(tmp_path))
    assert [find("hi", version, "amd64") is not None for version in ("1.0", "3:1.1", "1.2", "1.3", "1.4")] == [
        True, True, True, False, False,
    ]
    assert find("hi", "1.0+b2", "amd64") is not None
    assert find("hi", "1.0", "arm64") is None


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/h/hi/hi_1.0_amd64.buildinfo"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(DOCUMENT if found else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the base class
            return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_documents_are_found_by_an_address(server: str) -> None:
    find = lookup(f"{server}/{{prefix}}/{{source}}/{{source}}_{{version}}_{{arch}}.buildinfo")
    found = find("hi", "1:1.0", "amd64")
    assert found is not None
    assert found.source == "hi"
    assert find("hi", "2.0", "amd64") is None


def test_a_server_that_is_not_there_is_given_up() -> None:
    find = lookup("http://127.0.0.1:9/{source}_{version}_{arch}.buildinfo")
    assert find("hi", "1.0", "amd64") is None
    assert getattr(find, "problem") is not None  # noqa: B009  # of this kind of lookup only


@pytest.mark.parametrize(("place", "offline", "words"), [
    ("https://example.org/{source}", True, "--offline"),
    ("https://example.org/{sources}", False, "no field"),
    ("/does/not/exist", False, "no such folder"),
])
def test_a_wrong_place_is_refused_with_the_remedy(place: str, offline: bool, words: str) -> None:
    with pytest.raises(BuildInfoError, match=words):
        lookup(place, offline=offline)


def test_a_c_program_has_the_default_compiler_and_linker() -> None:
    found = parse(DOCUMENT)
    assert found is not None
    compiler, linker = declared(C, found)
    assert (compiler.tool, compiler.version, compiler.role) == ("gcc", "12.2.0", Role.COMPILER)
    assert (compiler.claim, compiler.language) == (Claim.DECLARED, "c")
    assert compiler.vendor == "Debian 12.2.0-14+deb12u1"
    assert compiler.marks[0].value == "gcc-12 (= 12.2.0-14+deb12u1)"
    assert (linker.tool, linker.version) == ("ld", "2.40")


def test_two_compilers_without_a_default_give_no_version() -> None:
    (claim,) = declared(C, document(gcc_11="11.3.0-12", gcc_12="12.2.0-14"))
    assert (claim.tool, claim.version) == ("gcc", None)


def test_a_go_program_has_go_and_a_c_program_has_not() -> None:
    installed = document(golang_1_19_go="1.19.8-2", gcc="4:12.2.0-3", gcc_12="12.2.0-14")
    renamed = installed._replace(installed={n.replace("1-19", "1.19"): v for n, v in installed.installed.items()})
    unversioned = BuiltBy("go", None, Role.COMPILER, language="go")
    (claim,) = declared(C._replace(observed=(unversioned,)), renamed)
    assert (claim.tool, claim.version) == ("go", "1.19.8")
    assert [claim.tool for claim in declared(C, renamed)] == ["gcc"]


def test_what_the_bytes_tell_is_not_declared_again() -> None:
    observed = BuiltBy("clang", "16.0.6", Role.COMPILER, language="c")
    assert [claim.tool for claim in declared(C._replace(observed=(observed,)), document(gcc_12="12.2.0-14"))] == []


def test_a_build_system_is_a_possibility_only_when_it_is_the_only_one() -> None:
    (claim,) = declared(C, document(cmake="3.25.1-1"))
    assert (claim.tool, claim.version, claim.role, claim.confidence) == ("cmake", "3.25.1", Role.BUILD_SYSTEM, 0.5)
    assert declared(C, document(cmake="3.25.1-1", meson="1.0.1-5")) == ()
    assert declared(Packaged("jar", {}), document(cmake="3.25.1-1", gcc_12="12.2.0-14")) == ()
