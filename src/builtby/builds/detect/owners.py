"""To which package and hook a program belongs, by what it descends from. The knowledge is in `owners.toml`."""

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec
from packageurl import PackageURL

from builtby.builds.model import Process


class Owner(NamedTuple):
    """A package's code. All None when it is the build itself."""

    manager: str | None
    purl: str | None
    hook: str | None
    within: str
    """`hook`: a dependency's code. `own-hook`: the project's. `none`."""


NOBODY = Owner(None, None, None, "none")


class _Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manager: str
    type: str
    hook: str
    argv: str | None = None
    executable: str | None = None
    cwd: str | None = None
    needs_cwd: bool = True
    event: str | None = None
    events: tuple[str, ...] = ()
    name: str | None = None
    version: str | None = None
    own: tuple[str, str] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: tuple[_Kind, ...]


@cache
def _kinds() -> tuple[_Kind, ...]:
    text = resources.files(__package__).joinpath("owners.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_File).owner


def owner_of(line: tuple[Process, ...], values: Callable[[Process], dict[str, str]]) -> Owner:
    """Return the owner of the first of a line of programs, which goes up to the command itself."""
    for one in line:
        if one.argv:
            for kind in _kinds():
                found = _met(kind, one, values(one))
                if found is not None:
                    return found
    return NOBODY


def _met(kind: _Kind, one: Process, values: dict[str, str]) -> Owner | None:
    if kind.event is not None and values.get(kind.event) not in kind.events:
        return None
    groups: dict[str, str] = {}
    for pattern, text, needed in ((kind.argv, " ".join(one.argv), True),
                                  (kind.executable, one.script or one.executable or "", True),
                                  (kind.cwd, one.cwd or "", kind.argv is None)):
        found = re.search(pattern, text) if pattern else None
        if pattern and found is None and needed:
            return None
        groups |= {name.rstrip("2"): value for name, value in (found.groupdict() if found else {}).items() if value}
    return _owner(kind, groups, values)


def _owner(kind: _Kind, groups: dict[str, str], values: dict[str, str]) -> Owner:
    name = values.get(kind.name or "") or groups.get("name")
    version = values.get(kind.version or "") or groups.get("version")
    hook = kind.hook.format(event=values.get(kind.event or "", ""))
    own = kind.own is not None and kind.own[0] in values and not re.search(kind.own[1], values[kind.own[0]])
    return Owner(kind.manager, _purl(kind.type, name, version) if name else None, hook, "own-hook" if own else "hook")


def _purl(type_: str, name: str, version: str | None) -> str | None:
    namespace, _, short = name.rpartition("/")
    try:
        return PackageURL(type_, namespace or None, short, version or None).to_string()
    except ValueError:
        return None
