"""The audit's readers as a target: the first byte says as which file the rest is read."""

from functools import cache

from builtby.builds.audit.engine import auditors, entries
from builtby.builds.audit.model import Dependency, Finding, Setting, Skipped
from builtby.builds.audit.tree import Tree

SEEDS: dict[str, bytes] = {
    "package-lock.json": b'{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1","hasInstallScript":true}}}',
    "package.json": b'{"name":"a","scripts":{"install":"x"},"pnpm":{"onlyBuiltDependencies":["b"]}}',
    "pnpm-lock.yaml": b"lockfileVersion: '9.0'\npackages:\n  'a@1.0.0':\n    resolution: {integrity: x}\n",
    "pnpm-workspace.yaml": b"onlyBuiltDependencies: [a]\nconfigDependencies: {b: 1+sha}\n",
    "yarn.lock": b'# yarn lockfile v1\n\na@^1:\n  version "1.0"\n  resolved "http://x/a.tgz#ab"\n',
    ".yarnrc.yml": b"enableScripts: false\nplugins: [{path: x}]\n", "bunfig.toml": b'preload = ["a"]\n',
    "bun.lock": b'{"packages":{"a":["a@1.0",{},],},// x\n}', ".npmrc": b"ignore-scripts=true\nregistry=http://x\n",
    "uv.lock": b'[[package]]\nname = "a"\nversion = "1"\nsource = { git = "x" }\nsdist = { url = "a.tar.gz" }\n',
    "poetry.lock": b'[[package]]\nname = "a"\nfiles = [{file = "a.tar.gz"}]\n', "uv.toml": b"no-build = true\n",
    "Pipfile.lock": b'{"default":{"a":{"version":"==1"}}}', "pip.conf": b"[global]\nonly-binary = :all:\n",
    "pyproject.toml": b'[build-system]\nrequires = ["a>=1"]\n[project]\ndependencies = ["c"]\n',
    "requirements.txt": b"-r requirements.txt\na==1 \\\n --hash=sha256:x\n--only-binary :all:\n-e git+http://x@b#egg=c\n",
    "setup.py": b"from setuptools import setup\nsetup(cmdclass={})\n", "setup.cfg": b"[options]\nsetup_requires = a\n",
    "site-packages/x.pth": b"import os\n", "site-packages/x.start": b"a:b\n",
    "site-packages/x-1.dist-info/entry_points.txt": b"[pytest11]\na = b\n",
    "Cargo.lock": b'[[package]]\nname = "a"\nversion = "1"\nsource = "registry+x"\ndependencies = ["cc"]\n',
    "Cargo.toml": b'[package]\nname = "a"\nbuild = "b.rs"\n[patch.x]\nc = { git = "d" }\n',
    ".cargo/config.toml": b'include = "config.toml"\n[build]\nrustc-wrapper = "a"\n', "go.work": b"use (\n\t./a\n)\n",
    "go.mod": b"module a\nrequire (\n\tb v1\n)\nreplace b => ../b\n", "a.go": b'// #cgo LDFLAGS: -lz\nimport "C"\n',
    "Dockerfile": b"ARG A=1\nFROM b:$A AS c\nCOPY --from=d e f\nRUN curl x | sh\n", ".env": b"CGO_ENABLED=0\n",
    ".github/workflows/a.yml": b"on: push\njobs:\n  a:\n    container: b\n    steps:\n    - uses: c/d@v1\n",
    ".gitlab-ci.yml": b"include: [{remote: 'https://x'}]\na: {image: b, script: !reference [c, d]}\n",
    ".pre-commit-config.yaml": b"repos: [{repo: local, hooks: [{id: a, entry: b}]}]\n",
    "lefthook.yml": b"pre-commit: {jobs: [{run: a, group: {jobs: [{run: b}]}}]}\n",
    ".circleci/config.yml": b"orbs: {a: b/c@1}\n", "azure-pipelines.yml": b"resources: {repositories: [{name: a}]}\n",
    ".git/config": b'[core]\n\thooksPath = x\n[filter "a"]\n\tclean = b\n', ".gitattributes": b"* filter=a\n",
    ".gitmodules": b"update = !x\n", "Makefile": b"include Makefile\nA := $(shell (b))\n",
    "pom.xml": b"<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent>"
               b"<artifactId>a</artifactId><build><plugins><plugin><artifactId>b</artifactId></plugin></plugins></build>"
               b"</project>",
    "build.gradle.kts": b'plugins {\n  id("a") version "1"\n  alias(libs.plugins.b)\n}\n',
    "gradle/libs.versions.toml": b'[plugins]\nb = { id = "c", version.ref = "d" }\n',
    "gradle/wrapper/gradle-wrapper.properties": b"distributionUrl=https\\://x/y.zip\n",
    "Gemfile.lock": b"GEM\n  specs:\n    a (1.0)\n", "a.gemspec": b's.name = "a"\ns.extensions = ["b"]\n',
    "composer.lock": b'{"packages":[{"name":"a/b","type":"composer-plugin"}]}',
    "composer.json": b'{"scripts":{"post-install-cmd":["a"]},"config":{"allow-plugins":true}}',
    ".vscode/tasks.json": b'{"tasks":[{"command":"a","runOptions":{"runOn":"folderOpen"}}]}',
    ".devcontainer/devcontainer.json": b'{"image":"a","postCreateCommand":{"b":["c"]},"features":{"d":{}}}',
    ".claude/settings.json": b'{"hooks":{"A":[{"hooks":[{"command":"b"}]}]}}',
}
PATHS = sorted(SEEDS)
auditors()  # now, so that a fuzzer sees their modules loaded


class _One(Tree):
    """A tree of one file."""

    def __init__(self, path: str, held: bytes) -> None:
        super().__init__({path})
        self._held = held

    def data(self, path: str) -> bytes:
        return self._held


def eat(data: bytes) -> None:
    """Audit one file. Whatever it holds, what comes out is sound, and no fault of ours."""
    if not data:
        return
    path = PATHS[data[0] % len(PATHS)]
    for entry in entries(path, _One(path, data[1:])):
        assert isinstance(entry, Dependency | Finding | Setting | Skipped)
        if isinstance(entry, Skipped):
            assert entry.reason
            assert "fault of builtby" not in entry.reason, entry.reason
        else:
            line = entry.line if isinstance(entry, Finding | Setting) else None
            assert line is None or line > 0


@cache
def seeds() -> list[bytes]:
    """Return an example of every file."""
    return [bytes([number]) + SEEDS[path] for number, path in enumerate(PATHS)]
