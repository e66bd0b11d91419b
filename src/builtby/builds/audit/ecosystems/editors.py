"""What editors, shells and agents run as a folder is opened: tasks, devcontainers, direnv, MCP servers, hooks."""

from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.commands import suspicious
from builtby.builds.audit.ecosystems.images import image
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree

_COMMANDS = ("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
             "postAttachCommand")
_PROGRAMS = ("git.path", "python.defaultInterpreterPath", "python.pythonPath", "typescript.tsdk", "eslint.nodePath",
             "eslint.runtime", "rust-analyzer.server.path", "rust-analyzer.check.overrideCommand",
             "go.alternateTools", "clangd.path", "php.validate.executablePath", "terminal.integrated.shell.linux",
             "terminal.integrated.automationProfile.linux", "deno.path", "biome.lsp.bin", "prettier.prettierPath")
"""Settings of a workspace that name a program which an extension then runs."""


def _opened(path: str, how: str, line: int | None, certainty: Certainty = Certainty.CERTAIN) -> Dependency:
    return Dependency(ecosystem="editor", name="project", path=path, project=True, hooks=(Hook(
        kind="editor", when=When.OPEN, how=how[:200], path=path, line=line, certainty=certainty),))


def _tasks(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.json(tree, path, loose=True), tree.text(path)
    for task in read.objects(document.get("tasks")):
        label = read.string(task.get("label") or task.get("taskName"))
        command = " ".join([read.string(task.get("command") or task.get("script")),
                            *(read.string(one) for one in read.items(task.get("args")))]).strip()
        if read.mapping(task.get("runOptions")).get("runOn") == "folderOpen":
            line = read.line_of(text, "folderOpen")
            yield _opened(path, f"VS Code runs the task {label} as the folder is opened: {command}", line)
            yield finding("editor-runs-on-open", path, f"{label}: {command}"[:200], line)
            if why := suspicious(command):
                yield finding("hook-fetches", path, f"{command[:200]} ({why})", line)


def _settings(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.json(tree, path, loose=True), tree.text(path)
    for name in _PROGRAMS:
        if value := document.get(name):
            yield _opened(path, f"{name} = {value}", read.line_of(text, f'"{name}"'), Certainty.POSSIBLE)
    if document.get("task.allowAutomaticTasks") in {"on", True}:
        yield setting("editor-automatic-tasks", path, safe=False, value='"task.allowAutomaticTasks": "on"',
                      line=read.line_of(text, "task.allowAutomaticTasks"))


def _devcontainer(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.json(tree, path, loose=True), tree.text(path)
    for name in _COMMANDS:
        for command in _commands(document.get(name)):
            where = "on your own machine, before the container is there" if name == "initializeCommand" else (
                "in the container")
            line = read.line_of(text, f'"{name}"')
            yield _opened(path, f"{name}, {where}: {command}", line)
            if why := suspicious(command):
                yield finding("hook-fetches", path, f"{name}: {command[:200]} ({why})", line)
    if name := read.string(document.get("image")):
        yield from image(name, path, read.line_of(text, '"image"'))
    for name in read.mapping(document.get("features")):
        yield from _feature(name, path, read.line_of(text, f'"{name}"'))


def _feature(name: str, path: str, line: int | None) -> Iterator[Entry]:
    if name.startswith("./"):
        return
    plain, _, digest = name.partition("@")
    plain, _, version = plain.rpartition(":") if ":" in plain.rpartition("/")[2] else (plain, "", "")
    yield Dependency(ecosystem="image", name=plain, version=digest or version or None, path=path,
                     purl=purl("oci", None, plain.rpartition("/")[2], digest or None), hooks=(Hook(
                         kind="image", when=When.BUILD, path=path, line=line,
                         how=f"the devcontainer feature {name}: its install.sh runs as root"),))
    if not digest:
        yield finding("image-unpinned", path, name, line)


def _commands(value: object) -> list[str]:
    """Return the commands of a property, which may be a text, a list of words, or several of them by name."""
    if isinstance(value, dict):
        return [command for one in value.values() for command in _commands(one)]
    words = [read.string(one) for one in read.items(value)]
    return [" ".join(words)] if words else [read.string(value)] if read.string(value) else []


def _servers(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield the programs that an agent starts as MCP servers."""
    document, text = read.json(tree, path, loose=True), tree.text(path)
    for table in ("mcpServers", "servers"):
        for name, value in read.mapping(document.get(table)).items():
            server = read.mapping(value)
            command = " ".join([read.string(server.get("command")),
                                *(read.string(one) for one in read.items(server.get("args")))]).strip()
            if command:
                yield _opened(path, f"the MCP server {name}, once you trust it: {command}",
                              read.line_of(text, f'"{name}"'), Certainty.POSSIBLE)


def _agent(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield commands that an agent's settings make it run at events."""
    document, text = read.json(tree, path, loose=True), tree.text(path)
    for event, entries in read.mapping(document.get("hooks")).items():
        for command in _hook_commands(entries):
            line = read.line_of(text, f'"{event}"')
            yield _opened(path, f"the agent runs at {event}, once you trust the folder: {command}", line)
            yield finding("agent-hook", path, f"{event}: {command}"[:200], line)


def _hook_commands(value: object, depth: int = 0) -> Iterator[str]:
    if depth > 5:
        return
    for entry in read.items(value):
        told: dict[str, Any] = read.mapping(entry)
        if command := read.string(told.get("command")):
            yield command
        yield from _hook_commands(told.get("hooks"), depth + 1)


def _shell(path: str, tree: Tree) -> Iterator[Entry]:
    first = next((line.strip() for _, line in read.lines(tree.text(path))
                  if line.strip() and not line.lstrip().startswith("#")), "")
    if first:
        yield _opened(path, f"direnv runs it in your shell, once you allow it ({first[:80]})", 1, Certainty.POSSIBLE)


def _gitpod(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    for task in read.objects(document.get("tasks")):
        for name in ("before", "init", "command"):
            if command := read.string(task.get(name)):
                yield _opened(path, f"Gitpod runs {name}: {command.strip()}", read.line_of(text, f"{name}:"))
    if name := read.string(document.get("image")):
        yield from image(name, path, read.line_of(text, "image:"))


def _is(*ends: str) -> Any:  # noqa: ANN401
    below = tuple(f"/{end}" for end in ends)
    return lambda path: (path in ends or path.endswith(below)) and "node_modules/" not in path


def _is_devcontainer(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == ".devcontainer.json" or (name == "devcontainer.json" and ".devcontainer/" in path)


AUDITORS = (
    Auditor("VS Code tasks", _is(".vscode/tasks.json"), _tasks, projects=True),
    Auditor("VS Code settings", _is(".vscode/settings.json"), _settings, projects=True),
    Auditor("devcontainer", _is_devcontainer, _devcontainer, projects=True),
    Auditor("MCP servers", _is(".mcp.json", ".vscode/mcp.json", ".cursor/mcp.json", ".gemini/settings.json"), _servers,
            projects=True),
    Auditor("agent hooks", _is(".claude/settings.json", ".claude/settings.local.json", ".cursor/hooks.json",
                               ".gemini/settings.json"), _agent, projects=True),
    Auditor(".envrc", _is(".envrc"), _shell, projects=True),
    Auditor(".gitpod.yml", _is(".gitpod.yml"), _gitpod, projects=True),
)
