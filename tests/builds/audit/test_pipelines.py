"""Workflows, git, make: code of others that runs without any package."""

import pytest

from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORKFLOW = f"""on: [push, pull_request_target]
jobs:
  a:
    steps:
      - uses: actions/checkout@v4
        with: {{ref: "${{{{ github.event.pull_request.head.sha }}}}"}}
      - uses: other/pinned@{COMMIT} # v1
      - uses: 'other/loose@main'
      - uses: ./.github/actions/own
      - uses: $/.github/actions/own
      - uses: docker://alpine:3
      - run: echo "${{{{ github.event.issue.title }}}}"
"""


def test_workflows(audited: Auditing) -> None:
    result = audited({".github/workflows/ci.yml": WORKFLOW})
    assert {(one.rule, one.line) for one in result.findings} == {
        ("actions-unpinned-own", 5), ("actions-pull-request-target", 6), ("actions-unpinned", 8),
        ("image-unpinned", 11), ("actions-injection", 12)}
    assert unsafe(result) == {"actions-permissions"}
    assert hooks(result, "other/pinned")[0][:2] == ("action", When.BUILD)


def test_a_workflow_that_is_in_order(audited: Auditing) -> None:
    result = audited({".github/workflows/ci.yml": f"on: push\npermissions: {{contents: read}}\njobs:\n  a:\n"
                                                  f"    steps:\n"
                                                  f"      - uses: actions/checkout@{COMMIT}\n"})
    assert (unsafe(result), findings(result)) == (set(), set())


def test_a_condition_that_names_the_head_is_no_checkout_of_it(audited: Auditing) -> None:
    result = audited({".github/workflows/ci.yml":
                      "on: pull_request_target\npermissions: {}\njobs:\n  a:\n"
                      "    if: github.event.pull_request.head.repo.full_name == github.repository\n"
                      f"    steps:\n      - uses: actions/checkout@{COMMIT}\n"})
    assert findings(result) == set()


def test_other_pipelines(audited: Auditing) -> None:
    result = audited({".gitlab-ci.yml": "include:\n  - remote: 'https://x.example/ci.yml'\n",
                      ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/h\n  rev: v1\n"
                                                 "  hooks: [{id: a}]\n"
                                                 "- repo: local\n  hooks: []\n"})
    assert findings(result) == {"gitlab-remote-include", "pre-commit-unpinned"}
    assert {one.ecosystem for one in result.dependencies} == {"pipeline", "pre-commit"}


def test_git(audited: Auditing) -> None:
    result = audited({
        ".git/hooks/post-checkout": "#!/bin/sh\nx\n", ".git/hooks/pre-push.sample": "#!/bin/sh\n",
        ".git/objects/pack/config": "", ".husky/pre-commit": "npm test\n",
        ".git/config": '[core]\n\tfsmonitor = ./x.sh\n\thooksPath = .h\n\tbare = false\n[alias]\n\tst = status\n'
                       '\tx = !sh y\n[filter "lfs"] smudge = git-lfs smudge\n',
        ".gitattributes": "*.c filter=mine\n*.py diff=python\n*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".gitmodules": '[submodule "a"]\n\turl = git://x.example/a\n\tupdate = !evil\n'})
    assert {hook.how.partition(" =")[0] for one in result.dependencies for hook in one.hooks
            if hook.kind == "git-config"} == {"core.fsmonitor", "core.hookspath", "alias.x", "filter.smudge"}
    assert hooks(result, "post-checkout") == [
        ("git-hook", When.VCS, Certainty.CERTAIN, ".git/hooks/post-checkout", 1)]
    assert not hooks(result, "pre-push.sample")
    assert [hook[4] for hook in hooks(result, ".gitattributes")] == [1]
    assert findings(result) == {"plain-http-source", "git-submodule-command"}


@pytest.mark.parametrize(("line", "how"), [
    ("-include /etc/x.mk", "include /etc/x.mk (outside this tree)"),
    ("include a.mk # b", "include a.mk (not in this tree, or made by the build)"),
    ("V := $(shell git describe)", "as make reads the file: git describe"),
    ("X != date", "as make reads the file: date")])
def test_makefiles(audited: Auditing, line: str, how: str) -> None:
    result = audited({"Makefile": f"all:\n\techo $(shell id)\n{line}\n"})
    assert [(hook.how, hook.line) for one in result.dependencies for hook in one.hooks] == [(how, 3)]
