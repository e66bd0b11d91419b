"""Bun: its lock file, and what bunfig.toml makes it load."""

from collections.abc import Iterator

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, setting
from builtby.builds.audit.ecosystems.npm_names import package, script
from builtby.builds.audit.model import Certainty, Entry, Hook, When
from builtby.builds.audit.tree import Tree, Wanted

_MODULES = "node_modules/"


def _bun(path: str, tree: Tree) -> Iterator[Entry]:
    lock, text = read.json(tree, path, loose=True), tree.text(path)
    places = read.Places(text)
    listed = isinstance(lock.get("trustedDependencies"), list)
    trusted = {read.string(one) for one in read.items(lock.get("trustedDependencies"))}
    for key, value in read.mapping(lock.get("packages")).items():
        parts = read.items(value)
        full = read.string(parts[0]) if parts else ""
        name, _, version = full.rpartition("@")
        line = places.line(f'"{key}": [')
        if name in trusted:
            hooks = [script("install scripts: it stands in trustedDependencies", path, line)]
        else:  # without a list Bun trusts one that it brings along
            hooks = [] if listed else [script("install scripts, if Bun's own list of trusted packages has it", path,
                                              line, Certainty.UNKNOWN)]
        yield package(name or key, version, path, *hooks)


def _config(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.toml(tree, path), tree.text(path)
    for table in ("", "test"):
        value = document.get("preload") if not table else read.mapping(document.get(table)).get("preload")
        for name in [read.string(one) for one in read.items(value)] or [read.string(value)]:
            if name:
                yield package("project", "", path, Hook(
                    kind="package-manager", when=When.TEST if table else When.START, path=path,
                    how=f"Bun loads {name} first", line=read.line_of(text, "preload")), project=True)
    install = read.mapping(document.get("install"))
    if "ignoreScripts" in install:
        yield setting("bun-ignore-scripts", path, safe=install["ignoreScripts"] is True,
                      value=f"ignoreScripts = {install['ignoreScripts']}", line=read.line_of(text, "ignoreScripts"))


def _named(*names: str) -> Wanted:
    return lambda path: path.rpartition("/")[2] in names and _MODULES not in path


AUDITORS = (
    Auditor("bun.lock", _named("bun.lock"), _bun, projects=True),
    Auditor("bunfig.toml", _named("bunfig.toml"), _config, projects=True),
)
