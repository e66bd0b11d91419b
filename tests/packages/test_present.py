"""Installed tools: one entry an installation, whatever clues there are."""

from pathlib import Path

import pytest

from builtby.model import Claim, Present
from builtby.packages.clues import clues
from builtby.packages.owners import Owners
from builtby.packages.present import PresentFinder, compatible
from builtby.packages.readers import Database, interesting

FIXTURES = Path(__file__).parent.parent / "fixtures/packages"


class Tree:
    """A target put together by hand."""

    def __init__(self) -> None:
        self.finder, self.owners = PresentFinder(clues()), Owners()

    def file(self, path: str, data: bytes = b"x") -> None:
        database = interesting(path)
        if database is not None:
            self.finder.packages(self.owners.load(database, data, path), path, database.root)
        self.finder.file(path)
        self.finder.text(path, data)

    def results(self) -> list[Present]:
        return self.finder.results(0, self.owners)

    def short(self) -> list[tuple[str, str | None, str]]:
        return [(item.tool, item.version, item.path) for item in self.results()]


def test_debians_gcc_is_one_tool() -> None:
    tree = Tree()
    tree.file("var/lib/dpkg/info/gcc-12.list", (FIXTURES / "gcc-12.list").read_bytes())
    tree.file("var/lib/dpkg/status", (FIXTURES / "dpkg-status").read_bytes())
    tree.owners.release("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
    for path in ("usr/bin/x86_64-linux-gnu-gcc-12", "usr/bin/x86_64-linux-gnu-gcc-ar-12", "usr/bin/gcc-12"):
        tree.file(path)
    gcc, python = tree.results()
    assert (gcc.tool, gcc.version, gcc.role, gcc.claim) == ("gcc", "12.2.0", "compiler", Claim.OBSERVED)
    assert gcc.purl == "pkg:generic/gcc@12.2.0"
    assert gcc.package == "pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12"
    assert (python.tool, python.version, python.claim) == ("python", "3.11.2", Claim.DECLARED)


def test_the_owner_tells_the_version_where_its_database_stands_outside_the_target() -> None:
    tree = Tree()
    tree.owners.load(_database("var/lib/dpkg/status"), b"Package: make\nVersion: 4.3-4.1\n", "var/lib/dpkg/status")
    listed = "var/lib/dpkg/info/make.list"
    tree.owners.load(_database(listed), b"/usr/bin/make\n/usr/bin/cmake\n", listed)
    tree.file("usr/bin/make")
    tree.file("usr/bin/cmake")
    assert tree.short() == [("cmake", None, "usr/bin/cmake"), ("make", "4.3", "usr/bin/make")]


def test_a_copy_carried_by_a_package_is_not_installed() -> None:
    tree = Tree()
    site = "usr/lib/python3.12/site-packages"
    tree.file(f"{site}/setuptools/_vendor/wheel-0.45.1.dist-info/METADATA", b"Name: wheel\nVersion: 0.45.1\n")
    assert tree.results() == []


def test_a_file_about_a_tool_is_none() -> None:
    tree = Tree()
    tree.file("usr/lib/jvm/java-17-openjdk-amd64/release", (FIXTURES / "jdk-release").read_bytes())
    tree.file("usr/include/node/node_version.h",
              b"#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 20\n#define NODE_PATCH_VERSION 2\n")
    assert tree.results() == []
    tree.file("usr/lib/jvm/java-17-openjdk-amd64/bin/java")
    assert tree.short() == [("java", "17.0.15", "usr/lib/jvm/java-17-openjdk-amd64/bin/java")]


def test_pypy_is_not_python_of_the_version_in_its_name() -> None:
    tree = Tree()
    tree.file("usr/bin/pypy3.9")
    assert tree.short() == [("pypy", None, "usr/bin/pypy3.9")]


def _database(path: str) -> Database:
    database = interesting(path)
    assert database is not None
    return database


def test_two_series_are_two_tools() -> None:
    tree = Tree()
    for path in ("usr/bin/gcc-11", "usr/bin/gcc-12", "usr/lib/gcc/x86_64-linux-gnu/12/cc1"):
        tree.file(path)
    assert tree.short() == [("gcc", "11", "usr/bin/gcc-11"), ("gcc", "12", "usr/bin/gcc-12")]


def test_a_tool_without_a_package_has_its_version_from_its_own_files() -> None:
    tree = Tree()
    tree.file("usr/local/go/bin/go")
    tree.file("usr/local/go/VERSION", b"go1.26.8\ntime 2026-08-28T16:20:06Z\n")
    tree.file("usr/local/go/pkg/tool/linux_amd64/compile")
    tree.file("usr/local/bin/gcc")
    tree.file("usr/local/libexec/gcc/x86_64-linux-gnu/13.2.0/cc1plus")
    tree.file("usr/local/bin/node")
    tree.file("usr/local/include/node/node_version.h",
              b"#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 20\n#define NODE_PATCH_VERSION 2\n")
    assert tree.short() == [
        ("gcc", "13.2.0", "usr/local/bin/gcc"), ("go", "1.26.8", "usr/local/go/bin/go"),
        ("node", "20.20.2", "usr/local/bin/node"),
    ]


def test_a_jdk_has_a_compiler_and_a_jre_has_not() -> None:
    tree = Tree()
    for name in ("bin/java", "bin/javac"):
        tree.file(f"opt/jdk/{name}")
    tree.file("opt/jdk/release", (FIXTURES / "jdk-release").read_bytes())
    tree.file("opt/jre/bin/java")
    tree.file("opt/jre/release", b'JAVA_VERSION="21.0.1"\nMODULES="java.base"\n')
    assert tree.short() == [
        ("java", "17.0.15", "opt/jdk/bin/java"), ("java", "21.0.1", "opt/jre/bin/java"),
        ("javac", "17.0.15", "opt/jdk/bin/javac"),
    ]


def test_each_environment_has_its_own_pip() -> None:
    tree = Tree()
    for version in ("3.10.13", "3.11.7"):
        home = f"root/.pyenv/versions/{version}"
        tree.file(f"{home}/bin/python{version[:4]}")
        tree.file(f"{home}/lib/python{version[:4]}/site-packages/pip-23.0.1.dist-info/METADATA",
                  b"Name: pip\nVersion: 23.0.1\n")
    assert [(tool, version) for tool, version, _ in tree.short()] == [
        ("pip", "23.0.1"), ("pip", "23.0.1"), ("python", "3.10.13"), ("python", "3.11.7"),
    ]


@pytest.mark.parametrize("path", [
    "usr/share/doc/gcc-12/README", "usr/share/bash-completion/completions/cmake", "root/.cargo/bin/rustc", "x/gccfoo",
    "usr/bin/clang-format-14", "usr/bin/python3.11-config", "usr/lib/wasm-component-ld", "home/me/make", "usr/bin/lda",
    "root/.m2/repository/org/apache/maven/maven-core/3.9.3/maven-core-3.9.3.jar", "",
])
def test_what_is_no_tool_is_none(path: str) -> None:
    tree = Tree()
    tree.file(path)
    assert tree.results() == []


def test_a_file_that_cannot_be_run_or_is_empty_is_no_tool() -> None:
    finder = PresentFinder(clues())
    finder.file("usr/bin/cmake", mode=0o644)
    finder.file("usr/bin/make", size=0)
    assert finder.results(0, Owners()) == []
    finder.file("usr/bin/make", mode=0o755, size=9)
    finder.forget("usr/bin/make")
    assert finder.results(0, Owners()) == []


def test_files_that_tell_a_version_are_asked_for() -> None:
    found = clues()
    assert found.is_text("usr/local/go/VERSION")
    assert found.is_text("release")
    assert not found.is_text("usr/share/doc/README")
    assert found.is_tool("usr/bin/cmake")
    assert not found.is_tool("usr/bin/\udcff")


def test_compatible_versions() -> None:
    assert compatible("12", "12.2.0")
    assert compatible(None, "1")
    assert not compatible("12", "1.2")
    assert not compatible("1.1", "1.10")
