"""package.json: scripts of the project and of what is installed, binding.gyp, and what may run with which tool."""

import re
from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.commands import suspicious
from builtby.builds.audit.ecosystems.npm_names import INSTALL_SCRIPTS, OWN_SCRIPTS, package, script
from builtby.builds.audit.model import Entry, Hook, When
from builtby.builds.audit.tree import Tree, Unreadable

_MODULES = "node_modules/"
_DECIDES = re.compile(r"^\s*(?:ignore-scripts|strict-allow-scripts)\s*=\s*true", re.MULTILINE)
_PACKED = "package/package.json"


def _audit(path: str, tree: Tree) -> Iterator[Entry]:
    installed = _MODULES in path or tree.package
    try:
        manifest = read.json(tree, path)
    except Unreadable:
        if installed and not _is_root(path) and path != _PACKED:  # packages carry broken manifests as test data
            return
        raise
    name, version = read.string(manifest.get("name")), read.string(manifest.get("version"))
    if installed and not ((_is_root(path) or path == _PACKED) and name and version):
        return
    hooks = tuple(_scripts(manifest, path, tree, OWN_SCRIPTS if not installed else INSTALL_SCRIPTS))
    yield package(name or "project", version, path, *hooks, project=not installed)
    for hook in hooks:
        if why := suspicious(hook.how):
            yield finding("hook-fetches", path, f"{name}: {hook.how[:200]} ({why})", hook.line)
    if not installed:
        yield from _allowed(manifest, path, tree)


def _is_root(path: str) -> bool:
    """Say whether it is the manifest of an installed package, not one that lies deeper in it."""
    inside = path.rpartition(_MODULES)[2].split("/")
    return len(inside) == (3 if inside[0].startswith("@") else 2)


def _scripts(manifest: dict[str, Any], path: str, tree: Tree, names: tuple[str, ...]) -> Iterator[Hook]:
    scripts, text = read.mapping(manifest.get("scripts")), tree.text(path)
    for name in names:
        if how := read.string(scripts.get(name)):
            yield script(f"{name}: {how}", path, read.line_of(text, f'"{name}"', max(text.find('"scripts"'), 0)))
    gyp = tree.beside(path, "binding.gyp")
    if gyp and manifest.get("gypfile") is not False and not (scripts.get("install") or scripts.get("preinstall")):
        yield script("node-gyp rebuild, for there is a binding.gyp", gyp, 1)
    elif manifest.get("gypfile") is True and not gyp:
        yield script("node-gyp rebuild (gypfile)", path, read.line_of(text, '"gypfile"'))


def _allowed(manifest: dict[str, Any], path: str, tree: Tree) -> Iterator[Entry]:
    yield from _lists(manifest, path, tree.text(path))
    yield from _manager(manifest, path, tree.text(path))
    if any(tree.beside(path, lock) for lock in ("package-lock.json", "npm-shrinkwrap.json")) or not any(
            tree.above(path, lock) for lock in ("pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb",
                                                "package-lock.json")):
        yield from _ignore_scripts(manifest, path, tree)


def _lists(manifest: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    """Yield the lists of those that may run install scripts."""
    pnpm = read.mapping(manifest.get("pnpm"))
    for key, value in (("trustedDependencies", manifest.get("trustedDependencies")),
                       ("onlyBuiltDependencies", pnpm.get("onlyBuiltDependencies"))):
        if isinstance(value, list):
            rule = "bun-trusted" if key == "trustedDependencies" else "pnpm-built"
            yield setting(rule, path, safe=True, line=read.line_of(text, f'"{key}"'),
                          value=f"{key}: {', '.join(map(read.string, value)) or 'none'}")
    if pnpm.get("dangerouslyAllowAllBuilds") is True:
        yield setting("pnpm-all-builds", path, safe=False, value="dangerouslyAllowAllBuilds: true",
                      line=read.line_of(text, '"dangerouslyAllowAllBuilds"'))


def _manager(manifest: dict[str, Any], path: str, text: str) -> Iterator[Entry]:
    """Yield what package.json makes corepack fetch and run, and hooks that are installed from it."""
    wanted = read.string(manifest.get("packageManager"))
    if wanted:
        yield setting("npm-corepack-hash", path, safe="+sha" in wanted, value=f"packageManager: {wanted}",
                      line=read.line_of(text, '"packageManager"'))
    hooks = read.mapping(manifest.get("simple-git-hooks")) or read.mapping(
        read.mapping(manifest.get("husky")).get("hooks"))
    told = tuple(Hook(kind="hook-manager", when=When.VCS, how=f"{name}: {read.string(command)}"[:200], path=path,
                      line=read.line_of(text, f'"{name}"')) for name, command in hooks.items() if read.string(command))
    if told:
        yield package(read.string(manifest.get("name")) or "project", read.string(manifest.get("version")), path,
                      *told, project=True)


def _ignore_scripts(manifest: dict[str, Any], path: str, tree: Tree) -> Iterator[Entry]:
    """Say whether npm runs install scripts; said by .npmrc itself where it names the setting."""
    has_packages = any(manifest.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))
    npmrc = tree.above(path, ".npmrc")
    if not has_packages or (npmrc and _DECIDES.search(tree.text(npmrc))):
        return
    listed = manifest.get("allowScripts")
    if isinstance(listed, dict):
        allowed = [name for name, value in read.mapping(listed).items() if value is True]
        yield setting("npm-strict-allow-scripts", npmrc or path, safe=False,
                      value=f"allowScripts: {', '.join(allowed) or 'none'}"[:200])
    else:
        yield setting("npm-ignore-scripts", npmrc or path, safe=False)


def _npmrc(path: str, tree: Tree) -> Iterator[Entry]:
    for number, line in read.lines(tree.text(path)):
        name, found, value = (part.strip() for part in line.partition("="))
        if not found or name.startswith(("#", ";")):
            continue
        lowered = value.lower()
        if name == "ignore-scripts":
            yield setting("npm-ignore-scripts", path, safe=lowered == "true", value=f"{name}={value}", line=number)
        elif name == "strict-ssl" and lowered == "false":
            yield setting("npm-strict-ssl", path, safe=False, value=f"{name}={value}", line=number)
        elif name.endswith("registry") and lowered.startswith("http://"):
            yield setting("npm-plain-http", path, safe=False, value=f"{name}={value}", line=number)
        elif name == "strict-allow-scripts":
            yield setting("npm-strict-allow-scripts", path, safe=lowered == "true", value=f"{name}={value}",
                          line=number)
        elif name == "dangerously-allow-all-scripts" and lowered == "true":
            yield setting("npm-all-scripts", path, safe=False, value=f"{name}={value}", line=number)
        elif name in {"allow-git", "allow-remote"} and lowered in {"all", "true"}:
            yield setting("npm-allow-remote", path, safe=False, value=f"{name}={value}", line=number)
        elif name == "package-lock" and lowered == "false":
            yield setting("npm-no-lock", path, safe=False, value=f"{name}={value}", line=number)
        elif name in {"script-shell", "node-options", "git", "init-module", "onload-script"}:
            yield setting("npm-runs-setting", path, safe=False, value=f"{name}={value}", line=number)


AUDITORS = (
    Auditor("package.json", lambda path: path.rpartition("/")[2] == "package.json", _audit),
    Auditor("binding.gyp", lambda path: path.rpartition("/")[2] == "binding.gyp", lambda _path, _tree: iter(())),
    Auditor(".npmrc", lambda path: path.rpartition("/")[2] == ".npmrc" and _MODULES not in path, _npmrc, projects=True),
)
