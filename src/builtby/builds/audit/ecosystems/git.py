"""Git: hooks, and what .git/config runs; hook managers."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree

_SECTION = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"((?:\\.|[^"\\])*)")?\s*\]')
_RUNS = {"core.hookspath", "core.fsmonitor", "core.sshcommand", "core.pager", "core.editor", "core.gitproxy",
         "core.askpass", "credential.helper", "diff.external", "gpg.program", "sequence.editor", "include.path",
         "filter.clean", "filter.smudge", "filter.process", "diff.command", "diff.textconv", "merge.driver",
         "includeif.path", "submodule.update", "uploadpack.packobjectshook"}
_HARMLESS = {"true", "false", "1", "0", ""}


def _git(path: str, *hooks: Hook) -> Dependency:
    return Dependency(ecosystem="git", name=PurePosixPath(path).name, path=path, hooks=hooks, project=True)


def _hook(path: str, tree: Tree) -> Iterator[Entry]:
    first = next((line.strip() for _, line in lines(tree.text(path)) if line.strip()), "")
    name = PurePosixPath(path).name
    yield _git(path, Hook(kind="git-hook", when=When.VCS, how=f"git runs it at {name} ({first[:80]})", path=path,
                          line=1))


def _config(path: str, tree: Tree) -> Iterator[Entry]:
    section = ""
    for number, line in lines(tree.text(path)):
        if match := _SECTION.match(line):
            section = match[1].lower()
            line = line[match.end() :]  # noqa: PLW2901  # git takes a key on the section's own line
        name, found, value = (part.strip() for part in line.partition("="))
        key = f"{section}.{name.lower()}"
        runs = key in _RUNS and value.lower() not in _HARMLESS and (key != "submodule.update" or value.startswith("!"))
        if found and (runs or (section == "alias" and value.startswith("!"))):
            yield setting("git-runs-program", path, safe=False, value=f"{section}.{name} = {value}"[:200], line=number)
            yield _git(path, Hook(kind="git-config", when=When.VCS, how=f"{key} = {value}"[:200], path=path,
                                  line=number))


def _attributes(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in lines(tree.text(path)):
        match = re.search(r"\b(?:filter|diff|merge)=([\w-]+)", line.partition("#")[0])
        if match and match[1] not in {"lfs", "union", "binary", "text"} and not _builtin(match[0]):
            yield _git(path, Hook(kind="git-attribute", when=When.VCS, path=path, line=number,
                                  certainty=Certainty.POSSIBLE,
                                  how=f"{match[0]}: the program that git's configuration names for it"))


def _builtin(attribute: str) -> bool:
    """Say whether it names a way of showing differences that git has itself: it runs nothing."""
    return attribute.startswith("diff=") and attribute[5:] in {
        "ada", "astextplain", "bash", "bibtex", "cpp", "csharp", "css", "dts", "elixir", "fortran", "fountain",
        "golang", "html", "java", "kotlin", "markdown", "matlab", "objc", "pascal", "perl", "php", "python",
        "ruby", "rust", "scheme", "tex"}


def _modules(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in lines(tree.text(path)):
        name, found, value = (part.strip() for part in line.partition("="))
        if found and name == "update" and value.startswith("!"):
            yield finding("git-submodule-command", path, line.strip(), number)
        elif found and name == "url" and value.startswith(("http://", "git://")):
            yield finding("plain-http-source", path, line.strip(), number)


def _is_hook(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return (folder.endswith((".git/hooks", ".githooks")) and not name.endswith(".sample")) or (
        folder.endswith(".husky") and "." not in name)


AUDITORS = (
    Auditor("git hook", _is_hook, _hook, projects=True),
    Auditor(".git/config", lambda path: path.endswith(".git/config"), _config, projects=True),
    Auditor(".gitattributes", named(".gitattributes"), _attributes, projects=True),
    Auditor(".gitmodules", named(".gitmodules"), _modules, projects=True),
)
