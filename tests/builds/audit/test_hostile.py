"""Whatever a file holds, an audit says what it could not read, and goes on."""

import io
import random
import tarfile
from pathlib import Path

import pytest

from builtby.builds.audit.engine import _SOURCES, audit, auditors, wanted
from builtby.builds.audit.tree import MOST_BYTES
from tests.builds.audit.conftest import Auditing

NAMES = ["package-lock.json", "package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock", ".yarnrc.yml",
         "bun.lock", "uv.lock", "poetry.lock", "Pipfile.lock", "pyproject.toml", "requirements.txt", "setup.cfg",
         "Cargo.lock", "Cargo.toml", ".cargo/config.toml", "go.mod", "go.sum", "a.go", "Dockerfile", ".npmrc",
         "pip.conf", "site-packages/x.pth", "site-packages/x-1.dist-info/RECORD",
         "site-packages/x-1.dist-info/entry_points.txt", ".github/workflows/a.yml", "action.yml", ".gitlab-ci.yml",
         ".pre-commit-config.yaml", ".git/config", ".gitattributes", ".gitmodules", "Makefile", "pom.xml",
         ".mvn/extensions.xml", ".mvn/jvm.config", "gradle-wrapper.properties", "build.gradle", "settings.gradle",
         "gradle/verification-metadata.xml", "Gemfile.lock", "Gemfile", "a.gemspec", "composer.json", "composer.lock"]
BODIES = [b"", b"{", b"[" * 100_000, b"{\"a\":" * 50_000, b"null", b"[]", b"\0\1\2", b"\xff\xfe", b"a: &a [*a]",
          b"a = ",
          b'{"packages": 3, "dependencies": [], "scripts": "x", "pnpm": []}', b"packages: [1]\nlockfileVersion: 9\n",
          b'{"packages": {"node_modules/x": 7, "node_modules/y": {"version": [], "resolved": {}}}}',
          b'package = [1, {name = 2, source = [], wheels = {}, dependencies = 3}]', b'[package]\nname = []\nbuild = {}',
          b"__metadata:\n  version: 1\n", b"? [a]\n: b\n", b"!!python/object/apply:os.system [id]",
          b"[build-system]\nrequires = 3\nbackend-path = {}\n", b"\r\n\r\n" * 1000, "\u2028\x85".encode() * 50]


@pytest.mark.parametrize("name", NAMES)
def test_no_body_breaks_a_reader(name: str, tmp_path: Path) -> None:
    assert wanted(name)
    for number, body in enumerate(BODIES):
        file = tmp_path / str(number) / name
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
    result = audit([str(tmp_path)])
    assert all(one.reason and "fault" not in one.reason for one in result.skipped)


def test_cut_and_flipped_files_break_nothing(tmp_path: Path) -> None:
    chance = random.Random(4)
    whole = (b'{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1", "resolved": "git+ssh://x/y.git",'
             b'"hasInstallScript": true}}}')
    for number in range(200):
        body = bytearray(whole[: chance.randrange(len(whole))])
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "package-lock.json").write_bytes(body)
    assert not [one for one in audit([str(tmp_path)]).skipped if "fault" in one.reason]


def test_yaml_bombs_are_refused(audited: Auditing) -> None:
    bomb = "a: &a [x]\n" + "b: [" + "*a, " * 20_000 + "]\n"
    assert "aliases" in audited({"pnpm-lock.yaml": bomb}).skipped[0].reason


def test_requirements_that_include_one_another_end(audited: Auditing) -> None:
    result = audited({"requirements.txt": "-r requirements-b.txt\na==1\n",
                      "requirements-b.txt": "-r requirements.txt\n"})
    assert result.counts["python"].dependencies == 1


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x\n")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert not audit([str(tmp_path)]).skipped


def test_what_is_not_there_or_no_manifest_is_said(tmp_path: Path) -> None:
    (tmp_path / "picture.bin").write_bytes(b"abc")
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8b\x08broken")
    result = audit([str(tmp_path / "gone"), str(tmp_path / "picture.bin"), str(tmp_path / "x.tar.gz")])
    assert len(result.skipped) == 3


def test_auditors_are_found() -> None:
    names = [auditor.name for auditor in auditors()]
    assert len(set(names)) == len(names) >= 20


def test_no_ending_hides_a_file_that_an_auditor_asks_for() -> None:
    folders = ("", "a/", ".git/hooks/", ".husky/", "gradle/", ".github/workflows/", ".cargo/", "x.dist-info/")
    for suffix, names in _SOURCES.items():
        for path in (f"{folder}{name}" for folder in folders for name in (f"x.{suffix}", *names)):
            assert wanted(path) == any(auditor.wanted(path) for auditor in auditors()), path


def test_names_that_no_file_system_takes(audited: Auditing) -> None:
    result = audited({"go.mod": f"module a\nrequire (\n\t{'b' * 5000} v1.0.0\n\tc\ud7ff v1\n)\n",
                      "requirements.txt": f"-r {'x' * 5000}.txt\n-r a\0b.txt\n", "Makefile": f"include {'y' * 3000}\n"})
    assert result.counts["go"].dependencies == 2
    assert not [one for one in result.skipped if "fault" in one.reason]


def test_a_bomb_of_zeros_is_not_held(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as bomb:
        for name, size in (("x/package-lock.json", MOST_BYTES + 1), ("x/.npmrc", 17)):
            member = tarfile.TarInfo(name)
            member.size = size
            bomb.addfile(member, io.BytesIO(bytes(size) if size > 100 else b"strict-ssl=false\n"))
    result = audit([str(tmp_path / "bomb.tar.gz")])
    assert [one.reason for one in result.skipped] == ["larger than 64 MiB"]
    assert [one.rule for one in result.settings] == ["npm-strict-ssl"]


def test_a_cut_archive_says_so_and_what_came_before_it(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in ("x/.npmrc", "x/a/.npmrc"):
            member = tarfile.TarInfo(name)
            member.size = 17
            archive.addfile(member, io.BytesIO(b"strict-ssl=false\n"))
    (tmp_path / "cut.tar").write_bytes(whole.getvalue()[:1300])
    result = audit([str(tmp_path / "cut.tar")])
    assert len(result.settings) == 1
    assert len(result.skipped) == 1


def test_what_lies_in_packages_binds_nobody(audited: Auditing) -> None:
    result = audited({"node_modules/a/.gitmodules": "[submodule]\nurl = git://x\n", "vendor/b/Dockerfile": "FROM c\n",
                      "node_modules/a/Cargo.lock": "x"})
    assert not result.findings
    assert not result.skipped


@pytest.mark.parametrize("name", [
    ".github/workflows/a.yml", ".cargo/config.toml", ".git/config", "site-packages/x.pth"])
def test_a_lone_file_is_known_by_its_folder(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("")
    assert "neither a folder" not in str(audit([str(file)]).skipped)
    assert audit([str(file), str(file)]).targets == [str(file)] * 2
