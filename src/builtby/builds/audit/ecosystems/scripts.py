"""Scripts, Dockerfiles, workflows and files of variables: commands and variables that let the code of others run."""

from collections.abc import Iterator

from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.commands import found, tables
from builtby.builds.audit.model import Entry, Skipped
from builtby.builds.audit.tree import Tree

_MOST = 2 << 20
"""Characters of a script; none that people write is longer."""
_INSTALLED = ("site-packages/", "dist-packages/", "node_modules/", "vendor/", "testdata/")
_VARIABLES = {".env", ".envrc", "go.env"}
_CI = {".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile", ".travis.yml", "bitbucket-pipelines.yml"}


def _is_script(path: str) -> bool:
    if any(part in path for part in _INSTALLED):
        return False
    name = path.rpartition("/")[2]
    return (name in _CI or name.startswith(("Dockerfile", "Containerfile")) or name.endswith((".dockerfile", ".sh"))
            or name in {"Makefile", "GNUmakefile", "makefile"} or _is_workflow(path))


def _is_workflow(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and (".github/workflows/" in path or ".circleci/" in path)


def _is_variables(path: str) -> bool:
    return path.rpartition("/")[2] in _VARIABLES or path.endswith("go/env")


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    known, text = tables(), tree.text(path)
    if len(text) > _MOST:
        yield Skipped(path=path, reason=f"only the first {_MOST >> 20} MiB were looked at")
        text = text[:_MOST]
    for pattern, number, line in found(text, (*known.command, *known.environment)):
        if pattern.setting:
            yield setting(pattern.rule, path, safe=False, value=line, line=number)
        else:
            yield finding(pattern.rule, path, line, number)
    for pattern, number, line in found(text, known.safe):
        yield setting(pattern.rule, path, safe=True, value=line, line=number)


AUDITORS = (Auditor("script", lambda path: _is_script(path) or _is_variables(path), _audit, projects=True),)
