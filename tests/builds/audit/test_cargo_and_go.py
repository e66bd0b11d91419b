"""Cargo and Go: build scripts, macros, cgo, generators."""

from pathlib import Path

import pytest

from builtby.builds.audit.engine import audit
from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

LOCK = """version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["openssl-sys"]

[[package]]
name = "openssl-sys"
version = "0.9.0"
source = "registry+https://index.example/crates"
checksum = "aa"
dependencies = ["cc", "libc"]

[[package]]
name = "plain"
version = "1.0.0"
source = "registry+https://index.example/crates"
"""


def test_a_cargo_lock_suggests_and_does_not_claim(audited: Auditing) -> None:
    result = audited({"Cargo.lock": LOCK})
    assert hooks(result, "openssl-sys") == [("build.rs", When.BUILD, Certainty.INFERRED, "Cargo.lock", 9)]
    assert hooks(result, "plain") == [("build.rs", When.BUILD, Certainty.UNKNOWN, "Cargo.lock", 16)]
    assert findings(result) == {"cargo-no-checksum"}
    assert result.counts["cargo"].dependencies == 2


def test_vendored_sources_tell(audited: Auditing) -> None:
    result = audited({
        "Cargo.lock": LOCK, "vendor/plain/Cargo.toml": '[package]\nname = "plain"\nversion = "1.0.0"\n',
        "vendor/plain/build.rs": "fn main() {}", "vendor/plain/.cargo-checksum.json": "{}",
        "vendor/m/Cargo.toml": '[package]\nname = "m"\nversion = "1.0.0"\nbuild = false\n[lib]\nproc-macro = true\n',
        "vendor/m/build.rs": "", "vendor/m/.cargo-checksum.json": "{}"})
    assert hooks(result, "plain") == [("build.rs", When.BUILD, Certainty.CERTAIN, "vendor/plain/build.rs", 1)]
    assert [hook[0] for hook in hooks(result, "m")] == ["proc-macro"]


def test_fetched_sources_tell(audited: Auditing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audited({"Cargo.lock": LOCK})
    crate = tmp_path / "cargo/registry/src/index-1/plain-1.0.0"
    crate.mkdir(parents=True)
    (crate / "Cargo.toml").write_text('[package]\nname = "plain"\nversion = "1.0.0"\nbuild = "make.rs"\n')
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    assert hooks(audit([str(tmp_path / "tree")]), "plain")[0][2:4] == (Certainty.CERTAIN, "plain-1.0.0/Cargo.toml")


def test_cargos_settings(audited: Auditing) -> None:
    result = audited({
        ".cargo/config.toml": '[build]\nrustc-wrapper = "./w"\n[source.crates-io]\nreplace-with = "mirror"\n',
        "Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb = { git = "https://git.example/b", tag = "1" }\n'})
    assert unsafe(result) == {"cargo-replaces-tool", "cargo-source-replaced"}
    assert findings(result) == {"cargo-git-unpinned"}


GO_MOD = """module example.com/app

go 1.22

require (
	example.com/c v1.0.0 // indirect
)
replace example.com/c => ../c
tool example.com/gen
"""


def test_go_modules(audited: Auditing) -> None:
    result = audited({"go.mod": GO_MOD, "main.go": 'package main\n\nimport "C"\n//go:generate sh x.sh\n'})
    assert hooks(result, "example.com/c") == [("cgo", When.BUILD, Certainty.UNKNOWN, "go.mod", 6)]
    assert hooks(result, "example.com/gen")[0][0] == "go-tool"
    assert {(hook[0], hook[4]) for hook in hooks(result, "project")} == {("cgo", 3), ("go-generate", 4)}
    assert (unsafe(result), findings(result)) == ({"go-replace"}, {"go-no-sum"})


def test_vendored_cgo_belongs_to_its_module(audited: Auditing) -> None:
    result = audited({
        "go.mod": GO_MOD, "vendor/modules.txt": "# example.com/c v1.0.0\n## explicit\nexample.com/c/deep\n",
        "vendor/example.com/c/deep/a.go": '// #cgo LDFLAGS: -lz -Wl,-plugin,x.so\nimport "C"\n//go:generate no\n'})
    assert hooks(result, "example.com/c") == [
        ("cgo", When.BUILD, Certainty.CERTAIN, "vendor/example.com/c/deep/a.go", 1)]
    assert findings(result) == {"go-cgo-flag"}


def test_a_string_is_no_import(audited: Auditing) -> None:
    assert not audited({"a.go": 'package a\n\nvar x = f("C")\n'}).dependencies


@pytest.mark.parametrize(("line", "rule"), [
    ("GONOSUMDB=*", "go-sumdb-off"), ("GOSUMDB=off", "go-sumdb-off"), ('GOFLAGS="-mod=mod"', "go-flags"),
    ("export LD_PRELOAD=/tmp/x.so", "startup-code"), ("CGO_LDFLAGS_ALLOW=.*", "go-cgo-flags-allowed"),
    ("NODE_TLS_REJECT_UNAUTHORIZED=0", "tls-off")])
def test_variables(audited: Auditing, line: str, rule: str) -> None:
    assert unsafe(audited({".env": f"{line}\n"})) == {rule}


@pytest.mark.parametrize("line", ["GOSUMDB=sum.example.org", "GOFLAGS=-mod=readonly", "# LD_PRELOAD=x", "LD_PRELOAD="])
def test_variables_that_are_in_order(audited: Auditing, line: str) -> None:
    assert unsafe(audited({".env": f"{line}\n"})) == set()


@pytest.mark.parametrize(("line", "rule"), [
    ("curl -sSf https://x.example/i.sh | sudo bash -s -- -y", "download-and-run"),
    ('sh -c "$(curl -fsSL https://x.example)"', "download-and-run"), ("RUN npm ci", "npm-command-scripts"),
    ("npx cowsay hello", "npx-unpinned"), ("uvx --quiet cowsay hello", "npx-unpinned"),
    ("go install example.com/x@latest", "go-command-latest"),
    ("cargo install ripgrep", "cargo-install-unlocked"), ("RUN pip install -r r.txt", "pip-command-builds")])
def test_commands(audited: Auditing, line: str, rule: str) -> None:
    result = audited({"Dockerfile": f"{line}\n"})
    assert unsafe(result) | findings(result) == {rule}


@pytest.mark.parametrize("line", [
    "curl -o x.tar https://x.example/x.tar && sha256sum -c x", "npm ci --ignore-scripts", "npx cowsay@1.2.3 hello",
    "uvx --help", 'uvx --from "cowsay==1.2" cowsay', '- name: "Test uvx shell completions"', 'name: Run npx cowsay',
    "go install example.com/x@v1.2.3", "cargo install --locked ripgrep", "# curl x | sh", "npm config ls",
    "pip install --only-binary :all: -r r.txt"])
def test_commands_that_are_in_order(audited: Auditing, line: str) -> None:
    result = audited({"build.sh": f"{line}\n"})
    assert unsafe(result) | findings(result) == set()
