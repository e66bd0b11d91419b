"""A Python project's own code that runs: setup.py, the build backend and its hooks, conftest.py."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.python_names import distribution
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_INSTALLED = ("site-packages/", "dist-packages/", "node_modules/")
_LEGACY = "setuptools.build_meta:__legacy__"
_PINNED = re.compile(r"==|@\s")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FETCHES = re.compile(
    r"\b(?:urlopen|urlretrieve|requests\.(?:get|post)|http\.client|socket\.(?:socket|create_connection))\b"
    r"|\bb64decode\b.*\bexec\b|\bexec\s*\(.*(?:b64decode|decompress|fromhex)")
_COMMANDS = re.compile(r"\bcmdclass\s*=|\bcmdclass\b.*:")


def _own(name: str) -> Any:  # noqa: ANN401
    return lambda path: path.rpartition("/")[2] == name and not any(part in path for part in _INSTALLED)


def _project(path: str, tree: Tree, *hooks: Hook, name: str = "") -> Dependency:
    folder = PurePosixPath(path).parent
    return distribution(name or (folder.name if str(folder) != "." else "project"), None, path, *hooks, project=True)


def _pyproject(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.toml(tree, path), tree.text(path)
    name = read.string(read.mapping(document.get("project")).get("name"))
    system = read.mapping(document.get("build-system"))
    if system:
        yield from _backend(system, path, tree, text, name)
    hooks = tuple(_tool_hooks(read.mapping(document.get("tool")), path, text))
    if hooks:
        yield _project(path, tree, *hooks, name=name)


def _backend(system: dict[str, Any], path: str, tree: Tree, text: str, name: str) -> Iterator[Entry]:
    backend = read.string(system.get("build-backend")) or _LEGACY
    line = read.line_of(text, "[build-system]")
    places = [read.string(place) for place in read.items(system.get("backend-path"))]
    how = f"{backend} from {', '.join(places)} in the source tree" if places else backend
    yield _project(path, tree, Hook(kind="build-backend", when=When.BUILD, how=how, path=path, line=line), name=name)
    requires = [read.string(one) for one in read.items(system.get("requires"))]
    for requirement in filter(None, requires):
        match = _NAME.match(requirement)
        yield distribution(match[0] if match else requirement, None, path, Hook(
            kind="build-requirement", when=When.BUILD, how=f"in the build environment: {requirement}", path=path,
            line=read.line_of(text, requirement)))
    loose = [one for one in requires if not _PINNED.search(one)]
    if requires:
        yield setting("python-build-requirements", path, safe=not loose, line=line,
                      value=f"requires = {requires}"[:200])


def _tool_hooks(tool: dict[str, Any], path: str, text: str) -> Iterator[Hook]:
    found = {
        "tool.hatch.build.hooks": ", ".join(_hatch(read.mapping(read.mapping(tool.get("hatch")).get("build")))),
        "tool.poetry.build": _script(read.mapping(tool.get("poetry")).get("build")),
        "tool.pdm.build": read.string(read.mapping(read.mapping(tool.get("pdm")).get("build")).get("run-setuptools"))
        or read.string(read.mapping(read.mapping(tool.get("pdm")).get("build")).get("custom-hook")),
        "tool.setuptools.cmdclass": ", ".join(read.mapping(read.mapping(tool.get("setuptools")).get("cmdclass"))),
    }
    for table, how in found.items():
        if how:
            yield Hook(kind="build-hook", when=When.BUILD, how=f"{table}: {how}", path=path,
                       line=read.line_of(text, f"[{table}"))


def _hatch(build: dict[str, Any]) -> list[str]:
    hooks = list(read.mapping(build.get("hooks")))
    for target in read.mapping(build.get("targets")).values():
        hooks += read.mapping(read.mapping(target).get("hooks"))
    return hooks


def _script(value: object) -> str:
    return read.string(value) or read.string(read.mapping(value).get("script"))


def _is_wheel(tree: Tree) -> bool:
    """Say whether it is a wheel: what lies in one is copied, and no setup.py in it runs."""
    if not tree.package:
        return False
    if "wheel" not in tree.memory:
        tree.memory["wheel"] = any(path.endswith(".dist-info/RECORD") and path.count("/") == 1 for path in tree.files)
    return bool(tree.memory["wheel"])


def _setup_py(path: str, tree: Tree) -> Iterator[Entry]:
    if _is_wheel(tree):
        return
    text = tree.text(path)
    extra = ", with commands of its own (cmdclass)" if _COMMANDS.search(text) else ""
    yield _project(path, tree, Hook(kind="setup.py", when=When.INSTALL, how=f"python setup.py{extra}", path=path,
                                    line=1))
    for number, line in read.lines(text):
        if _FETCHES.search(line):
            yield finding("hook-fetches", path, line.strip()[:200], number)


def _setup_cfg(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        name, found, value = (part.strip() for part in line.partition("="))
        if found and name == "setup_requires":
            yield finding("python-setup-requires", path, line.strip(), number)
        elif found and name in {"cmdclass", "commands"}:
            yield _project(path, tree, Hook(kind="build-hook", when=When.BUILD, how=f"{name} = {value}", path=path,
                                            line=number))


def _conftest(path: str, tree: Tree) -> Iterator[Entry]:
    if _is_wheel(tree):
        return
    yield distribution("project", None, path, Hook(
        kind="conftest.py", when=When.TEST, how="pytest imports it when it collects tests there", path=path, line=1
        ), project=True)


AUDITORS = (
    Auditor("pyproject.toml", _own("pyproject.toml"), _pyproject),
    Auditor("setup.py", _own("setup.py"), _setup_py),
    Auditor("setup.cfg", _own("setup.cfg"), _setup_cfg),
    Auditor("conftest.py", _own("conftest.py"), _conftest),
)
