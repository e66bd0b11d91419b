"""Looks at a host by rules, and beside a baseline."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from builtby.builds.detect.model import SEVERITIES
from builtby.builds.host.looks import by_code
from builtby.builds.host.model import SCHEMA, Changed, Finding, Held, HostCheck
from builtby.builds.host.rules import by_pattern, found
from builtby.builds.host.state import Host, host
from builtby.builds.watch.places import places
from builtby.packages.clues import clues


class Baseline(msgspec.Struct):
    """What a baseline file holds."""

    made: str
    root: str
    homes: tuple[str, ...]
    files: dict[str, Held]
    programs: tuple[str, ...]
    findings: tuple[tuple[str, str | None], ...]
    """Rules and paths: what was there already."""


def check(root: Path, environment: Mapping[str, str], baseline: Baseline | None = None,
          name: str | None = None) -> HostCheck:
    """Return what is found on a host. `name`: the baseline's, for people."""
    seen, problems = host(root, environment, hashed=baseline is not None)
    findings = [*by_pattern(seen), *by_code(seen)]
    changes: list[Changed] = []
    if baseline is not None:
        known = set(baseline.findings)
        changed = {path for path, held in seen.files.items() if baseline.files.get(path) != held}
        findings = [msgspec.structs.replace(one, known=(one.rule, one.path) in known and one.path not in changed)
                    for one in findings]
        changes = list(_changes(seen, baseline))
        findings += _of_changes(changes)
        if not set(seen.homes) <= set(baseline.homes):
            problems = (*problems, "the baseline was made without the homes of "
                        + ", ".join(sorted(set(seen.homes) - set(baseline.homes))))
    ordered = sorted(findings, key=lambda one: (one.known, SEVERITIES.index(one.severity), one.rule, one.path or ""))
    return HostCheck(SCHEMA, str(root), seen.homes, name, baseline.made if baseline else None, len(seen.files),
                     tuple(ordered), tuple(changes), problems)


def taken(root: Path, environment: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what a baseline of a host holds, and what could not be read."""
    seen, problems = host(root, environment, hashed=True)
    findings = sorted({(one.rule, one.path) for one in (*by_pattern(seen), *by_code(seen))},
                      key=lambda one: (one[0], one[1] or ""))
    return {"root": str(root), "homes": list(seen.homes),
            "files": {path: msgspec.to_builtins(held) for path, held in sorted(seen.files.items())},
            "programs": sorted(_tools(seen)), "findings": [list(one) for one in findings]}, problems


def _tools(seen: Host) -> list[str]:
    paths = {seen.inner(one.path): one.path for one in seen.programs()}
    return [paths[inner] for inner in clues().tools(list(paths))]


def _changes(seen: Host, baseline: Baseline) -> Iterator[Changed]:
    for path in sorted({*seen.files, *baseline.files}):
        was, now = baseline.files.get(path), seen.files.get(path)
        if was == now:
            continue
        if was is None or now is None:
            one = was or now
            assert one is not None
            what = "removed" if now is None else "upgraded" if seen.as_shipped(path) else "created"
            yield Changed(path, one.kind, what, was.digest if was else None, now.digest if now else None)
        elif was.digest != now.digest:
            yield Changed(path, now.kind, "upgraded" if seen.as_shipped(path) else "changed", was.digest, now.digest)
        else:
            yield Changed(path, now.kind, "changed", f"mode {was.mode:04o}, owner {was.owner}",
                          f"mode {now.mode:04o}, owner {now.owner}")
    new = set(_tools(seen)) - set(baseline.programs) - {path for path in seen.files if path not in baseline.files}
    for path in sorted(new):
        yield Changed(path, "path", "upgraded" if seen.owned(os.path.realpath(path)) else "created", None, None)


def _of_changes(changes: list[Changed]) -> Iterator[Finding]:
    severities = {place.id: place.severity for place in places()}
    for one in changes:
        if one.what == "upgraded":
            yield found("host-changed", one.path, f"{one.kind}: now as its package ships it", "info", "high")
        elif one.kind == "toolchain":
            new = one.what == "created"
            yield found("host-tool-new" if new else "host-tool-changed", one.path, f"it was {one.what}")
        elif one.kind == "path":
            yield found("host-tool-new", one.path, "no package lists it")
        else:
            yield found("host-changed", one.path, f"{one.kind}: it was {one.what}", severities.get(one.kind))
