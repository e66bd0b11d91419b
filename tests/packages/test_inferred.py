"""The suite's default toolchain is only supposed where nothing speaks against it."""

from datetime import UTC, datetime

import pytest

from builtby.model import BuiltBy, Claim, Role
from builtby.packages.base import Distro, Package
from builtby.packages.facts import Packaged
from builtby.packages.inferred import inferred
from builtby.packages.versions import upstream

DEBIAN = Distro("debian", "12", "bookworm")
LS = Package("deb", "coreutils", "9.1-1", "amd64")
C = Packaged("elf", {"type": "pie"}, ("libselinux.so.1", "libc.so.6"))


def at(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp())


def compiler(package: Package = LS, artifact: Packaged = C, day: str | None = "2022-09-20",
             distro: Distro | None = DEBIAN) -> BuiltBy | None:
    found = inferred(distro, package, artifact, at(day) if day else None)
    return next((tool for tool in found if tool.role is Role.COMPILER), None)


def test_the_compiler_of_the_day_made_it() -> None:
    found = inferred(DEBIAN, LS, C, at("2022-11-05"))
    assert [(tool.tool, tool.version) for tool in found] == [("gcc", "12.2.0"), ("ld", "2.39")]
    assert {tool.claim for tool in found} == {Claim.INFERRED}
    assert max(tool.confidence for tool in found) <= 0.6


@pytest.mark.parametrize(("day", "version"), [
    ("2022-09-20", "12.2.0"),
    ("2022-08-01", "12.1.0"),
    ("2022-08-15", None),  # 12.2.0 came a week later: the build may have been after that
    ("2021-12-01", "11.2.0"),
    ("2020-09-01", "10.2.0"),
    ("2021-03-01", None),
    ("2015-01-01", None),
    ("2026-01-01", None),
    (None, None),
])
def test_a_version_is_told_only_where_the_history_has_one(day: str | None, version: str | None) -> None:
    found = compiler(day=day)
    assert found is not None
    assert (found.tool, found.version, found.version_range) == ("gcc", version, None)


@pytest.mark.parametrize(("keeper", "told"), [
    ("debian.org", True), ("lists.alioth.debian.org", True), (None, True),
    ("nodesource.com", False), ("notdebian.org", False), ("Google Cloud CLI Authors <https://example.test/", False),
])
def test_nothing_is_supposed_of_another_vendors_package(keeper: str | None, *, told: bool) -> None:
    assert (compiler(LS._replace(keeper=keeper)) is not None) is told


def test_an_update_of_a_release_was_made_with_that_release() -> None:
    git = Package("deb", "git", "1:2.39.5-0+deb12u3", "amd64")
    found = compiler(git, day="2025-10-07")
    assert found is not None
    assert found.version == "12.2.0"
    rebuilt = Package("deb", "bash", "5.2.15-2+b8", "amd64", source_version="5.2.15-2")
    assert getattr(compiler(rebuilt, day="2025-04-18"), "version", "x") is None


def test_ubuntu_tells_a_range() -> None:
    package = Package("deb", "libssl3", "3.0.2-0ubuntu1.22.04.1", "amd64", source="openssl")
    found = compiler(package, distro=Distro("ubuntu", "22.04", "jammy"))
    assert found is not None
    assert (found.version, found.version_range) == (None, ">=11.2,<12")


@pytest.mark.parametrize("artifact", [
    C._replace(observed=(BuiltBy("go", "1.19.8", Role.COMPILER, language="go"),)),
    C._replace(observed=(BuiltBy("rustc", None, Role.RUNTIME, language="rust"),)),
    C._replace(needed=("libgo.so.21", "libc.so.6")),
    C._replace(needed=("libHSbase-4.15.1.0-ghc9.0.2.so", "libc.so.6")),
    C._replace(needed=()),
    C._replace(facts={"type": "object"}),
    C._replace(facts={"type": "pie", "go.pclntab": "yes"}),
    C._replace(format="jar"),
])
def test_nothing_is_supposed_of_a_file_that_may_be_anothers(artifact: Packaged) -> None:
    assert inferred(DEBIAN, LS, artifact, at("2022-09-20")) == ()


def test_nothing_is_supposed_of_other_packages_and_suites() -> None:
    assert compiler(Package("deb", "chromium", "120-1", "amd64")) is None
    assert compiler(Package("deb", "libllvm14", "1:14.0.6-12", "amd64", source="llvm-toolchain-14")) is None
    assert compiler(distro=Distro("debian", "9")) is None
    assert compiler(distro=Distro("kali", "2023.1")) is None
    assert compiler(distro=None) is None
    assert compiler(Package("rpm", "bash", "5.2-1.fc39", "x86_64"), distro=Distro("fedora", "39")) is None


def test_a_linker_that_was_observed_is_not_supposed() -> None:
    lld = BuiltBy("lld", "14.0.6", Role.LINKER)
    assert [t.tool for t in inferred(DEBIAN, LS, C._replace(observed=(lld,)), at("2022-09-20"))] == ["gcc"]


@pytest.mark.parametrize(("kind", "version", "wanted"), [
    ("deb", "12.2.0-14+deb12u1", "12.2.0"), ("deb", "1:14.0.6-12", "14.0.6"), ("deb", "1.63.0+dfsg1-2", "1.63.0"),
    ("deb", "4:12.2.0-3", "12.2.0"), ("deb", "17.0.15+6-1~deb12u1", "17.0.15"), ("deb", "1.14.0.dfsg-2", "1.14.0"),
    ("apk", "13.2.1_git20231014-r0", "13.2.1"), ("rpm", "1:13.2.1-6.fc39", "13.2.1"), ("alpm", "13.2.1-3", "13.2.1"),
    ("pypi", "23.0.1", "23.0.1"), ("deb", "unknown", None),
])
def test_upstream_versions(kind: str, version: str, wanted: str | None) -> None:
    assert upstream(kind, version) == wanted


def test_a_static_library_of_gccs_code_is_the_suites_compilers_and_no_linkers() -> None:
    library = Packaged("ar", {"type": "archive", "codegen": "gcc"})
    tools = inferred(DEBIAN, Package("deb", "libselinux1-dev", "3.4-1+b6"), library, 1674604800)
    assert [(tool.tool, tool.role, tool.version, tool.language) for tool in tools] == [
        ("gcc", Role.COMPILER, "12.2.0", None),
    ]


@pytest.mark.parametrize("facts", [{}, {"codegen": "llvm"}, {"codegen": "mixed"}])
def test_of_another_static_library_nothing_is_supposed(facts: dict[str, str]) -> None:
    library = Packaged("ar", {"type": "archive", **facts})
    assert inferred(DEBIAN, Package("deb", "libselinux1-dev", "3.4-1+b6"), library, 1674604800) == ()
