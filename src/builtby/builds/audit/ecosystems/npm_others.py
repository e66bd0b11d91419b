"""Lock files and settings of pnpm and Yarn."""

import re
from collections.abc import Iterator
from typing import Any

from builtby.builds.audit import read
from builtby.builds.audit.base import Auditor, finding, setting
from builtby.builds.audit.ecosystems.npm_names import GIT, ignoring, package, prevented, script, untold
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.tree import Tree, Unreadable, Wanted

_PNPM_KEY = re.compile(r"/?(?P<name>(?:@[^/@]+/)?[^/@]+)[@/](?P<version>[^(_]+)")
_YARN_KEY = re.compile(r'"?((?:@[^/@"]+/)?[^@"]+)@([^",]*)')
_FIELD = re.compile(r'  "?(version|resolved|integrity)"? "?([^"]+)"?')
_MODULES = "node_modules/"


def _pnpm(path: str, tree: Tree) -> Iterator[Entry]:
    lock, text = read.yaml_(tree, path), tree.text(path)
    if "lockfileVersion" not in lock:
        raise Unreadable("no lock file of pnpm: it has no lockfileVersion")
    tells, places = "requiresBuild:" in text, read.Places(text)
    allowed, off = _allowed(path, tree), ignoring(path, tree)
    for key, value in read.mapping(lock.get("packages")).items():
        match, entry = _PNPM_KEY.match(key), read.mapping(value)
        if match is None:
            continue
        name = read.string(entry.get("name")) or match["name"]
        version = read.string(entry.get("version")) or match["version"]
        line = places.line(f"\n  '{key}':" if key.startswith("@") else f"\n  {key}:", 1)
        yield _built(name, version, path, line, tells=tells, built=entry.get("requiresBuild") is True,
                     allowed=allowed, off=off)
        resolution = read.mapping(entry.get("resolution"))
        if resolution.get("tarball") and not resolution.get("integrity"):
            yield finding("npm-no-integrity", path, name, line)
    if not any(tree.beside(path, name) for name in ("pnpm-workspace.yaml", "pnpm-workspace.yml")):
        yield setting("pnpm-built", path, safe=False)


def _built(name: str, version: str, path: str, line: int | None, *, tells: bool, built: bool,
           allowed: frozenset[str] | None, off: str) -> Dependency:
    """Return a package; `allowed` are those that may run install scripts, None where no list says so."""
    if tells and not built:
        return package(name, version, path)
    hook = script("an install script (requiresBuild)", path, line) if built else untold(path, line)
    if allowed is not None and name not in allowed:
        return package(name, version, path, *((prevented(hook, "the list of allowed builds"),) if built else ()))
    if allowed is not None and not built:
        hook = script("an install script: it stands in the list of allowed builds", path, line, Certainty.POSSIBLE)
    return package(name, version, path, prevented(hook, off))


def _allowed(path: str, tree: Tree) -> frozenset[str] | None:
    """Return whom pnpm's configuration lets run install scripts, None when it does not say."""
    tables: list[dict[str, Any]] = []
    try:
        found = (tree.beside(path, name) for name in ("pnpm-workspace.yaml", "pnpm-workspace.yml"))
        tables.extend(read.mapping(read.yaml_(tree, place)) for place in found if place)
        if place := tree.beside(path, "package.json"):
            tables.append(read.mapping(read.json(tree, place).get("pnpm")))
    except Unreadable:  # said where that file itself is read
        return None
    lists = [table[name] for table in tables for name in ("onlyBuiltDependencies", "allowBuilds") if name in table]
    if not lists or any(table.get("dangerouslyAllowAllBuilds") is True for table in tables):
        return None
    return frozenset(name.partition("@")[0] if not name.startswith("@") else "@" + name[1:].partition("@")[0]
                     for one in lists for name in _named_in(one))


def _named_in(value: object) -> list[str]:
    return [name for name, allowed in read.mapping(value).items() if allowed is True] or [
        read.string(one) for one in read.items(value)]


