"""Files that others include are read as part of them, wherever they lie in the tree, and nothing outside of it is."""

import hashlib
from pathlib import Path

import pytest

from builtby.builds.audit.engine import audit
from builtby.builds.audit.model import Audit, Certainty
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe


def certainties(result: Audit) -> dict[str, Certainty | None]:
    """Return the certainty of the first hook of every dependency."""
    return {one.name: one.hooks[0].certainty for one in result.dependencies}


def test_options_of_a_requirements_file_hold_for_what_it_includes(audited: Auditing) -> None:
    result = audited({"requirements.txt": "-r deps/base\n--only-binary=:all:\nb==2 --hash=sha256:aa\n",
                      "deps/base": "-c pins.lock\na==1 --hash=sha256:bb\n", "deps/pins.lock": "never==3\n"})
    assert result.counts["python"].dependencies == 2
    assert result.dependencies == []
    assert unsafe(result) == set()


def test_wheels_of_some_packages_only(audited: Auditing) -> None:
    result = audited({"requirements.txt": "--only-binary Some_Thing,b\nsome-thing==1\nc==1\n"})
    assert certainties(result) == {"c": Certainty.POSSIBLE}


@pytest.mark.parametrize(("line", "reason"), [
    ("-r gone.txt", "line 1 includes gone.txt, which is not in this tree"),
    ("-r ../outside.txt", "line 1 includes ../outside.txt, which is not in this tree"),
    ("--constraint=/etc/passwd", "line 1 includes /etc/passwd, which is not in this tree")])
def test_what_cannot_be_included_is_said(audited: Auditing, tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "outside.txt").write_text("secret==1\n")
    result = audited({"requirements.txt": f"{line}\na==1\n"})
    assert [one.reason for one in result.skipped] == [reason]
    assert result.counts["python"].dependencies == 1


def test_requirements_from_an_address(audited: Auditing) -> None:
    assert "pip-remote-include" in findings(audited({"requirements.txt": "-r https://x.example/r.txt\n"}))


