"""Flags that hand a compiler, linker or build tool over to other code."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

from builtby.builds.detect.build import Build
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among, expression
from builtby.builds.model import Process


class _Flag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    program: tuple[str, ...]
    pattern: str
    anywhere: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    flag: tuple[_Flag, ...]


class _Known(NamedTuple):
    groups: tuple[str, ...]
    pattern: re.Pattern[str]
    anywhere: bool


@cache
def _flags() -> tuple[_Known, ...]:
    text = resources.files("builtby.builds.detect").joinpath("flags.toml").read_text("utf-8")
    return tuple(_Known(one.program, re.compile(one.pattern), one.anywhere)
                 for one in msgspec.toml.decode(text, type=_File).flag)


def flags_load_code(build: Build) -> Iterator[Hit]:
    """Yield programs that were given a flag which loads code from a place that a project or a package can write."""
    for one in build.record.processes:
        names = build.true_names(one) | ({one.argv[0].rpartition("/")[2]} if one.argv else set())
        for known in _flags():
            if one.argv and among(names, *known.groups):
                flag = _met(build, one, known)
                if flag is not None:
                    yield Hit(one.id, None, {"flag": flag})
                    break


def _met(build: Build, one: Process, known: _Known) -> str | None:
    for found in known.pattern.finditer(" ".join(one.argv[1:])):
        path = found.groupdict().get("path")
        if known.anywhere or (path and _is_strange(build, one, path)):
            return found[0].strip()
    return None


def _is_strange(build: Build, one: Process, path: str) -> bool:
    """Whether a path is in the project, a package or a temporary folder, and this build's compilers did not make it."""
    full = path if path.startswith("/") else f"{one.cwd or ''}/{path.removeprefix('./')}"
    if expression("toolchain_places").search(full):
        return False
    tree = build.bases["$TREE"][0]
    inside = full.startswith(f"{tree}/") or build.is_temporary(full) or expression("package_places").search(full)
    made = any(among(build.true_names(writer), "makers") for touch in build.writers.get(full, ())
               if (writer := build.program(touch.use.process)) is not None)
    return bool(inside) and (not made or build.owner(one.id).within == "hook")


DETECTORS = {"flags-load-code": flags_load_code}
