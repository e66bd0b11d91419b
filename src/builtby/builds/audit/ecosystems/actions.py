"""GitHub Actions and pre-commit: code of others that runs in a pipeline, and whether it is pinned."""

import re
from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.ecosystems.images import image
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree

_USES = re.compile(r"^\s*(?:-\s+)?[\"']?uses[\"']?\s*:\s*[\"']?([^\s\"'#]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_UNTRUSTED = re.compile(
    r"\$\{\{\s*github\.(?:event\.(?:issue|pull_request|comment|review|discussion|head_commit)\b[^}]*"
    r"\.(?:title|body|message|ref|label|name|email)|head_ref)\b[^}]*\}\}")
_OWN = {"actions", "github"}
_SAME = ("./", "../", "$/")
"""How what stands in the same repository begins."""


def _workflow(path: str, tree: Tree) -> Iterator[Entry]:
    text, document = tree.text(path), read.yaml_(tree, path)
    for number, line in read.lines(text):
        if match := _USES.match(line):
            yield from _uses(match[1], path, number)
    triggers = document.get("on", document.get(True))  # YAML 1.1 reads `on` as true
    names = set(read.mapping(triggers)) | {read.string(one) for one in read.items(triggers)} | {read.string(triggers)}
    jobs = read.mapping(document.get("jobs"))
    if "pull_request_target" in names:
        yield from _strangers(jobs, path, text)
    if jobs:
        yield from _images(jobs, path, text)
        yield from _permissions(document.get("permissions"), jobs, path, text)
        yield from _injected(jobs, path, text)


def _uses(action: str, path: str, number: int) -> Iterator[Entry]:
    if action.startswith(_SAME) or "${{" in action:
        return
    if action.startswith("docker://"):
        yield from image(action.removeprefix("docker://"), path, number, "an action is run in it")
        return
    name, _, version = action.removeprefix("docker://").partition("@")
    space, _, plain = name.rpartition("/")
    yield Dependency(
        ecosystem="github-actions", name=name, version=version or None, path=path,
        purl=purl("githubactions", space or None, plain or "?", version or None),
        hooks=(Hook(kind="action", when=When.BUILD, how=f"uses: {action}", path=path, line=number),))
    if not _COMMIT.fullmatch(version.removeprefix("sha256:")):
        own = space.partition("/")[0] in _OWN or name.partition("/")[0] in _OWN
        yield finding("actions-unpinned-own" if own else "actions-unpinned", path, action, number)


def _images(jobs: dict[str, object], path: str, text: str) -> Iterator[Entry]:
    """Yield the containers in which jobs run, and those beside them."""
    for job in map(read.mapping, jobs.values()):
        for told in (job.get("container"), *read.mapping(job.get("services")).values()):
            name = read.string(told) or read.string(read.mapping(told).get("image"))
            yield from image(name, path, read.line_of(text, name))
        if job.get("secrets") == "inherit" and not read.string(job.get("uses")).startswith(_SAME):
            yield finding("actions-secrets-inherit", path, read.string(job.get("uses")),
                          read.line_of(text, read.string(job.get("uses"))))


def _permissions(permissions: object, jobs: dict[str, object], path: str, text: str) -> Iterator[Entry]:
    everywhere = all("permissions" in read.mapping(job) for job in jobs.values())
    line = read.line_of(text, "permissions")
    if permissions == "write-all":
        yield setting("actions-permissions", path, safe=False, value="permissions: write-all", line=line)
    elif permissions is None and not everywhere:
        yield setting("actions-permissions", path, safe=False)


def _strangers(jobs: dict[str, object], path: str, text: str) -> Iterator[Entry]:
    """Yield the steps that check out what a pull request brings."""
    for job in jobs.values():
        for step in read.objects(read.mapping(job).get("steps")):
            reference = read.string(read.mapping(step.get("with")).get("ref"))
            if "checkout" in read.string(step.get("uses")) and re.search(r"pull_request\.head|head_ref", reference):
                yield finding("actions-pull-request-target", path, f"it checks out {reference}",
                              read.line_of(text, reference))


def _injected(jobs: dict[str, object], path: str, text: str) -> Iterator[Entry]:
    for job in jobs.values():
        for step in read.objects(read.mapping(job).get("steps")):
            if match := _UNTRUSTED.search(read.string(step.get("run"))):
                yield finding("actions-injection", path, match[0], read.line_of(text, match[0]))


def _pre_commit(path: str, tree: Tree) -> Iterator[Entry]:
    text, document = tree.text(path), read.yaml_(tree, path)
    for repository in read.objects(document.get("repos")):
        if repository.get("repo") == "local":
            yield from _local(repository, path, text)
        address, revision = read.string(repository.get("repo")), read.string(repository.get("rev"))
        if address in {"local", "meta", ""}:
            continue
        hooks = ", ".join(read.string(hook.get("id")) for hook in read.objects(repository.get("hooks")))
        line = read.line_of(text, f"{address}\n")
        yield Dependency(ecosystem="pre-commit", name=address, version=revision or None, path=path, hooks=(Hook(
            kind="pre-commit", when=When.VCS, how=f"hooks {hooks}", path=path, line=line),))
        if not _COMMIT.fullmatch(revision):
            yield finding("pre-commit-unpinned", path, f"{address} {revision}", line)


def _local(repository: dict[str, object], path: str, text: str) -> Iterator[Entry]:
    """Yield the hooks that the repository has itself, and what is installed for them."""
    for hook in read.objects(repository.get("hooks")):
        name, entry = read.string(hook.get("id")), read.string(hook.get("entry"))
        added = [read.string(one) for one in read.items(hook.get("additional_dependencies"))]
        installed = f", with {', '.join(added)}" if added else ""
        yield Dependency(ecosystem="pre-commit", name=name or "local", path=path, project=True, hooks=(Hook(
            kind="hook-manager", when=When.VCS, how=f"{entry}{installed}"[:200], path=path,
            line=read.line_of(text, f"id: {name}")),))


def _is_workflow(path: str) -> bool:
    return path.endswith((".yml", ".yaml")) and ".github/workflows/" in path and "node_modules/" not in path


def _is_action(path: str) -> bool:
    return "node_modules/" not in path and path.rpartition("/")[2] in {"action.yml", "action.yaml"}


def _action(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        if match := _USES.match(line):
            yield from _uses(match[1], path, number)


AUDITORS = (
    Auditor("workflow", _is_workflow, _workflow, projects=True),
    Auditor("action.yml", _is_action, _action, projects=True),
    Auditor("pre-commit", named(".pre-commit-config.yaml"), _pre_commit, projects=True),
)
