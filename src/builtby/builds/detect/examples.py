"""Builds in a few lines: what rules' examples are, and a test needs.

    npm ci
      sh -c node hook.js
        > env npm_lifecycle_event=postinstall
        node hook.js
          > read ~/.ssh/id_rsa
          > connect 192.0.2.1:443 evil.example

A line is a program, indented by two below the one that started it; `= ` before it: it replaces the one above in its
process; `(gcc /usr/bin/gcc-12 compiler changed)` before it gives tool, executable, role, and that it is not as
packaged.
`> ` tells what the program does: `read`, `write`, `remove`, `mode PATH`, `rename`, `link`, `symlink A -> B`,
`connect`, `datagram ADDRESS:PORT [NAME]`, `dns NAME`, `unix PATH`, `note CALL WORDS`, `env NAME=VALUE`, `cwd PATH`,
`survives`, `changed PLACE WHAT PATH`: a change of the record's; `outside` after it: made by none of the build's
programs; `unread` that none of them read other bytes meanwhile. `#abc` at the end of a `read` or `write` is its digest.
`@ ` tells of the machine: `tracked PATHS` are the files that git tracks, `altered PATHS` no more what their packages
shipped, `package NAME PATH DIGEST` is what an installed package recorded of a file.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from builtby.builds.detect.build import Build
from builtby.builds.detect.world import World
from builtby.builds.model import SCHEMA, Change, Endpoint, Environment, FileUse, Notable, Process, Record, ToolUsed

HOME, TREE = "/home/dev", "/home/dev/src/app"
_PROGRAM = re.compile(r"(?P<replaces>= )?(?:\((?P<tool>\S+)(?: (?P<path>/\S+))?(?: (?P<role>[a-z-]+?))?"
                      r"(?P<changed> changed)?\) )?(?P<argv>.+)")


@dataclass
class _Draft:
    """A record as it grows. One second goes by with each line."""

    processes: list[Process] = field(default_factory=list)
    files: list[FileUse] = field(default_factory=list)
    network: list[Endpoint] = field(default_factory=list)
    notable: list[Notable] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=lambda: [{"HOME": HOME}])
    survivors: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    time: float = 0.0


def record_of(text: str) -> Record:
    """Return the record of a build that a text describes. Raises ValueError."""
    draft, levels = _Draft(), list[int]()
    for line in text.strip("\n").splitlines():
        if not line.strip() or line.startswith("@ "):
            continue
        depth, rest = (len(line) - len(line.lstrip())) // 2, line.strip().replace("~/", f"{HOME}/")
        draft.time += 1
        if rest.startswith("> "):
            _act(draft, levels[depth - 1], rest[2:])
        else:
            levels[depth:] = [_start(draft, levels, depth, rest)]
    kept = tuple(Environment(tuple(sorted(one)), one) for one in draft.environments)
    return Record(SCHEMA, "example", True, (), draft.processes[0].argv, TREE, 0, "2026-01-31T12:00:00Z", draft.time, {},
                  tuple(draft.processes), tuple(draft.files), tuple(draft.network), tuple(draft.notable), (), kept,
                  tuple(draft.survivors), tuple(draft.changes))


def build_of(text: str) -> Build:
    """Return what rules look at, for a text."""
    tracked: set[str] | None = None
    packages: dict[str, tuple[str, str]] = {}
    altered: set[str] = set()
    for line in text.splitlines():
        words = line.split(" ")
        if words[:2] == ["@", "tracked"]:
            tracked = {_full(path) for path in words[2:]}
        elif words[:2] == ["@", "altered"]:
            altered.update(words[2:])
        elif words[:2] == ["@", "package"]:
            packages[words[3]] = (words[2], words[4])
    return Build(record_of(text), Given(tracked, packages, altered))


class Given(World):
    """What examples say of the machine."""

    def __init__(self, tracked: set[str] | None, packages: dict[str, tuple[str, str]], altered: set[str]) -> None:
        self._given, self._packages, self._changed = tracked, packages, altered

    def untracked(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if self._given is not None and path not in self._given]

    def recorded(self, path: str) -> tuple[str, str] | None:
        return self._packages.get(path)

    def altered(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if path in self._changed]

    def is_program(self, path: str) -> bool:
        return path.startswith("/usr/bin/")


def _start(draft: _Draft, levels: list[int], depth: int, text: str) -> int:
    found = _PROGRAM.fullmatch(text)
    if found is None or depth > len(levels):
        raise ValueError(f"no program: {text!r}")
    argv, number = tuple(found["argv"].split(" ")), len(draft.processes) + 1
    before = levels[depth] if found["replaces"] else None
    parent = draft.processes[before - 1].parent if before else levels[depth - 1] if depth else 0
    above = draft.processes[(before or parent) - 1] if before or parent else None
    name = argv[0].rpartition("/")[2]
    path = found["path"] or (argv[0] if argv[0].startswith("/") else f"/usr/bin/{name}")
    tool = ToolUsed(found["tool"], None, found["role"] or "compiler") if found["tool"] else None
    draft.processes.append(Process(
        number, parent, 1000 + number, argv, above.cwd if above else TREE, path, None, tool, None,
        False if found["changed"] else None, None, None, above.environment if above else 0, draft.time, None, 0,
        replaces=before))
    return number


def _act(draft: _Draft, number: int, text: str) -> None:
    verb, _, rest = text.partition(" ")
    if verb in ("read", "write", "remove", "mode", "truncate", "rename", "link", "symlink"):
        rest, _, digest = rest.partition(" #")
        path, _, to = rest.partition(" -> ")
        draft.files.append(FileUse(_full(path), verb, digest or None, number, to=_full(to) if to else None,
                                   time=draft.time))
    elif verb in ("connect", "datagram", "dns", "unix"):
        draft.network.append(_endpoint(verb, rest, number, draft.time))
    elif verb == "note":
        call, _, detail = rest.partition(" ")
        draft.notable.append(Notable(call, number, detail, time=draft.time))
    elif verb == "changed":
        draft.changes.append(_change(rest.split(" "), number))
    elif verb == "survives":
        draft.survivors.append(number)
    elif verb in ("env", "cwd"):
        _surround(draft, number, verb, rest)
    else:
        raise ValueError(f"no such act: {text!r}")


def _change(words: list[str], number: int) -> Change:
    place, what, path, *marks = words
    read = place == "source" and "unread" not in marks
    return Change(_full(path), place, what, None if what == "created" else "a", None if what == "removed" else "b",
                  ("ctime",), None if "outside" in marks else number, read_as=("c",) if read else (),
                  readers=(number,) if read else ())


def _surround(draft: _Draft, number: int, verb: str, rest: str) -> None:
    """Give a program another environment or folder; programs that it starts afterwards inherit it."""
    one = draft.processes[number - 1]
    if verb == "cwd":
        draft.processes[number - 1] = replace(one, cwd=_full(rest))
        return
    name, _, value = rest.partition("=")
    draft.environments.append({**draft.environments[one.environment], name: value})
    draft.processes[number - 1] = replace(one, environment=len(draft.environments) - 1)


def _endpoint(kind: str, text: str, number: int, time: float) -> Endpoint:
    where, _, name = text.partition(" ")
    if kind == "dns":
        return Endpoint(where, "192.0.2.53", 53, number, kind=kind, host_claim="recorded", time=time)
    if kind == "unix":
        return Endpoint(None, where, None, number, kind=kind, time=time)
    address, _, port = where.rpartition(":")
    return Endpoint(name or None, address, int(port), number, kind=kind, host_claim="inferred" if name else None,
                    time=time)


def _full(path: str) -> str:
    return path if path.startswith("/") else f"{TREE}/{path}"