def test_links_lead_to_nothing_outside(audited: Auditing, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token-of-somebody==1\n")
    audited({"a.txt": ""})
    (tmp_path / "tree/requirements.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "tree/requirements-b.txt").write_text("-r c.txt\n")
    (tmp_path / "tree/c.txt").symlink_to(tmp_path / "secret")
    result = audit([str(tmp_path / "tree")])
    assert len(result.skipped) == 2
    assert not result.counts


def test_makefiles_are_followed(audited: Auditing) -> None:
    result = audited({"Makefile": "include conf/settings.inc\n", "conf/settings.inc": "V := $(shell (a) && b $(c))\n"
                                                                                     "include ../Makefile\n"})
    told = {(hook.how, hook.path, hook.line) for one in result.dependencies for hook in one.hooks}
    assert ("as make reads the file: (a) && b $(c)", "conf/settings.inc", 1) in told


def test_cargos_configuration_is_followed(audited: Auditing) -> None:
    result = audited({".cargo/config.toml": 'include = ["more.toml", {path = "gone.toml", optional = true}]\n',
                      ".cargo/more.toml": '[build]\nrustc-wrapper = "w"\ninclude = "config.toml"\n'})
    assert [(one.path, one.line) for one in result.settings] == [(".cargo/more.toml", 2)]
    assert not result.skipped


def test_a_cargo_workspace(audited: Auditing) -> None:
    result = audited({"Cargo.toml": '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\n'
                                    'x = { git = "https://git.example/x" }\n'
                                    '[patch.crates-io]\ny = { path = "../y" }\n',
                      "rust-toolchain.toml": '[toolchain]\nchannel = "stable"\n'})
    assert (findings(result), unsafe(result)) == ({"cargo-git-unpinned"}, {"cargo-patch", "rust-toolchain"})


def test_a_go_workspace(audited: Auditing) -> None:
    result = audited({"go.work": "go 1.24\nuse (\n\t./a\n\t./gone\n)\nreplace x.example/y => ../y\n",
                      "a/go.mod": "module x.example/a\nrequire x.example/b v1.0.0\n"})
    assert unsafe(result) == {"go-replace"}
    assert [one.reason for one in result.skipped] == ["line 4 uses ./gone, which is not in this tree"]
    assert findings(result) == set()


def test_fetched_modules_tell(audited: Auditing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    required = "".join(f"\tx.example/{name} v1.0.0\n" for name in ("Big", "plain", "no"))
    audited({"go.mod": f"module a\nrequire (\n{required})\n"})
    for name, text in (("!big", '//go:build cgo\npackage big\nimport "C"\n'), ("plain", "package plain\n")):
        (tmp_path / f"mod/x.example/{name}@v1.0.0").mkdir(parents=True)
        (tmp_path / f"mod/x.example/{name}@v1.0.0/a.go").write_text(text)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "mod"))
    result = audit([str(tmp_path / "tree")])
    assert hooks(result, "x.example/Big")[0][2:] == (Certainty.CERTAIN, "x.example/!big@v1.0.0/a.go", 3)
    assert hooks(result, "x.example/plain") == []
    assert hooks(result, "x.example/no")[0][2] is Certainty.UNKNOWN


PARENT = """<project><groupId>g</groupId><artifactId>top</artifactId><version>1</version>
<properties><jar.version>3.4</jar.version></properties>
<modules><module>kid</module><module>gone</module></modules>
<build><pluginManagement><plugins><plugin><artifactId>maven-antrun-plugin</artifactId><version>${jar.version}</version>
</plugin></plugins></pluginManagement>
<plugins><plugin><groupId>p</groupId><artifactId>inherited</artifactId><version>7</version>
<dependencies><dependency><groupId>d</groupId><artifactId>deep</artifactId><version>8</version></dependency>
</dependencies></plugin></plugins></build></project>"""
KID = """<project><parent><groupId>g</groupId><artifactId>top</artifactId><version>1</version></parent>
<artifactId>kid</artifactId>
<build><plugins><plugin><artifactId>maven-antrun-plugin</artifactId></plugin></plugins></build></project>"""


def test_poms_inherit(audited: Auditing) -> None:
    result = audited({"pom.xml": PARENT, "kid/pom.xml": KID})
    assert {(one.name, one.version) for one in result.dependencies} == {
        ("org.apache.maven.plugins:maven-antrun-plugin", "3.4"), ("p:inherited", "7"), ("d:deep", "8")}
    assert [one.reason for one in result.skipped] == ["line 3 names the module gone, which is not in this tree"]
    assert findings(result) == set()


def test_a_parent_of_elsewhere_is_unknown_and_itself_no_end(audited: Auditing) -> None:
    result = audited({"kid/pom.xml": KID})
    assert hooks(result, "g:top")[0][:3:2] == ("maven-parent", Certainty.UNKNOWN)
    circle = "<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent>" \
             "<artifactId>a</artifactId></project>"
    assert not audited({"kid/pom.xml": circle}).skipped


CATALOG = """[versions]
k = "2.1"
[plugins]
kotlin-jvm = { id = "org.jetbrains.kotlin.jvm", version.ref = "k" }
[libraries]
dagger-compiler = { module = "com.google.dagger:dagger-compiler", version = "2.50" }
"""


def test_gradles_catalog_and_wrapper(audited: Auditing, tmp_path: Path) -> None:
    (tmp_path / "tree/gradle/wrapper").mkdir(parents=True)
    (tmp_path / "tree/gradle/wrapper/gradle-wrapper.jar").write_bytes(b"PK\0\1")
    result = audited({
        "gradle/libs.versions.toml": CATALOG, "settings.gradle.kts": 'includeBuild("build-logic")\n',
        "app/build.gradle.kts": 'plugins {\n  alias(libs.plugins.kotlin.jvm)\n  id("own.convention")\n}\n'
                                "dependencies {\n  kapt(libs.dagger.compiler)\n}\n",
        "build-logic/src/main/kotlin/own.convention.gradle.kts": "",
        "gradle.properties": "org.gradle.jvmargs=-javaagent:x.jar\norg.gradle.dependency.verification=off\n",
        "gradle/wrapper/gradle-wrapper.properties": "distributionUrl=https\\://other.example/gradle.zip\n",
        "buildscript-gradle.lockfile": "g:tool:1.0=classpath\nempty=\n"})
    assert {(one.name, one.version) for one in result.dependencies if not one.project} == {
        ("org.jetbrains.kotlin.jvm", "2.1"), ("com.google.dagger:dagger-compiler", "2.50"), ("g:tool", "1.0")}
    assert unsafe(result) == {"gradle-jvm-agent", "gradle-verification-off", "gradle-distribution", "wrapper-checksum",
                              "gradle-verification"}
    digest = hashlib.sha256(b"PK\0\1").hexdigest()
    assert any(digest in hook.how for one in result.dependencies for hook in one.hooks)


def test_gems_of_a_gemfile_without_a_lock_are_unknown(audited: Auditing) -> None:
    assert hooks(audited({"Gemfile": "source 'x'\ngem 'nokogiri', '~> 1'\n"}), "nokogiri")[0][2] is Certainty.UNKNOWN
