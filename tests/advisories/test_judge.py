"""What advisories mean for artifacts and installed tools: by version, vendor, machine, options, and what is linked."""

from datetime import date

import pytest
from msgspec.structs import replace

from builtby.advisories.feeds import feeds
from builtby.advisories.judge import Judge
from builtby.advisories.products import products
from builtby.advisories.store import Store, embedded
from builtby.advisories.words import named
from builtby.marks.load import catalogue
from builtby.model import Action, Artifact, BuiltBy, Claim, Exposure, ExposureClass, ExposureStatus, Present, Role

TODAY = date(2026, 11, 22)
AFFECTED, UNVERIFIED = ExposureStatus.AFFECTED, ExposureStatus.UNVERIFIED


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(embedded())


@pytest.fixture
def judge(store: Store) -> Judge:
    return Judge(store, TODAY)


def made_by(
    tool: str, version: str | None, role: Role = Role.COMPILER, *, vendor: str | None = None, form: str = "elf",
    range_: str | None = None, flags: tuple[str, ...] = (), **facts: str,
) -> Artifact:
    built = BuiltBy(tool, version, role, version_range=range_, vendor=vendor, flags=flags)
    told = {name.replace("_", "."): value for name, value in facts.items()}
    return Artifact(0, "app", None, "0" * 64, 1, form, None, (built,), told)


def installed(tool: str, version: str, package: str | None = None, role: Role = Role.COMPILER) -> Present:
    return Present(0, tool, version, role, f"usr/bin/{tool}", package)


def by_id(exposures: tuple[Exposure, ...]) -> dict[str, Exposure]:
    return {exposure.id: exposure for exposure in exposures}


# Go: the issue's own case

GO_PACKAGES = "errors fmt internal/cpu io os reflect runtime sync syscall unicode/utf8"


def test_go_1_19_8_endangered_the_build_host(judge: Judge) -> None:
    found = by_id(judge.artifact(made_by("go", "1.19.8", go_packages=GO_PACKAGES, go_symbols="")).exposures)
    for name in ("CVE-2023-29402", "CVE-2023-29404", "CVE-2023-29405"):
        assert found[name].class_ is ExposureClass.BUILD_HOST
        assert (found[name].status, found[name].action) == (AFFECTED, Action.UPDATE_BUILDER)
        assert found[name].fixed_in == ("1.19.10", "1.20.5")
        assert "no-dsa" in (found[name].reason or "")
    assert found["CVE-2023-29403"].class_ is ExposureClass.ARTIFACT_LINKED
    assert found["CVE-2023-29403"].action is Action.UPDATE_AND_REBUILD


def test_what_go_does_not_link_is_not_exposed(judge: Judge) -> None:
    artifact = judge.artifact(made_by("go", "1.19.8", go_packages=GO_PACKAGES, go_symbols=""))
    linked = {e.id for e in artifact.exposures if e.class_ is ExposureClass.ARTIFACT_LINKED and e.status is AFFECTED}
    assert linked == {"CVE-2023-29403"}
    absent = [e for e in artifact.not_exposed if e.status is ExposureStatus.NOT_LINKED]
    assert len(absent) > 30
    assert all(e.action is Action.NONE and e.reason for e in absent)


def test_without_a_function_table_what_is_linked_is_unverified(judge: Judge) -> None:
    artifact = judge.artifact(made_by("go", "1.19.8"))
    linked = [e for e in artifact.exposures if e.class_ is ExposureClass.ARTIFACT_LINKED]
    assert linked
    assert {e.status for e in linked} == {UNVERIFIED}


def test_a_current_go_has_none_of_them(judge: Judge) -> None:
    found = by_id(judge.artifact(made_by("go", "1.26.8", go_packages=GO_PACKAGES)).exposures)
    assert not {"CVE-2023-29402", "CVE-2023-29403", "CVE-2023-29404", "CVE-2023-29405"} & set(found)


