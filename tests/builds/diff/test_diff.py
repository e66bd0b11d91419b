"""What changed between two builds: all that matters, and no names made up for a moment."""

import re
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from builtby.builds.diff.compare import diff
from builtby.builds.diff.model import Kind
from builtby.builds.diff.normal import HERE, Name, Normal, Place, fetched, names, places, steady
from builtby.builds.model import Endpoint, Environment, FileUse, Finding, Record
from builtby.cli.app import app
from tests.builds.documents.builds import CC1, GCC, build, digest, process

SECTIONS = ("build", "toolchain", "packages", "fetched", "inputs", "network", "environment", "findings", "outputs")


def changed(old: Record, new: Record) -> set[str]:
    found = diff(old, new)
    return {name for name in SECTIONS if getattr(found, name)}


@pytest.mark.parametrize("name", names(), ids=lambda name: name.source)
def test_every_kind_of_name_takes_its_example(name: Name) -> None:
    assert re.sub(name.pattern, name.to, name.example) not in (name.example, "")


@pytest.mark.parametrize("place", places(), ids=lambda place: place.pattern)
def test_every_place_takes_its_example(place: Place) -> None:
    inside, name = fetched(steady(place.example))
    assert inside
    assert (name is None) is (place.to is None)


def test_an_archive_is_compared_wherever_it_comes_from() -> None:
    """Fetched in one build, found in the cache in the other; then with other bytes under the same version."""
    crate = "/root/.cargo/registry/cache/index.example-6f17d22bba15001f/serde-1.0.1.crate"
    fresh = build(files=(*build().files, FileUse(crate, "write", digest(70), 1)))
    cached = build(files=(*build().files, FileUse(crate, "read", digest(70), 1)))
    forged = build(files=(*build().files, FileUse(crate, "write", digest(71), 1)))
    assert changed(fresh, cached) == set()
    (one,) = diff(cached, forged).fetched
    assert (one.path, one.old, one.new) == ("serde-1.0.1.crate", (digest(70),), (digest(71),))
    assert changed(cached, forged) == {"fetched"}
    assert diff(cached, forged).changed


@pytest.mark.parametrize("path", [
    "/usr/bin/gcc-12", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "src/ccache.c", "/usr/include/c++/12/cctype",
    "/opt/python3.11/tmpfile.py", "node_modules/npm/index.js", "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13",
])
def test_names_that_stay_are_left_alone(path: str) -> None:
    assert steady(path) == path


@pytest.mark.parametrize(("path", "wanted"), [
    ("/tmp/ccQ1w2E3.s", "/tmp/cc*.s"),
    ("/tmp/pip-install-onmxvs0l/setuptools_29ffef85fe7e4e90a84ae6e550d79d49/setup.py",
     "/tmp/pip-install-*/setuptools_*/setup.py"),
    ("/tmp/go-build1630276435/b001/_pkg_.a", "/tmp/go-build*/b001/_pkg_.a"),
    ("/proc/4711/maps", "/proc/*/maps"),
    ("/src/app", HERE), ("/src/app/a.c", "a.c"), ("/src/application/a.c", "/src/application/a.c"),
    ("/home/me/.cargo/bin/rustc", "~/.cargo/bin/rustc"),
])
def test_paths_are_written_without_what_is_other_each_time(path: str, wanted: str) -> None:
    record = build(environments=(Environment(("HOME",), {"HOME": "/home/me"}),))
    assert Normal(record).path(path) == wanted


def test_values_are_too() -> None:
    normal = Normal(build())
    assert normal.value("/tmp/pip-build-env-onmxvs0l/bin:/src/app/bin -I/src/app") == \
        "/tmp/pip-build-env-*/bin:./bin -I."


def moved(record: Record) -> Record:
    """Return the same build in another folder, an hour later, with other temporary names."""
    text = msgspec.json.encode(record).decode().replace("/src/app", "/ci/job-42/app").replace("ccAbCdEf", "ccZzYyXx")
    return msgspec.json.decode(text.replace("T12:00", "T13:00"), type=Record)


def test_the_same_build_elsewhere_has_no_changes() -> None:
    found = diff(build(), moved(build()))
    assert not found.changed
    assert changed(build(), moved(build())) == set()


