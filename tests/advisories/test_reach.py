"""What an advisory names against what is linked; the expected answers for real programs are govulncheck's."""

import lzma
from functools import cache
from pathlib import Path

import pytest

from builtby.advisories.go_symbols import symbols_of
from builtby.advisories.reach import Linkage, reach
from builtby.advisories.records import Advisory, Import
from builtby.advisories.store import Store, embedded
from builtby.advisories.versions import within
from builtby.formats import elf
from builtby.formats.golinked import sought
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parent.parent / "fixtures" / "go"
FACTS = {"go.table": "1.20", "go.packages": "net/http runtime", "go.symbols": "net/http.Server.Serve net/http.Get",
         "go.sought": sought().digest, "go.os": "linux", "go.arch": "amd64"}
LINKED_IN_A_SERVER = """
    GO-2023-1840 GO-2023-1987 GO-2023-2102 GO-2023-2375 GO-2023-2382 GO-2024-2598 GO-2024-2599
    GO-2024-2687 GO-2025-3373 GO-2025-3503 GO-2025-3563 GO-2025-4007 GO-2025-4008 GO-2025-4009
    GO-2025-4010 GO-2025-4011 GO-2025-4013 GO-2025-4155 GO-2025-4175 GO-2026-4337 GO-2026-4340
    GO-2026-4601 GO-2026-4602 GO-2026-4870 GO-2026-4946 GO-2026-4947 GO-2026-4971 GO-2026-5037
    GO-2026-5039 GO-2026-5856 GO-2026-5972 GO-2026-6089 GO-2026-6090
"""
"""What govulncheck 1.9.0 finds, function by function, in `server-1.19-amd64` before it was stripped."""
NEWEST_KNOWN = "2026-08-13"


@cache
def facts(name: str) -> dict[str, str]:
    data = lzma.decompress((FIXTURES / f"{name}.xz").read_bytes())
    return elf.FORMAT.read(BytesView(data), "file").facts


@cache
def advisories(version: str) -> list[tuple[Advisory, list[Import]]]:
    """Return the standard library's advisories for a version of Go, with what they name."""
    return [(advisory, [item for one in affected for item in one.imports])
            for advisory in Store(embedded()).of_product("go-stdlib") if not advisory.withdrawn
            and (affected := [one for one in advisory.affected
                              if any(within("go", version, interval) for interval in one.intervals)])]


@pytest.mark.parametrize(("imports", "linkage", "reason"), [
    ([], Linkage.UNKNOWN, "the advisory names no package"),
    ([Import("crypto/tls", ("Dial",))], Linkage.NOT_LINKED, "crypto/tls is not linked"),
    ([Import("runtime")], Linkage.LINKED, "runtime is linked"),
    ([Import("net/http", ("Get", "Client.Do"))], Linkage.LINKED, "linked: net/http.Get"),
    ([Import("net/http", ("Client.Do", "Client.Get"))], Linkage.NOT_LINKED,
     "of net/http, none of the 2 functions named is linked"),
    ([Import("net/http", ("Client.Do",))], Linkage.NOT_LINKED, "net/http.Client.Do is not linked"),
    ([Import("net/http", ("Client.Do", "newlyFound"))], Linkage.UNKNOWN,
     "net/http is linked, but not all of its functions named were looked for"),
    ([Import("net/http", ("newlyFound", "Get"))], Linkage.LINKED, "linked: net/http.Get"),
    ([Import("net/http", ("Client.Do",)), Import("net/http")], Linkage.LINKED, "net/http is linked"),
    ([Import("net/http", ("Client.Do",)), Import("os/exec", ("Cmd.Run",))], Linkage.NOT_LINKED,
     "net/http.Client.Do is not linked; os/exec is not linked"),
    ([Import("os/exec"), Import("runtime")], Linkage.LINKED, "runtime is linked"),
    ([Import("net/http", ("newlyFound",)), Import("os/exec")], Linkage.UNKNOWN,
     "net/http is linked, but not all of its functions named were looked for"),
    ([Import("runtime", (), ("windows",))], Linkage.OTHER_PLATFORM, "only programs for windows are affected"),
    ([Import("runtime", (), (), ("ppc64le",))], Linkage.OTHER_PLATFORM, "only programs for ppc64le are affected"),
    ([Import("runtime", (), ("windows",)), Import("os")], Linkage.NOT_LINKED, "os is not linked"),
    ([Import(path) for path in ("a", "b", "c", "d")], Linkage.NOT_LINKED,
     "a is not linked; b is not linked; c is not linked; nor is what is named of 1 more packages"),
])
def test_answers(imports: list[Import], linkage: Linkage, reason: str) -> None:
    assert reach(imports, FACTS) == (linkage, reason)