def test_an_archive_of_go_holds_no_library_yet(judge: Judge) -> None:
    artifact = judge.artifact(made_by("go", "1.19.8", form="ar", type="archive"))
    assert not [e for e in artifact.exposures if e.class_ is ExposureClass.ARTIFACT_LINKED]


def test_a_bug_of_the_compiler_is_never_sure(judge: Judge) -> None:
    artifact = judge.artifact(made_by("go", "1.19.8", go_packages=GO_PACKAGES))
    written = [e for e in artifact.exposures if e.class_ is ExposureClass.ARTIFACT_CODEGEN]
    assert written
    assert {e.status for e in written} == {UNVERIFIED}


# GCC: machines, options, vendors

STACK = "CVE-2023-4039"


def test_an_advisory_for_another_machine_is_no_exposure(judge: Judge) -> None:
    artifact = judge.artifact(made_by("gcc", "12.2.0", vendor="Debian 12.2.0-14", machine="x86-64"))
    assert STACK not in by_id(artifact.exposures)
    told = by_id(artifact.not_exposed)[STACK]
    assert told.status is ExposureStatus.NOT_AFFECTED
    assert told.reason == "only code for aarch64 is affected, and this is for x86-64"


@pytest.mark.parametrize(("path", "exposed"), [
    ("usr/bin/x86_64-linux-gnu-gcc-12", False), ("usr/bin/i686-linux-gnu-gcc-12", False),
    ("usr/bin/mips-linux-gnu-g++-12", False), ("usr/bin/aarch64-linux-gnu-gcc-12", True), ("usr/bin/gcc-12", True),
])
def test_an_installed_compiler_whose_name_tells_its_target_is_judged_by_it(
    judge: Judge, path: str, *, exposed: bool,
) -> None:
    package = "pkg:deb/debian/gcc-12-cross@12.2.0-14cross1?distro=debian-12"
    cross = Present(0, "gcc", "12.2.0", Role.COMPILER, path, package)
    judged = judge.present(cross)
    assert (STACK in by_id(judged.exposures)) is exposed
    assert (STACK in by_id(judged.not_exposed)) is not exposed


def test_debian_patches_without_a_new_number(judge: Judge) -> None:
    old = judge.artifact(made_by("gcc", "12.2.0", vendor="Debian 12.2.0-14", machine="aarch64"))
    assert by_id(old.exposures)[STACK].fixed_in[0] == "12.2.0-14+deb12u1"
    new = judge.artifact(made_by("gcc", "12.2.0", vendor="Debian 12.2.0-14+deb12u1", machine="aarch64"))
    assert by_id(new.not_exposed)[STACK].status is ExposureStatus.FIXED_BY_VENDOR


def test_a_version_of_which_a_range_is_known_is_named_by_it(judge: Judge) -> None:
    judged = judge.artifact(made_by("ocaml", None, range_=">=4.13,<4.14"))
    told = by_id(judged.exposures)["CVE-2026-28364"]
    assert (told.version, told.version_range, told.status) == (None, ">=4.13,<4.14", ExposureStatus.AFFECTED)
    assert named(told) == "ocaml >=4.13,<4.14"


@pytest.mark.parametrize(("tool", "line", "name"), [
    ("php", "8.2", "CVE-2024-4577"), ("python", "3.11", "CVE-2025-4435"),
])
def test_the_name_of_a_release_line_is_no_version_of_it(judge: Judge, tool: str, line: str, name: str) -> None:
    told = by_id(judge.present(installed(tool, line, role=Role.RUNTIME)).exposures)[name]
    assert (told.status, told.version) == (UNVERIFIED, None)
    assert told.version_range == f">={line},<{line[:-1]}{int(line[-1]) + 1}"


def test_a_distribution_clears_a_release_line_by_its_packages_version(judge: Judge) -> None:
    package = "pkg:deb/debian/php8.2-cli@8.2.36-1~deb12u1?distro=debian-12"
    judged = judge.present(installed("php", "8.2", package, Role.RUNTIME))
    assert by_id(judged.not_exposed)["CVE-2024-4577"].status is ExposureStatus.FIXED_BY_VENDOR


