"""Lefthook: commands that it runs at git's hooks, and configurations that it takes from elsewhere."""

from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_FILES = [f"{dot}lefthook{local}.{end}" for dot in ("", ".") for local in ("", "-local") for end in ("yml", "yaml")]
_DEEPEST = 5


def _lefthook(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    for name, value in read.mapping(document).items():
        table = read.mapping(value)
        hooks = [Hook(kind="hook-manager", when=When.VCS, how=f"{name}: {command}"[:200], path=path,
                      line=read.line_of(text, command.splitlines()[0]))
                 for command in _commands(table) if command.strip()]
        if hooks:
            yield Dependency(ecosystem="git", name="lefthook", path=path, project=True, hooks=tuple(hooks))
    remotes = [read.mapping(document.get("remote")), *read.objects(document.get("remotes"))]
    for remote in filter(None, remotes):
        address, reference = read.string(remote.get("git_url")), read.string(remote.get("ref"))
        line = read.line_of(text, address)
        yield Dependency(ecosystem="git", name=address, version=reference or None, path=path, hooks=(Hook(
            kind="hook-manager", when=When.VCS, how="lefthook takes hooks from it", path=path, line=line),))
        if len(reference) != 40:
            yield finding("pre-commit-unpinned", path, f"{address} {reference}", line)


def _commands(table: dict[str, Any]) -> Iterator[str]:
    """Yield the commands of one of git's hooks, in any of lefthook's forms."""
    yield from _jobs(table.get("jobs"), 0)
    for one in read.mapping(table.get("commands")).values():
        yield read.string(read.mapping(one).get("run"))
    yield from read.mapping(table.get("scripts"))


def _jobs(value: object, depth: int) -> Iterator[str]:
    for job in read.objects(value):
        yield read.string(job.get("run") or job.get("script"))
        if depth < _DEEPEST:
            yield from _jobs(read.mapping(job.get("group")).get("jobs"), depth + 1)


AUDITORS = (Auditor("lefthook", named(*_FILES), _lefthook, projects=True),)
