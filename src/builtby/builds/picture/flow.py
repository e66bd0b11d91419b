"""How files went from source to artifact: which tools read which kinds of files, and wrote which."""

import posixpath
from collections import Counter
from typing import NamedTuple

from builtby.builds.diff.normal import Normal
from builtby.builds.documents.parts import CONSUMED, Parts
from builtby.builds.model import FileUse, Process
from builtby.builds.picture.looks import titled

MOST_TOOLS, MOST_GROUPS = 14, 22
"""Tools and groups of files that are drawn."""
_NAMED = 8
"""Final artifacts that are drawn by their own name."""
HEADERS, LIBRARIES = "system headers", "libraries and start files"
_LINKED = (".o", ".a", ".so", ".rlib", ".jar", ".lib")
_NAMES = 53
"""The port of resolvers: they send no files."""
_PASSING = ("/proc/", "/sys/", "/dev/", "/etc/", "/run/")
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108  # of the recorded build


class Group(NamedTuple):
    """Files of one kind. `kind`: `source`, `network` (a host), `system`, `between` (made and used), `artifact`."""

    kind: str
    name: str


class Flow(NamedTuple):
    """The flow. Edges are (group, tool) and (tool, group) with how many files; `tools` in order of appearance."""

    files: dict[Group, set[str]]
    tools: list[str]
    reads: Counter[tuple[Group, str]]
    writes: Counter[tuple[str, Group]]
    left_out: int
    """Groups that are not drawn."""


def flow(parts: Parts) -> Flow:
    """Return the flow of a build, so small that it can be looked at."""
    return _Gathering(parts).flow()


