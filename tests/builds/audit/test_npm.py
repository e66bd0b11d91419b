"""npm, pnpm, Yarn, Bun: install scripts and what switches them off."""

import io
import json
import tarfile
from pathlib import Path

from builtby.builds.audit.engine import audit
from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

LOCK = json.dumps({"lockfileVersion": 3, "packages": {
    "": {"name": "app"},
    "node_modules/esbuild": {"version": "0.19.0", "resolved": "https://registry.example/esbuild-0.19.0.tgz",
                             "integrity": "sha512-x", "hasInstallScript": True},
    "node_modules/a/node_modules/@s/b": {"version": "1.0.0", "resolved": "http://registry.example/b.tgz"},
    "node_modules/c": {"version": "2.0.0", "resolved": "git+ssh://git@git.example/c.git#main"},
    "node_modules/l": {"resolved": "packages/l", "link": True},
}}, indent=2)


def test_package_lock(audited: Auditing) -> None:
    result = audited({"package-lock.json": LOCK})
    assert hooks(result, "esbuild") == [("npm-script", When.INSTALL, Certainty.CERTAIN, "package-lock.json", 7)]
    assert hooks(result, "c")[0][2] is Certainty.CERTAIN
    assert hooks(result, "@s/b") == []
    assert findings(result) == {"plain-http-source", "npm-no-integrity", "npm-git-unpinned"}
    assert result.counts["npm"].dependencies == 3


def test_version_1_tells_of_no_scripts(audited: Auditing) -> None:
    result = audited({"package-lock.json": json.dumps({"lockfileVersion": 1, "dependencies": {
        "a": {"version": "1.0.0", "integrity": "x", "dependencies": {"b": {"version": "1.0.0", "integrity": "x"}}}}})})
    assert [one.hooks[0].certainty for one in result.dependencies] == [Certainty.UNKNOWN] * 2


def test_the_installed_tree_tells_what_the_lock_does_not(audited: Auditing) -> None:
    result = audited({
        "package-lock.json": '{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "integrity": "x"}}}',
        "node_modules/a/package.json": '{"name": "a", "version": "1.0.0", "scripts": {\n"postinstall": "curl x|sh"}}',
        "node_modules/g/package.json": '{"name": "g", "version": "1.0.0"}', "node_modules/g/binding.gyp": "{}",
        "node_modules/q/package.json": '{"name": "q", "version": "1.0.0", "scripts": {"prepare": "x", "test": "y"}}',
        "node_modules/q/test/package.json": "{broken"})
    assert [hook.how for one in result.dependencies for hook in one.hooks] == [
        "postinstall: curl x|sh", "node-gyp rebuild, for there is a binding.gyp"]
    assert findings(result) == {"hook-fetches"}
    assert not result.skipped


def test_the_projects_scripts_and_the_setting(audited: Auditing) -> None:
    manifest = '{"name": "app", "version": "1.0.0", "scripts": {"prepare": "husky"}, "dependencies": {"a": "1"}}'
    result = audited({"package.json": manifest})
    assert result.dependencies[0].project
    assert result.dependencies[0].hooks[0].how == "prepare: husky"
    assert next(one for one in result.settings if one.rule == "npm-ignore-scripts").safer == "ignore-scripts=true"
    result = audited({"package.json": manifest, ".npmrc": "ignore-scripts=true\nstrict-ssl=false\n"})
    assert unsafe(result) == {"npm-strict-ssl"}


def test_a_packed_package(tmp_path: Path) -> None:
    data = b'{"name": "p", "version": "1.0.0", "scripts": {"install": "node x.js", "prepare": "tsc"}}'
    with tarfile.open(tmp_path / "p-1.0.0.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    result = audit([str(tmp_path / "p-1.0.0.tgz")])
    assert [(one.name, one.project, [hook.how for hook in one.hooks]) for one in result.dependencies] == [
        ("p", False, ["install: node x.js"])]


def test_pnpm(audited: Auditing) -> None:
    former = ("lockfileVersion: '6.0'\npackages:\n  /esbuild@0.19.0:\n    requiresBuild: true\n"
              "  /a@1.0.0(b@2.0.0):\n    dev: true\n")
    result = audited({"pnpm-lock.yaml": former})
    assert hooks(result, "esbuild") == [("npm-script", When.INSTALL, Certainty.CERTAIN, "pnpm-lock.yaml", 3)]
    assert result.counts["npm"].dependencies == 2
    assert unsafe(result) == {"pnpm-built"}
    later = "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0':\n    resolution: {integrity: x}\n"
    assert hooks(audited({"pnpm-lock.yaml": later}), "@s/a")[0][2] is Certainty.UNKNOWN
    result = audited({"pnpm-lock.yaml": later, "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - esbuild\n"})
    assert hooks(result, "@s/a") == []
    assert unsafe(result) == set()
    result = audited({"pnpm-workspace.yaml": "allowBuilds:\n  '@s/a': true\n"})
    assert hooks(result, "@s/a")[0][2] is Certainty.POSSIBLE
    result = audited({"pnpm-lock.yaml": former, "pnpm-workspace.yaml": "allowBuilds: {a: true}\n"})
    assert hooks(result, "esbuild")[0][2] is Certainty.PREVENTED


def test_yarn(audited: Auditing) -> None:
    classic = ('# yarn lockfile v1\n\n"@s/a@^1.0.0", "@s/a@^1.1.0":\n  version "1.2.0"\n'
               '  resolved "http://r.example/a.tgz#ab"\n')
    result = audited({"yarn.lock": classic})
    assert hooks(result, "@s/a") == [("npm-script", When.INSTALL, Certainty.UNKNOWN, "yarn.lock", 3)]
    assert findings(result) == {"plain-http-source"}
    assert unsafe(result) == {"yarn-ignore-scripts"}


def test_yarn_berry(audited: Auditing) -> None:
    berry = ('__metadata:\n  version: 8\n\n"a@npm:^1.0.0":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n'
             '  linkType: hard\n')
    result = audited({"yarn.lock": berry, ".yarnrc.yml": "enableScripts: false\nyarnPath: .yarn/releases/yarn.cjs\n"})
    assert hooks(result, "a")[0][2] is Certainty.PREVENTED
    assert hooks(result, "yarn")[0][0] == "package-manager"
    assert findings(result) == {"npm-no-integrity"}
    assert unsafe(result) == set()


def test_bun(audited: Auditing) -> None:
    result = audited({"bun.lock": '{"lockfileVersion": 1, // said so\n "trustedDependencies": ["a"],\n'
                                  ' "packages": {"a": ["a@1.0.0", "", {}, "x"], "b": ["b@1.0.0"],},}'})
    assert [(one.name, one.version) for one in result.dependencies] == [("a", "1.0.0")]
    assert result.counts["npm"].dependencies == 2