def test_another_compiler_is_named_with_both_versions() -> None:
    old = build()
    newer = msgspec.structs.replace(GCC, version="13.3.0")
    new = build(processes=tuple(
        msgspec.structs.replace(one, tool=newer, sha256=digest(77)) if one.executable == CC1 else one
        for one in old.processes))
    (one,) = diff(old, new).toolchain
    assert (one.kind, one.path, one.made) == (Kind.CHANGED, CC1, False)
    assert one.old and one.new and (one.old.version, one.new.version) == ("12.2.0", "13.3.0")
    assert one.new.sha256 == (digest(77),)


def test_a_program_that_the_build_made_is_told_as_such() -> None:
    old = build()
    new = build(processes=tuple(
        msgspec.structs.replace(one, sha256=digest(9)) if one.executable == "/src/app/app" else one
        for one in old.processes))
    (one,) = diff(old, new).toolchain
    assert (one.path, one.made) == ("app", True)


def test_inputs_endpoints_values_and_findings() -> None:
    old = build()
    new = build(
        files=(*(use for use in old.files if use.path != "/src/app/app.c"),
               FileUse("/src/app/app.c", "read", digest(42), 3), FileUse("/src/app/evil.h", "read", digest(43), 3)),
        network=(*old.network, Endpoint("evil.example", "198.51.100.9", 443, 2)),
        environments=(Environment(("CFLAGS",), {"CFLAGS": "-O2 -fplugin=x.so", "PATH": "/usr/bin"}),),
        findings=(*old.findings, Finding("persistence-changed", "high", "high", 2, "/src/app/.git/hooks/x", "a hook")),
        exit_code=1)
    found = diff(old, new)
    assert [(one.kind, one.path) for one in found.inputs] == [(Kind.CHANGED, "app.c"), (Kind.ADDED, "evil.h")]
    assert [(one.kind, one.host, one.processes) for one in found.network] == [
        (Kind.ADDED, "evil.example", ("/usr/bin/dash",))]
    assert [(one.name, one.new) for one in found.environment] == [("CFLAGS", ("-O2 -fplugin=x.so",))]
    assert [(one.rule, one.path) for one in found.findings] == [("persistence-changed", ".git/hooks/x")]
    assert [(one.name, one.old, one.new) for one in found.build] == [("exit_code", ("0",), ("1",))]
    assert found.changed


def test_addresses_of_one_name_are_one() -> None:
    old = build()
    new = build(network=tuple(msgspec.structs.replace(one, address="192.0.2.99") if one.port == 443 else one
                              for one in old.network))
    assert changed(old, new) == set()


def test_other_outputs_do_not_count() -> None:
    old = build()
    new = build(files=tuple(msgspec.structs.replace(use, sha256=digest(50)) if use.access == "rename" else use
                            for use in old.files))
    assert changed(old, new) == {"outputs"}
    assert not diff(old, new).changed


def test_packages_that_the_build_fetched() -> None:
    def with_setuptools(version: str) -> Record:
        folder = f"/tmp/pip-build-env-a1b2c3d4/overlay/lib/site-packages/setuptools-{version}.dist-info"
        return build(files=(*build().files, FileUse(f"{folder}/METADATA", "write", digest(60), 1),
                            FileUse(f"{folder}/METADATA", "read", digest(60), 2)))

    (one,) = diff(with_setuptools("80.8.0"), with_setuptools("80.9.0")).packages
    assert (one.name, one.old, one.new) == ("setuptools", ("80.8.0",), ("80.9.0",))


def written(folder: Path, record: Record) -> str:
    folder.mkdir()
    (folder / "record.json").write_bytes(msgspec.json.encode(record))
    return str(folder)


def test_the_command(tmp_path: Path) -> None:
    old = written(tmp_path / "old", build())
    same = written(tmp_path / "same", moved(build()))
    new = written(tmp_path / "new", build(processes=(*build().processes, process(9, 1, ("curl",), "/usr/bin/curl"))))
    lost = written(tmp_path / "lost", build(complete=False))
    result = CliRunner().invoke(app, ["record", "diff", old, same])
    assert (result.exit_code, "Nothing changed" in result.output) == (0, True)
    result = CliRunner().invoke(app, ["record", "diff", old, new])
    assert (result.exit_code, "+ /usr/bin/curl" in result.output) == (1, True)
    result = CliRunner().invoke(app, ["record", "diff", old, new, "-f", "json"])
    document = msgspec.json.decode(result.output)
    assert (result.exit_code, document["schema"], document["toolchain"][0]["kind"]) == (
        1, "builtby/record-diff/1", "added")
    assert CliRunner().invoke(app, ["record", "diff", lost, lost]).exit_code == 3
    assert CliRunner().invoke(app, ["record", "diff", old, str(tmp_path)]).exit_code == 3
