"""npm packages and what package managers of JavaScript leave beside them: package.json, lock files, install records."""

import re
from collections.abc import Iterator

from builtby.formats.base import Format, Reading
from builtby.formats.json_tools import Json, at, decode, mapping, string
from builtby.sources.view import View

MANIFEST = 4 << 20
"""A larger package.json is not read."""
HEAD = 4096
RECORD = 1 << 20
_SCRIPTS = 200
_COMMANDS = 200
_DEPTH = 4
_MADE_BY = re.compile(
    r"(?:(?:pre|post)?build|bundle|compile|dist|prepare|prepack|prepublish|prepublishOnly)(?::.*)?"
)
"""Scripts that make what is published. `prepublishOnly` and the like are run by npm itself, the others by these."""
_SEPARATOR = re.compile(r"\s*(?:&&|\|\|?|;|\n)\s*")
_WRAPPER = re.compile(
    r"(?:[A-Z_][A-Za-z0-9_]*=\S*|cross-env|npx(?: -\S+)*|bunx|(?:pnpm|yarn)(?: -\S+)* (?:exec|dlx)) +"
)
_CALL = re.compile(r"(?:(?:npm|pnpm|bun)(?: -\S+)* run(?:-script)?|yarn(?: run)?|pnpm(?: run)?) +(?P<script>[\w:.-]+)")
_EXACT = re.compile(r"\d+\.\d+\.\d+(?:-[\w.]+)?")
_LOCK_VERSION = re.compile(rb'"lockfileVersion": ?(\d+)')
_YAML_VERSION = re.compile(rb"^lockfileVersion: '?(\d+(?:\.\d+)?)", re.M)
_MANAGER = re.compile(rb'"?packageManager"?: "?([\w@/.-]+)')


def read_manifest(view: View, _path: str) -> Reading:
    """Return what a package.json says of how the package was made."""
    reading = Reading("npm-package")
    document = decode(view.read(0, MANIFEST + 1)) if view.size <= MANIFEST else None
    if not isinstance(document, dict):
        return reading
    name, version = string(document.get("name")), string(document.get("version"))
    if name and version:
        reading.add("npm.package", f"{name}@{version}"[:512])
    if manager := string(document.get("packageManager")):
        reading.add("npm.package_manager", manager)
    for command in dict.fromkeys(_commands(document)):
        reading.add("npm.command", command)
    return reading


def _commands(document: Json) -> Iterator[str]:
    """Yield the commands by which the package is built, with the version of those that are pinned: `tool@1.2.3 -c`."""
    scripts = dict(mapping(at(document, "scripts"), _SCRIPTS))
    pinned = {name: version for name, version in mapping(at(document, "devDependencies"), 2000)
              if _EXACT.fullmatch(version)}
    seen: set[str] = set()
    names = [name for name in scripts if _MADE_BY.fullmatch(name)]
    for _ in range(_DEPTH):
        called: list[str] = []
        for name in names:
            if name in seen:
                continue
            seen.add(name)
            for command in _simple(scripts.get(name, "")):
                call = _CALL.match(command)
                if call and call["script"] in scripts:
                    called.append(call["script"])
                else:  # `yarn tsc` runs the tool where there is no such script
                    yield _pin(command[call.start("script"):] if call else command, pinned)
        names = called


def _simple(script: str) -> list[str]:
    """Return a script's single commands, without what only sets them up."""
    commands = []
    for part in _SEPARATOR.split(script[:HEAD])[:_COMMANDS]:
        command = part.strip()
        while match := _WRAPPER.match(command):
            command = command[match.end():]
        if command:
            commands.append(command)
    return commands


def _pin(command: str, pinned: dict[str, str]) -> str:
    tool, space, rest = command.partition(" ")
    return f"{tool}@{pinned[tool]}{space}{rest}" if tool in pinned else command


def _one(name: str, names: tuple[str, ...], kind: str, pattern: re.Pattern[bytes], limit: int = HEAD) -> Format:
    """Return a format of whose files one word matters: the one that `pattern` catches."""

    def read(view: View, _path: str) -> Reading:
        reading = Reading(name)
        found = pattern.search(view.read(0, limit))
        if found:
            reading.add(kind, found[1], found.start(1))
        return reading

    return Format(name, read, names=names, hoist=True)


def read_buildinfo(view: View, _path: str) -> Reading:
    """Return the version that a .tsbuildinfo ends, or in old ones begins, with."""
    reading = Reading("tsbuildinfo")
    tail = view.read(max(view.size - 256, 0), 256)
    found = re.search(rb'"version": ?"([^"]{1,64})"\s*\}\s*$', tail)
    if found:
        reading.add("tsbuildinfo.version", found[1])
    return reading


FORMATS = (
    Format("npm-package", read_manifest, names=("package.json",), hoist=True, alone=False),
    _one("npm-lock", ("package-lock.json", "npm-shrinkwrap.json", ".package-lock.json"), "npm.lock", _LOCK_VERSION),
    _one("pnpm-lock", ("pnpm-lock.yaml",), "pnpm.lock", _YAML_VERSION),
    _one("pnpm-modules", (".modules.yaml",), "npm.installed_by", _MANAGER, RECORD),
    _one("yarn-lock", ("yarn.lock",), "yarn.lock", re.compile(rb"(?m)^(# yarn lockfile v1|__metadata:)")),
    _one("bun-lock", ("bun.lock",), "bun.lock", _LOCK_VERSION),
    _one("bun-lockb", ("bun.lockb",), "bun.lock", re.compile(rb"\A#!/usr/bin/env bun\n(bun-lockfile-format-v\d+)")),
    Format("tsbuildinfo", read_buildinfo, suffixes=(".tsbuildinfo",), hoist=True),
)