def test_unknown_is_said() -> None:
    linkage, reason = reach([Import("net/http", ("Get",))], {"go.pclntab": "yes"})
    assert (linkage, reason) == (Linkage.UNKNOWN, "no function table could be read: what is linked is not known")
    old = {**FACTS, "go.table": "1.2 functions"}
    assert reach([Import("os", ("Open",))], old).linkage is Linkage.UNKNOWN
    assert reach([Import("net/http", ("Get",))], old).linkage is Linkage.LINKED
    other_list = {**FACTS, "go.sought": "0123456789ab"}
    assert reach([Import("net/http", ("Client.Do",))], other_list).linkage is Linkage.UNKNOWN
    assert reach([Import("net/http", ("Get",))], other_list).linkage is Linkage.LINKED
    assert reach([Import("os", ("Open",))], other_list).linkage is Linkage.NOT_LINKED, "no function of it is linked"


@pytest.mark.parametrize(("facts", "linkage"), [
    ({"go.os": "unix"}, Linkage.OTHER_PLATFORM), ({"go.os": "windows"}, Linkage.LINKED), ({}, Linkage.LINKED),
])
def test_platforms_that_the_build_information_does_not_tell(facts: dict[str, str], linkage: Linkage) -> None:
    known = {"go.packages": "runtime", **facts}
    assert reach([Import("runtime", (), ("windows",))], known).linkage is linkage
    assert reach([Import("runtime", (), ("linux",))], known).linkage is (
        Linkage.OTHER_PLATFORM if facts.get("go.os") == "windows" else Linkage.LINKED)
    assert reach([Import("runtime", (), (), ("amd64",))], {**known, "machine": "aarch64"}).linkage is (
        Linkage.OTHER_PLATFORM)
    assert reach([Import("runtime", (), (), ("amd64",))], {**known, "machine": "x86-64"}).linkage is Linkage.LINKED


def test_hello_world_is_exposed_to_what_is_in_the_runtime_only() -> None:
    """CVE-2023-29403 is of the package runtime, which every Go program has."""
    answers = {advisory.name: reach(imports, facts("hello-1.19-external-pie"))
               for advisory, imports in advisories("1.19.8")}
    assert len(answers) > 70
    linked = {name: answer.reason for name, answer in answers.items() if answer.linkage is Linkage.LINKED}
    assert linked == {"CVE-2023-29403": "runtime is linked"}
    assert {answer.linkage for answer in answers.values()} <= {
        Linkage.LINKED, Linkage.NOT_LINKED, Linkage.OTHER_PLATFORM}


def test_a_server_like_govulncheck() -> None:
    answers = {advisory: reach(imports, facts("server-1.19-amd64")) for advisory, imports in advisories("1.19.8")}
    linked = {advisory.id for advisory, answer in answers.items() if answer.linkage is Linkage.LINKED
              and (advisory.published or "") <= NEWEST_KNOWN}
    assert linked == set(LINKED_IN_A_SERVER.split())


def test_absent_packages_are_the_reason() -> None:
    linked = facts("hello-1.19-external-pie")["go.packages"].split()
    for _, imports in advisories("1.19.8"):
        if not {item.path for item in imports} & set(linked) and not any(item.systems for item in imports):
            answer = reach(imports, facts("hello-1.19-external-pie"))
            assert answer.linkage in (Linkage.NOT_LINKED, Linkage.OTHER_PLATFORM)
            assert "is not linked" in answer.reason or "are affected" in answer.reason


def test_every_function_that_the_data_names_is_looked_for() -> None:
    """When this fails: `python -m builtby.advisories.go_symbols`, with the records that the snapshot was made of."""
    store = Store(embedded())
    named = symbols_of([*store.of_product("go-stdlib"), *store.of_product("go-toolchain")])
    assert {f"{path}.{symbol}" for path, symbols in named.items() for symbol in symbols} <= sought().names
    assert set(named) <= sought().packages