class _Gathering:
    def __init__(self, parts: Parts) -> None:
        self._parts, self._normal = parts, Normal(parts.record)
        self._tools = {one.id: titled(one) for one in parts.record.processes if one.executable}
        self._linkers = {titled(one) for one in parts.record.processes if _links(one)}
        left = {path for path, _ in parts.products}
        self._readers: dict[str, set[str]] = {}
        self._writers: dict[str, set[str]] = {}
        for use in parts.uses:
            self._note(use)
        self._final = {path for path in left if not self._crosses(path)}
        self._apart = self._final if len(self._final) <= _NAMED else frozenset[str]()
        self._files: dict[Group, set[str]] = {}
        self._reads: dict[tuple[Group, str], set[str]] = {}
        self._writes: dict[tuple[str, Group], set[str]] = {}

    def _note(self, use: FileUse) -> None:
        tool = self._tools.get(use.process)
        if tool is not None and use.access in CONSUMED and use.sha256:
            self._readers.setdefault(use.path, set()).add(tool)
        elif tool is not None and use.access in ("write", "rename"):
            path = use.to if use.access == "rename" and use.to else use.path
            self._writers.setdefault(path, set()).add(tool)

    def _crosses(self, path: str) -> bool:
        """Whether a file went from one tool to another."""
        return not self._readers.get(path, set()) <= self._writers.get(path, set())

    def flow(self) -> Flow:
        for path in self._readers.keys() | self._writers.keys():
            group = self._group(path)
            if group:
                self._take(path, group)
        for one in self._parts.record.network:
            tool = self._tools.get(one.process)
            if tool is not None and one.kind in ("connect", "datagram") and one.port != _NAMES:
                host = Group("network", one.host or one.address)
                self._files.setdefault(host, set()).add(host.name)
                self._reads.setdefault((host, tool), set()).add(host.name)
        self._merge()
        tools, groups = self._chosen()
        reads = Counter({key: len(paths) for key, paths in self._reads.items() if key[0] in groups and key[1] in tools})
        writes = Counter({key: len(paths) for key, paths in self._writes.items()
                          if key[1] in groups and key[0] in tools})
        shown = {group for group, _ in reads} | {group for _, group in writes}
        files = {group: paths for group, paths in sorted(self._files.items()) if group in shown}
        return Flow(files, tools, reads, writes, len(self._files) - len(groups))

    def _take(self, path: str, group: Group) -> None:
        self._files.setdefault(group, set()).add(path)
        writers = self._writers.get(path, set()) if group.kind in ("between", "artifact") else set()
        for tool in writers:
            self._writes.setdefault((tool, group), set()).add(path)
        readers = self._readers.get(path, set()) - writers
        for tool in readers & self._linkers if group.name == LIBRARIES else readers:  # others load them as their own
            self._reads.setdefault((group, tool), set()).add(path)

    def _group(self, path: str) -> Group | None:
        """Return the group of a file; None for what says nothing of the flow, such as the tools' own libraries."""
        if path.startswith(_PASSING) or path.endswith((".pyc", ".lock")):
            return None
        short = self._normal.path(path)
        if path in self._final:
            return Group("artifact", short if path in self._apart else _pattern(short))
        if path in self._parts.made:
            return Group("between", _pattern(short)) if self._crosses(path) else None
        if not short.startswith(("/", "~")) or path.startswith(_TEMPORARY):
            return Group("source", _pattern(short))
        if "/include/" in path or path.endswith((".h", ".hpp", ".hxx")):
            return Group("system", HEADERS)
        linked = path.endswith(_LINKED) or ".so." in path
        return Group("system", LIBRARIES) if linked and self._readers[path] & self._linkers else None

    def _merge(self) -> None:
        """Make one group of what lies in one folder and went the same way, whatever its endings."""
        ways: dict[tuple[str, str, frozenset[str], frozenset[str]], list[Group]] = {}
        for group in sorted(self._files):
            folder, apart, _ = group.name.rpartition("/…/" if "/…/" in group.name else "/")
            readers = frozenset(tool for other, tool in self._reads if other == group)
            writers = frozenset(tool for tool, other in self._writes if other == group)
            if apart and group.kind in ("between", "source", "artifact") and group.name.rpartition("/")[2][:1] in "*f":
                ways.setdefault((group.kind, folder, readers, writers), []).append(group)
        for (kind, folder, readers, writers), groups in ways.items():
            if len(groups) > 1:
                whole = Group(kind, self._free(kind, f"{folder}/…", groups))
                self._files[whole] = set[str]().union(*(self._files.pop(group) for group in groups))
                for tool in readers:
                    self._reads[whole, tool] = set[str]().union(*(self._reads.pop((one, tool)) for one in groups))
                for tool in writers:
                    self._writes[tool, whole] = set[str]().union(*(self._writes.pop((tool, one)) for one in groups))

    def _free(self, kind: str, name: str, groups: list[Group]) -> str:
        """Return a name that no other group has: that of the folder, else with its commonest ending."""
        if Group(kind, name) not in self._files:
            return name
        most = max(groups, key=lambda group: (len(self._files[group]), group.name))
        return f"{most.name} and others"

    def _chosen(self) -> tuple[list[str], set[Group]]:
        """Return the tools that made something of something, and the groups that most files are in."""
        weight: Counter[str] = Counter()
        for (_, tool), paths in self._reads.items():
            weight[tool] += len(paths)
        made = {tool for tool, _ in self._writes} & weight.keys()
        best = {tool for tool, _ in Counter({tool: weight[tool] for tool in made}).most_common(MOST_TOOLS)}
        order = [tool for tool in dict.fromkeys(self._tools.values()) if tool in best]
        ranked = sorted(self._files, key=lambda group: (
            group.kind not in ("artifact", "network"), -len(self._files[group]), group))
        return order, set(ranked[:MOST_GROUPS])


def _links(process: Process) -> bool:
    return process.tool is not None and process.tool.role in ("linker", "archiver")


def _pattern(short: str) -> str:
    """Return the kind of a file: its ending, and where it lies when that is not the folder of the build."""
    folder, base = posixpath.split(short)
    ending = posixpath.splitext(base)[1]
    what = f"*{ending}" if ending and len(ending) <= 8 else "files"
    if not folder:
        return what if ending else base
    top = "/".join(folder.split("/")[: 3 if folder.startswith("/") else 1])
    return f"{top}/…/{what}" if top != folder else f"{top}/{what}"