def test_a_distributions_fix_in_another_release_line_clears_nothing(judge: Judge) -> None:
    own = judge.present(installed("node", "18.20.4", "pkg:deb/debian/nodejs@18.20.4%2Bdfsg-1~deb12u3?distro=debian-12"))
    assert by_id(own.not_exposed)["CVE-2026-56850"].status is ExposureStatus.FIXED_BY_VENDOR
    other = judge.present(installed("node", "20.20.2", "pkg:deb/debian/nodejs@20.20.2-1nodesource1?distro=debian-12"))
    assert by_id(other.exposures)["CVE-2026-56850"].status is UNVERIFIED


@pytest.mark.parametrize(("role", "language", "exposed"), [
    (Role.COMPILER, "c++", True), (Role.COMPILER, None, True), (Role.COMPILER, "c", False), (Role.RUNTIME, None, False),
])
def test_only_cpp_holds_the_library_of_cpp(judge: Judge, role: Role, language: str | None, *, exposed: bool) -> None:
    built = BuiltBy("gcc", "4.8.5", role, language=language, vendor="Red Hat 4.8.5-44")
    judged = judge.artifact(Artifact(0, "app", None, "0" * 64, 1, "elf", None, (built,)))
    assert ("CVE-2015-5276" in by_id(judged.exposures)) is exposed


def test_the_version_of_ghc_is_not_held_against_its_libraries(judge: Judge) -> None:
    names = by_id(judge.artifact(made_by("ghc", "9.0.2")).exposures)
    assert not {"HSEC-2023-0007", "HSEC-2024-0003"} & names.keys()
    assert {"HSEC-2023-0007", "HSEC-2024-0006"} <= set(judge.info.undecided["ghc"])


def test_an_unknown_vendor_is_not_judged_by_upstreams_range_alone(judge: Judge) -> None:
    artifact = judge.artifact(made_by("gcc", "12.2.0", vendor="Acme 12.2.0-1", machine="aarch64"))
    told = by_id(artifact.exposures)[STACK]
    assert told.status is UNVERIFIED
    assert told.reason is not None
    assert "vendor-patched: unverified" in told.reason


def test_options_that_the_artifact_tells_decide(judge: Judge) -> None:
    told = made_by("gcc", "12.2.0", machine="aarch64", flags=("-fstack-protector-strong",))
    known = by_id(judge.artifact(told).exposures)
    assert "-fstack-protector" not in (known[STACK].reason or "")
    unknown = by_id(judge.artifact(made_by("gcc", "12.2.0", machine="aarch64")).exposures)
    assert "only with -fstack-protector*" in (unknown[STACK].reason or "")


def test_what_is_only_inferred_is_never_sure(judge: Judge) -> None:
    sure = made_by("ld", "2.38", Role.LINKER)
    supposed = replace(sure, built_by=(replace(sure.built_by[0], claim=Claim.INFERRED),))
    assert AFFECTED in {exposure.status for exposure in judge.artifact(sure).exposures}
    found = judge.artifact(supposed).exposures
    assert len(found) == len(judge.artifact(sure).exposures)
    assert {exposure.status for exposure in found} == {UNVERIFIED}
    assert all("inferred, not read" in (exposure.reason or "") for exposure in found
               if by_id(judge.artifact(sure).exposures)[exposure.id].status is AFFECTED)


def test_what_the_crt_brought_endangers_no_build_host_of_this_artifact(judge: Judge) -> None:
    artifact = judge.artifact(made_by("gcc", "5.4.0", Role.RUNTIME, machine="x86-64"))
    assert {e.class_ for e in artifact.exposures} <= {ExposureClass.ARTIFACT_LINKED}


# Interpreters and virtual machines

def test_a_jdk_ran_where_the_jar_was_built(judge: Judge) -> None:
    found = judge.artifact(made_by("javac", "11.0.2", form="jar")).exposures
    assert len(found) > 50
    assert {e.class_ for e in found} == {ExposureClass.BUILD_HOST}


