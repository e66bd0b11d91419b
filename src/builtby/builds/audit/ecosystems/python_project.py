"""A Python project's own code that runs: setup.py, the build backend and its hooks, conftest.py."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.python_names import distribution
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree

_INSTALLED = ("site-packages/", "dist-packages/", "node_modules/")
_LEGACY = "setuptools.build_meta:__legacy__"
_PINNED = re.compile(r"==|@\s")
_EXACT = re.compile(r"===?\s*([^\s*,;]+)(?=\s*(?:;|$))")
"""One version, and no pattern of versions."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_FETCHES = re.compile(
    r"\b(?:urlopen|urlretrieve|requests\.(?:get|post)|http\.client|socket\.(?:socket|create_connection))\b"
    r"|\bb64decode\b.*\bexec\b|\bexec\s*\(.*(?:b64decode|decompress|fromhex)")
_COMMIT = re.compile(r"@[0-9a-f]{40}\b")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
_ADDOPTS = re.compile(r"\s*addopts\s*=\s*(.*)")
_PLUGIN = re.compile(r"(?:^|[\s\"'])-p[\s\"',]*(?!no:)([\w.]+)")
_LONGEST = 4096
_RELEASE = re.compile(r"(.+)-(\d[\w.!+]*)")
"""How an sdist's folder is named."""
_COMMANDS = re.compile(r"\bcmdclass\s*=|\bcmdclass\b.*:")


def _own(name: str) -> Any:  # noqa: ANN401
    return lambda path: path.rpartition("/")[2] == name and not any(part in path for part in _INSTALLED)


def _project(path: str, tree: Tree, *hooks: Hook, name: str = "") -> Dependency:
    folder = PurePosixPath(path).parent
    if tree.package and (match := _RELEASE.fullmatch(path.partition("/")[0])):
        return distribution(match[1], match[2], path, *hooks)
    return distribution(name or (folder.name if str(folder) != "." else "project"), None, path, *hooks,
                        project=not tree.package)


def _deep(path: str, tree: Tree) -> bool:
    """Say whether a file lies deeper in a package than what builds it: in its tests, for instance."""
    return tree.package and (path.count("/") > 1 or _is_wheel(tree))


def _pyproject(path: str, tree: Tree) -> Iterator[Entry]:
    if _deep(path, tree):
        return
    document, text = read.toml(tree, path), tree.text(path)
    name = read.string(read.mapping(document.get("project")).get("name"))
    system = read.mapping(document.get("build-system"))
    if system:
        yield from _backend(system, path, tree, text, name)
    yield from uv_settings(read.mapping(read.mapping(document.get("tool")).get("uv")), path, text)
    if not tree.package and not any(tree.above(path, lock) for lock in _LOCKS):
        yield from _unlocked(document, path, text)
    hooks = tuple(_tool_hooks(read.mapping(document.get("tool")), path, text))
    if hooks:
        yield _project(path, tree, *hooks, name=name)


