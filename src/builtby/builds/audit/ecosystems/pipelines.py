"""GitLab CI, CircleCI and Azure Pipelines: images, and what pipelines take from elsewhere."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding
from builtby.builds.audit.ecosystems.images import image
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FULL = re.compile(r"\d+\.\d+\.\d+")


class _References(yaml.SafeLoader):
    """Safe, and takes GitLab's `!reference` as the list that it is written as."""


_References.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))  # type: ignore[arg-type]  # GitLab writes it before lists only


def _included(name: str, version: str, how: str, path: str, line: int | None) -> Dependency:
    return Dependency(ecosystem="pipeline", name=name, version=version or None, path=path, hooks=(Hook(
        kind="include", when=When.BUILD, how=how[:200], path=path, line=line),))


def _gitlab(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path, _References), tree.text(path)
    told = document.get("include")
    for entry in told if isinstance(told, list) else [told]:
        table = read.mapping(entry) or {"remote" if "://" in read.string(entry) else "local": read.string(entry)}
        yield from _gitlab_include(table, path, text)
    for job in (document, *map(read.mapping, read.mapping(document).values())):
        for value in (job.get("image"), *read.items(job.get("services"))):
            name = read.string(value) or read.string(read.mapping(value).get("name"))
            yield from image(name, path, read.line_of(text, name))


def _gitlab_include(table: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    remote, project = read.string(table.get("remote")), read.string(table.get("project"))
    component = read.string(table.get("component"))
    if remote:
        line = read.line_of(text, remote)
        yield _included(remote, "", f"include: {remote}", path, line)
        if not table.get("integrity"):
            yield finding("gitlab-remote-include", path, remote, line)
    elif project or component:
        name, _, version = component.rpartition("@") if component else (project, "", read.string(table.get("ref")))
        line = read.line_of(text, component or project)
        yield _included(name, version, f"include: {component or project}", path, line)
        if not _COMMIT.fullmatch(version):
            yield finding("pipeline-include-unpinned", path, f"{name} {version}".strip(), line)


def _circle(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    for value in read.mapping(document.get("orbs")).values():
        if told := read.string(value):
            name, _, version = told.partition("@")
            line = read.line_of(text, told)
            yield _included(name, version, f"the orb {told}", path, line)
            if not _FULL.fullmatch(version):
                yield finding("pipeline-include-unpinned", path, told, line)
    for table in ("jobs", "executors"):
        for job in map(read.mapping, read.mapping(document.get(table)).values()):
            for container in read.objects(job.get("docker")):
                name = read.string(container.get("image"))
                if "<<" not in name:
                    yield from image(name, path, read.line_of(text, name))


def _azure(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    resources = read.mapping(document.get("resources"))
    for repository in read.objects(resources.get("repositories")):
        name, reference = read.string(repository.get("name")), read.string(repository.get("ref"))
        line = read.line_of(text, name)
        yield _included(name, reference, f"templates of the repository {name}", path, line)
        if not _COMMIT.fullmatch(reference):
            yield finding("pipeline-include-unpinned", path, f"{name} {reference}".strip(), line)
    for container in read.objects(resources.get("containers")):
        name = read.string(container.get("image"))
        yield from image(name, path, read.line_of(text, name))


def _is_gitlab(path: str) -> bool:
    return path.endswith(".gitlab-ci.yml") or (path.startswith(".gitlab/") and path.endswith((".yml", ".yaml")))


AUDITORS = (
    Auditor("GitLab CI", _is_gitlab, _gitlab, projects=True),
    Auditor("CircleCI", lambda path: path.endswith((".circleci/config.yml", ".circleci/config.yaml")), _circle,
            projects=True),
    Auditor("Azure Pipelines", lambda path: path.rpartition("/")[2] in {
        "azure-pipelines.yml", "azure-pipelines.yaml"}, _azure, projects=True),
)
