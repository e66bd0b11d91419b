import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from builtby.builds.detect.build import Build
from builtby.builds.detect.engine import of_rule
from builtby.builds.detect.examples import TREE, record_of
from builtby.builds.detect.lint import lint
from builtby.builds.detect.load import rule as rule_of
from builtby.builds.detect.load import rules
from builtby.builds.detect.model import Condition, Rule


def test_every_rule_fires_on_its_examples_and_leaves_its_near_misses_alone() -> None:
    assert lint() == []


def test_the_linter_refuses_a_rule_without_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtby.builds.detect.lint.rules", lambda: (_rule(),))
    assert any("needs an example" in what for what in lint())


def test_the_linter_refuses_a_rule_that_does_not_fire_or_fires_on_a_near_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "make\n  > write /etc/x"
    rule = _rule(example=("make\n  > read /etc/x",), near=(text,))
    monkeypatch.setattr("builtby.builds.detect.lint.rules", lambda: (rule,))
    assert [what.partition(" on ")[0] for what in lint() if what.startswith("a-rule")] == [
        "a-rule: does not fire", "a-rule: fires (/etc/x)"]


def test_the_linter_refuses_an_example_of_which_a_rule_thinks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = rule_of("egress-by-hook")
    assert known is not None
    text = "npm ci\n  git clone x\n    > env npm_lifecycle_event=install\n    > connect 192.0.2.7:443 files.example"
    monkeypatch.setattr("builtby.builds.detect.lint.rules", lambda: (replace(known, example=(text,)),))
    (what,) = [what for what in lint() if what.startswith("egress-by-hook")]
    assert what == f"egress-by-hook: thinks nothing of {text}"


def _rule(example: tuple[str, ...] = (), near: tuple[str, ...] = ()) -> Rule:
    when = (Condition(path=("/etc/x",), access=("change",)),)
    return Rule(id="a-rule", title="x", why="x", history="x", false_alarm="x", remedy="x", severity="high",
                confidence="high", on="file", message="{path}", when=when, example=example, near=near)


def test_a_finding_names_the_package_and_hook_that_it_belongs_to() -> None:
    text = """
npm ci
  sh -c node x.js
    > env npm_lifecycle_event=postinstall
    > env npm_package_name=@evil/left-pad
    > env npm_package_version=1.2.3
    > env npm_package_json=/home/dev/src/app/node_modules/@evil/left-pad/package.json
    node x.js
    = sh /tmp/y
      > write /etc/x
"""
    (found,) = of_rule(_rule(), Build(record_of(text)))
    assert (found.owner, found.hook, found.process) == ("pkg:npm/%40evil/left-pad@1.2.3", "postinstall", 4)


def test_a_projects_own_hook_is_told_from_a_dependencys() -> None:
    text = "npm ci\n  sh -c husky\n    > env npm_lifecycle_event=prepare\n    > env npm_package_json=/app/package.json"
    build = Build(record_of(text))
    assert build.owner(2).within == "own-hook"
    assert build.owner(1).within == "none"


@pytest.mark.parametrize(("cwd", "line", "purl", "hook"), [
    ("/tmp/pip-install-x1/markupsafe_0123456789abcdef0123456789abcdef",
     "python /v/pip/_vendor/pyproject_hooks/_in_process/_in_process.py build_wheel /tmp/t", "pkg:pypi/markupsafe",
     "PEP 517 backend"),
    ("/tmp/pip-wheel-x1/psutil_0123456789abcdef0123456789abcdef",
     "python /v/pip/_vendor/pyproject_hooks/_in_process/_in_process.py build_wheel /tmp/t", "pkg:pypi/psutil",
     "PEP 517 backend"),
    ("/root/go/pkg/mod/github.com/mattn/go-sqlite3@v1.14.22", "gcc -c x.c",
     "pkg:golang/github.com/mattn/go-sqlite3@v1.14.22", "cgo or generator"),
    ("/x", "/x/target/debug/build/libsqlite3-sys-0123456789abcdef/build-script-build", "pkg:cargo/libsqlite3-sys",
     "build.rs"),
])
def test_owners_are_known_by_what_runs_where(cwd: str, line: str, purl: str, hook: str) -> None:
    owner = Build(record_of(f"make\n  {line}\n    > cwd {cwd}")).owner(2)
    assert (owner.purl, owner.hook, owner.within) == (purl, hook, "hook")