def test_a_bare_number_of_a_jdk_names_no_version(judge: Judge) -> None:
    assert judge.artifact(made_by("jdk", "17", Role.BUILD_SYSTEM, form="jar")).exposures == ()
    ended = judge.artifact(made_by("jdk", "22", Role.BUILD_SYSTEM, form="jar")).exposures
    assert [e.id for e in ended] == ["EOL-jdk-22"]


def test_an_interpreter_inside_must_be_rebuilt_and_an_installed_one_updated(judge: Judge) -> None:
    inside = judge.artifact(made_by("node", "18.0.0", Role.RUNTIME)).exposures
    runtime = [e for e in inside if e.class_ is ExposureClass.RUNTIME]
    assert {e.action for e in runtime} == {Action.UPDATE_AND_REBUILD}
    there = [e for e in judge.present(installed("node", "18.0.0", role=Role.RUNTIME)).exposures
             if e.class_ is ExposureClass.RUNTIME]
    assert {e.action for e in there} == {Action.UPDATE_RUNTIME}


# Installed tools and their distribution

def test_an_installed_tool_of_debian_is_judged_by_debian(judge: Judge) -> None:
    purl = "pkg:deb/debian/python3.11-minimal@3.11.2-6%2Bdeb12u99?arch=amd64&distro=debian-12"
    found = judge.present(installed("python", "3.11.2", purl, Role.RUNTIME))
    fixed = [e for e in found.not_exposed if e.status is ExposureStatus.FIXED_BY_VENDOR]
    assert len(fixed) > 20
    assert all("Debian 12, python3.11: fixed in" in (e.reason or "") for e in fixed)


def test_no_data_and_undecided_are_said(judge: Judge) -> None:
    judge.artifact(made_by("nim", "1.6.10"))
    judge.artifact(made_by("as", "2.40", Role.ASSEMBLER))
    assert judge.info.no_data == ("nim",)
    assert judge.info.undecided["as"]


# Support

def test_end_of_life_is_an_exposure_of_its_own_kind(store: Store) -> None:
    one = by_id(Judge(store, TODAY).artifact(made_by("go", "1.19.8")).exposures)["EOL-go-1.19"]
    assert (one.class_, one.status, one.published) == (ExposureClass.END_OF_LIFE, AFFECTED, "2023-09-06")
    assert "EOL-go-1.19" not in by_id(Judge(store, date(2023, 1, 1)).artifact(made_by("go", "1.19.8")).exposures)


def test_a_distribution_may_support_what_upstream_does_not(judge: Judge) -> None:
    purl = "pkg:deb/debian/rustc@1.63.0%2Bdfsg1-2?arch=amd64&distro=debian-12"
    one = by_id(judge.present(installed("rustc", "1.63.0", purl)).exposures)["EOL-rustc-1.63"]
    assert one.status is UNVERIFIED


# The whole of it

def test_exposures_are_unique_ranked_and_the_same_each_time(store: Store) -> None:
    artifact = Artifact(0, "a", None, "0" * 64, 1, "jar", None, (
        BuiltBy("javac", "11.0.2", Role.COMPILER), BuiltBy("jdk", "11.0.2", Role.BUILD_SYSTEM)))
    first, second = (Judge(store, TODAY).artifact(artifact).exposures for _ in range(2))
    assert first == second
    assert len({e.id for e in first}) == len(first)
    assert [e.kev for e in first] == sorted((e.kev for e in first), reverse=True)


def test_every_tool_of_the_table_is_one_of_the_catalogue_and_every_product_has_records(store: Store) -> None:
    tools = {rule.tool.tool for rule in (*catalogue().marks, *catalogue().present)}
    fed = {product for feed in feeds().feed for product in feed.packages.values()}
    assert set(products().entries) <= tools | {"cargo"}
    for entry in products().entries.values():
        for way in entry.product:
            assert store.of_product(way.product) or way.product in fed, way.product
        assert entry.support is None or entry.support.product in store.snapshot.cycles
