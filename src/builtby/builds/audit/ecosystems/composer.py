"""Composer: plugins and scripts, and which plugins may run."""

from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, named, setting
from builtby.builds.audit.model import Dependency, Entry, Hook, When
from builtby.builds.audit.purls import purl
from builtby.builds.audit.tree import Tree, Unreadable

_PLUGINS = {"composer-plugin", "composer-installer"}


def _package(name: str, version: str, path: str, *hooks: Hook, project: bool = False) -> Dependency:
    space, _, plain = name.rpartition("/")
    return Dependency(ecosystem="composer", name=name or "?", version=version or None, path=path, hooks=hooks,
                      project=project, purl=purl("composer", space or None, plain or "?", version or None))


def _lock(path: str, tree: Tree) -> Iterator[Entry]:
    lock, places = read.json(tree, path), read.Places(tree.text(path))
    if not isinstance(lock.get("packages"), list):
        raise Unreadable("no lock file of Composer: it lists no packages")
    for package in (*read.objects(lock["packages"]), *read.objects(lock.get("packages-dev"))):
        name = read.string(package.get("name"))
        hooks, line = [], places.line(f'"name": "{name}"')
        if package.get("type") in _PLUGINS:
            hooks.append(Hook(kind="composer-plugin", when=When.INSTALL, path=path, line=line,
                              how="a plugin: Composer loads it at every call, if allow-plugins lets it"))
        if files := read.items(read.mapping(package.get("autoload")).get("files")):
            hooks.append(Hook(kind="autoload-file", when=When.START, path=path, line=line,
                              how=f"every program that loads vendor/autoload.php runs {read.string(files[0])}"))
        yield _package(name, read.string(package.get("version")), path, *hooks)
        if read.string(read.mapping(package.get("dist")).get("url")).startswith("http://"):
            yield finding("plain-http-source", path, name, line)


def _manifest(path: str, tree: Tree) -> Iterator[Entry]:
    manifest, text = read.json(tree, path), tree.text(path)
    if "vendor/" in path:
        return
    hooks = []
    for name, value in read.mapping(manifest.get("scripts")).items():
        commands = [read.string(one) for one in read.items(value)] or [read.string(value)]
        if name.startswith(("pre-", "post-")):
            hooks.append(Hook(kind="composer-script", when=When.INSTALL, how=f"{name}: {'; '.join(commands)}"[:200],
                              path=path, line=read.line_of(text, f'"{name}"')))
    if hooks:
        yield _package(read.string(manifest.get("name")) or "project", "", path, *hooks, project=True)
    config = read.mapping(manifest.get("config"))
    allowed = config.get("allow-plugins")
    if allowed is True:
        yield setting("composer-allow-plugins", path, safe=False, value='"allow-plugins": true',
                      line=read.line_of(text, '"allow-plugins"'))
    elif isinstance(allowed, dict | bool):
        yield setting("composer-allow-plugins", path, safe="*" not in read.mapping(allowed),
                      value=f"allow-plugins: {', '.join(read.mapping(allowed)) or 'none'}"[:200],
                      line=read.line_of(text, '"allow-plugins"'))
    if config.get("secure-http") is False:
        yield setting("composer-plain-http", path, safe=False, value='"secure-http": false',
                      line=read.line_of(text, '"secure-http"'))


AUDITORS = (
    Auditor("composer.lock", named("composer.lock"), _lock, projects=True),
    Auditor("composer.json", named("composer.json"), _manifest),
)