def _workspace(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    listed = document.get("onlyBuiltDependencies") or document.get("allowBuilds")
    names = list(read.mapping(listed)) or [read.string(one) for one in read.items(listed)]
    yield setting("pnpm-built", path, safe=isinstance(listed, list | dict) or "onlyBuiltDependencies" in document,
                  value=f"builds allowed for: {', '.join(names) or 'none'}" if names else None,
                  line=read.line_of(text, "onlyBuiltDependencies") or read.line_of(text, "allowBuilds"))
    if document.get("dangerouslyAllowAllBuilds") is True:
        yield setting("pnpm-all-builds", path, safe=False, value="dangerouslyAllowAllBuilds: true",
                      line=read.line_of(text, "dangerouslyAllowAllBuilds"))
    for name, version in read.mapping(document.get("configDependencies")).items():
        entry = read.string(version) or read.string(read.mapping(version).get("integrity"))
        yield package(name, entry.partition("+")[0], path, Hook(
            kind="package-manager", when=When.INSTALL, path=path, line=read.line_of(text, name),
            how="a config dependency: pnpm fetches it first and loads its pnpmfile"))


def _pnpmfile(path: str, tree: Tree) -> Iterator[Entry]:
    yield package("project", "", path, Hook(kind="package-manager", when=When.INSTALL, path=path, line=1,
                                            how="pnpm loads it at every install, ignore-scripts or not"), project=True)


def _yarn(path: str, tree: Tree) -> Iterator[Entry]:
    text = tree.text(path)
    if "__metadata:" in text:
        yield from _berry(path, tree, text)
    elif "# yarn lockfile v1" in text[:400] or re.search(r"^\S.*@.*:$", text, re.MULTILINE):
        npmrc = tree.beside(path, ".yarnrc")
        found = re.search(r"^ignore-scripts\s+(\w+)", tree.text(npmrc), re.MULTILINE) if npmrc else None
        safe = found is not None and found[1] == "true"
        yield from _classic(path, text, f"{found[0]} in {npmrc}" if safe and found else "")
        yield setting("yarn-ignore-scripts", npmrc or path, safe=safe, value=found[0] if found else None)
    else:
        raise Unreadable("no lock file of Yarn")


def _classic(path: str, text: str, off: str) -> Iterator[Entry]:
    name, line, fields = "", 0, dict[str, str]()
    for number, row in [*read.lines(text), (0, "end@:")]:
        if row.endswith(":") and not row.startswith((" ", "#")):
            if name:
                yield from _classic_entry(name, fields, path, line, off)
            key = _YARN_KEY.match(row)
            name, line, fields = (key[1] if key else ""), number, {}
        elif match := _FIELD.fullmatch(row):
            fields[match[1]] = match[2]


def _classic_entry(name: str, fields: dict[str, str], path: str, line: int, off: str) -> Iterator[Entry]:
    address = fields.get("resolved", "")
    git = GIT.match(address)
    hook = script("prepare and install scripts of a git checkout", path, line) if git else untold(path, line)
    yield package(name, fields.get("version", ""), path, prevented(hook, off))
    if address.startswith("http://"):
        yield finding("plain-http-source", path, f"{name}: {address}", line)
    if address and "integrity" not in fields and "#" not in address:
        yield finding("npm-no-integrity", path, name, line)


def _berry(path: str, tree: Tree, text: str) -> Iterator[Entry]:
    places, off = read.Places(text), _disabled(path, tree)
    for key, value in read.mapping(read.yaml_(tree, path)).items():
        match, entry = _YARN_KEY.match(key), read.mapping(value)
        if match is None or "@workspace:" in key:
            continue
        line = places.line(key)
        yield package(match[1], read.string(entry.get("version")), path, prevented(untold(path, line), off))
        if entry.get("linkType") == "hard" and not entry.get("checksum") and "@npm:" in key and not entry.get(
                "conditions"):
            yield finding("npm-no-integrity", path, match[1], line)
    if not tree.beside(path, ".yarnrc.yml"):
        yield setting("yarn-enable-scripts", path, safe=False)


def _disabled(path: str, tree: Tree) -> str:
    """Return the setting by which Yarn runs no install scripts; empty when there is none."""
    place = tree.beside(path, ".yarnrc.yml")
    try:
        off = place and read.yaml_(tree, place).get("enableScripts") is False
    except Unreadable:  # said where that file itself is read
        return ""
    return f"enableScripts: false in {place}" if off else ""


def _yarnrc(path: str, tree: Tree) -> Iterator[Entry]:
    document, text = read.yaml_(tree, path), tree.text(path)
    value = document.get("enableScripts")
    yield setting("yarn-enable-scripts", path, safe=value is False, line=read.line_of(text, "enableScripts"),
                  value=None if value is None else f"enableScripts: {str(value).lower()}")
    for plugin in read.items(document.get("plugins")):
        place = read.string(plugin) or read.string(read.mapping(plugin).get("path"))
        yield package(place, "", path, Hook(kind="package-manager", when=When.INSTALL, path=path,
                                            how="a Yarn plugin, which Yarn loads at every start",
                                            line=read.line_of(text, place)))
    if place := read.string(document.get("yarnPath")):
        yield package("yarn", "", path, Hook(kind="package-manager", when=When.INSTALL, path=path,
                                             how=f"{place} is run in Yarn's place",
                                             line=read.line_of(text, "yarnPath")))
    for name in ("enableStrictSsl", "checksumBehavior"):
        if (name == "enableStrictSsl" and document.get(name) is False) or document.get(name) in {"ignore", "update"}:
            yield setting("npm-strict-ssl" if name == "enableStrictSsl" else "yarn-checksums", path, safe=False,
                          value=f"{name}: {document[name]}", line=read.line_of(text, name))


def _named(*names: str) -> Wanted:
    return lambda path: path.rpartition("/")[2] in names and _MODULES not in path


AUDITORS = (
    Auditor("pnpm-lock.yaml", _named("pnpm-lock.yaml"), _pnpm, projects=True),
    Auditor("pnpm-workspace.yaml", _named("pnpm-workspace.yaml"), _workspace, projects=True),
    Auditor("yarn.lock", _named("yarn.lock"), _yarn, projects=True),
    Auditor(".yarnrc.yml", _named(".yarnrc.yml"), _yarnrc, projects=True),
    Auditor(".pnpmfile", _named(".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js"), _pnpmfile, projects=True),
    Auditor(".yarnrc", _named(".yarnrc"), lambda _path, _tree: iter(())),
)