@pytest.mark.parametrize(("asked", "complete", "severity"), [
    ("read /etc/hosts", True, "low"), ("unix /run/nscd/socket", True, "low"), ("connect 192.0.2.1:443", True, "low"),
    ("unix /run/user/1000/bus", True, "high"), ("connect 127.0.0.1:2375", True, "high"),
    ("read /etc/hosts", False, "high"),
])
def test_what_others_write_during_a_build_is_held_against_it_where_it_could_have_asked_them(
        asked: str, complete: bool, severity: str) -> None:
    known = rule_of("persistence-changed")
    assert known is not None
    record = record_of(f"make\n  sh -c x\n    > {asked}\n    > changed persistence changed /etc/passwd outside")
    (found,) = of_rule(known, Build(replace(record, complete=complete)))
    assert (found.severity, found.path, found.process) == (severity, "/etc/passwd", None)


@pytest.mark.parametrize(("line", "severity"), [
    ("> changed toolchain created /usr/bin/php outside", "low"),
    ("> changed toolchain changed /usr/bin/php outside", "critical"),
    ("php x.php\n    > changed toolchain created /usr/bin/php outside", "critical"),
    ("> read /usr/lib/crt1.o\n  > changed toolchain created /usr/lib/crt1.o outside", "critical"),
])
def test_a_tool_that_somebody_installs_meanwhile_matters_where_it_is_used(line: str, severity: str) -> None:
    known = rule_of("toolchain-changed")
    assert known is not None
    (found,) = of_rule(known, Build(record_of(f"make\n  {line}")))
    assert found.severity == severity


@pytest.mark.parametrize(("program", "cwd", "severity"), [
    ("node x.js", "evil", "high"), ("node sharp.js", "evil", "high"), ("node install.js", "electron-x", "high"),
    ("node install.js", "electron", "info"), ("git clone x", "evil", "info"), ("cmake -P fetch.cmake", "evil", "info"),
    (f"node {TREE}/node_modules/.bin/prebuild-install", "evil", "info"), ("/tmp/git clone x", "evil", "high"),
    ("curl x", "evil", "high"), ("python3 -m pip install x", "evil", "info"),
])
def test_hooks_may_fetch_by_what_is_known_to_fetch(program: str, cwd: str, severity: str) -> None:
    """The package manager above a hook, which fetches too, does not make the hook a known one."""
    known = rule_of("egress-by-hook")
    assert known is not None
    record = record_of(f"""
npm ci
  sh -c hook
    > env npm_lifecycle_event=postinstall
    > cwd {TREE}/node_modules/{cwd}
    {program}
      > connect 192.0.2.7:443 files.example
""")
    assert [one.severity for one in of_rule(known, Build(record))] == [severity]


def test_every_rule_has_its_page_and_says_all_that_it_should() -> None:
    pages = Path(__file__).parents[3] / "docs" / "findings"
    assert {rule.id for rule in rules()} <= {page.stem for page in pages.glob("*.md")}
    for rule in rules():
        text = (pages / f"{rule.id}.md").read_text("utf-8")
        assert all(part in text for part in (rule.title, rule.why, rule.history, rule.false_alarm, rule.remedy))


def test_explain_tells_of_a_rule() -> None:
    done = subprocess.run([sys.executable, "-m", "builtby", "explain", "persistence-written"], capture_output=True,
                          text=True, check=True)
    assert "run at login" in done.stdout
    assert "s1ngularity" in done.stdout