def _unlocked(document: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    """Yield what pyproject.toml depends on, where no lock file says it better."""
    project, places = read.mapping(document.get("project")), read.Places(text)
    groups = [project.get("dependencies"), *read.mapping(project.get("optional-dependencies")).values(),
              *read.mapping(document.get("dependency-groups")).values()]
    for requirement in filter(None, (read.string(one) for group in groups for one in read.items(group))):
        match = _NAME.match(requirement)
        line = places.line(requirement)
        direct = "@ git+" in requirement or "@git+" in requirement
        yield distribution(match[0] if match else requirement, None, path, Hook(
            kind="source-build", when=When.INSTALL, path=path, line=line,
            certainty=Certainty.CERTAIN if direct else Certainty.POSSIBLE,
            how="setup.py or the build backend of a git checkout" if direct else
            "setup.py or the build backend, when no wheel fits"))
        if direct and not _COMMIT.search(requirement):
            yield finding("python-vcs-unpinned", path, requirement, line)


def uv_settings(table: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    """Yield what uv's settings, of pyproject.toml or uv.toml, allow."""
    for name, rule, safe in (
            ("extra-index-url", "pip-extra-index", None), ("index-strategy", "uv-index-strategy", "first-index"),
            ("allow-insecure-host", "pip-trusted-host", None), ("no-binary", "pip-no-binary", None),
            ("no-binary-package", "pip-no-binary", None), ("no-build-isolation", "python-no-isolation", None)):
        value = read.mapping(table.get("pip")).get(name) or table.get(name)
        if value:
            yield setting(rule, path, safe=value == safe, value=f"{name} = {value}"[:200],
                          line=read.line_of(text, f"{name} ="))
    for index in read.objects(table.get("index")):
        if read.string(index.get("url")).startswith("http://"):
            yield setting("pip-plain-http", path, safe=False, value=read.string(index["url"]),
                          line=read.line_of(text, read.string(index["url"])))


def _uv_toml(path: str, tree: Tree) -> Iterator[Entry]:
    document = read.toml(tree, path)
    yield from uv_settings(document, path, tree.text(path))
    safe = document.get("no-build") is True
    yield setting("uv-no-build", path, safe=safe, value="no-build = true" if safe else None)


def _pytest(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield plugins that a configuration makes pytest load."""
    for number, line in read.lines(tree.text(path)):
        if match := _ADDOPTS.match(line):
            for plugin in _PLUGIN.findall(match[1]):
                yield _project(path, tree, Hook(kind="pytest-plugin", when=When.TEST, how=f"pytest -p {plugin}",
                                                path=path, line=number))


def _backend(system: dict[str, Any], path: str, tree: Tree, text: str, name: str) -> Iterator[Entry]:
    backend = read.string(system.get("build-backend")) or _LEGACY
    line = read.line_of(text, "[build-system]")
    places = [read.string(place) for place in read.items(system.get("backend-path"))]
    how = f"{backend} from {', '.join(places)} in the source tree" if places else backend
    yield _project(path, tree, Hook(kind="build-backend", when=When.BUILD, how=how, path=path, line=line), name=name)
    requires = [read.string(one) for one in read.items(system.get("requires"))]
    for requirement in filter(None, requires):
        match = _NAME.match(requirement)
        pinned = _EXACT.search(requirement)
        yield distribution(match[0] if match else requirement, pinned[1] if pinned else None, path, Hook(
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
    if _deep(path, tree):
        return
    text = tree.text(path)
    extra = ", with commands of its own (cmdclass)" if _COMMANDS.search(text) else ""
    yield _project(path, tree, Hook(kind="setup.py", when=When.INSTALL, how=f"python setup.py{extra}", path=path,
                                    line=1))
    for number, line in read.lines(text):
        if _FETCHES.search(line[:_LONGEST]):
            yield finding("hook-fetches", path, line.strip()[:200], number)


def _setup_cfg(path: str, tree: Tree) -> Iterator[Entry]:
    if _deep(path, tree):
        return
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
    yield _project(path, tree, Hook(kind="conftest.py", when=When.TEST, path=path, line=1,
                                    how="pytest imports it when it collects tests there"), name="project")


AUDITORS = (
    Auditor("pyproject.toml", _own("pyproject.toml"), _pyproject),
    Auditor("setup.py", _own("setup.py"), _setup_py),
    Auditor("setup.cfg", _own("setup.cfg"), _setup_cfg),
    Auditor("uv.toml", _own("uv.toml"), _uv_toml),
    Auditor("pytest's configuration", lambda path: path.rpartition("/")[2] in {
        "pytest.ini", "tox.ini", "pyproject.toml", "setup.cfg"} and not any(p in path for p in _INSTALLED), _pytest),
    Auditor("conftest.py", _own("conftest.py"), _conftest),
)
