"""Tracee's JSON: `trace.Event` of versions up to 0.23, and the protobuf layout (`workload`, `data`) that followed.

Layout: https://aquasecurity.github.io/tracee/latest/docs/outputs/event-structure/ and, of the older one,
https://aquasecurity.github.io/tracee/v0.20/docs/outputs/output-options/.
"""

from collections.abc import Hashable
from typing import Any

from builtby.builds.imports.calls import accesses, meaning, short
from builtby.builds.imports.fields import at, listed, moment, text, texts, whole
from builtby.builds.imports.scene import Actor, Program, Scene

_PATHS = ("pathname", "path", "file_path", "dest_path")
_OLD, _NEW = ("old_path", "oldpath", "oldname", "target"), ("new_path", "newpath", "newname", "linkpath")
_VALUES = ("str", "int32", "int64", "u_int32", "u_int64", "bool", "str_array", "sockaddr", "dns_questions", "value",
           "Str", "Int32", "Int64", "UInt32", "UInt64", "StrArray", "Sockaddr", "DnsQuestions")


class Tracee:
    """Processes go by their number on the host."""

    name = "tracee"
    cannot: tuple[str, ...] = (
        "events that no policy of Tracee's selected, and those that it dropped under load (its own logs count them)",
        "what files held, but for executables where Tracee was told to hash them (exec-hash)",
    )

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @staticmethod
    def recognises(document: Any) -> bool:  # noqa: ANN401  # JSON
        """Whether a document is one of Tracee's."""
        return ("eventName" in document and "args" in document) or ("workload" in document and "data" in document)

    def take(self, document: Any) -> bool:  # noqa: ANN401  # JSON
        """Take an event."""
        self._scene.at(moment(document, "timestamp"))
        name = text(document, "eventName") or text(document, "name") or ""
        pid, above = _numbers(document)
        args = _arguments(document)
        if pid is None:
            return False
        if name == "sched_process_fork":
            return self._forked(pid, above, args)
        if name == "sched_process_exec":
            self._scene.runs(pid, pid, _program(args), above)
            return True
        actor = self._scene.actor(pid, pid, above, Program((), _executable(document)))
        if name == "sched_process_exit":
            return self._ended(pid, document, args)
        if name in ("net_packet_dns_request", "net_packet_dns"):
            return self._asked(actor, args)
        return self._what(actor, name, whole(document, "returnValue") or whole(args.get("returnValue")) or 0, args)

    def finish(self) -> None:
        """Nothing is held back."""

    def _forked(self, pid: int, above: Hashable, args: dict[str, Any]) -> bool:
        child, tid = whole(args, "child_process_pid") or whole(args, "child_pid"), whole(args, "child_tid")
        if child is None or (tid is not None and tid != child):  # a thread
            return False
        self._scene.actor(pid, pid, above)
        self._scene.ends(child, None)  # the number is given anew
        self._scene.actor(child, child, pid)
        return True

    def _ended(self, pid: int, document: dict[str, Any], args: dict[str, Any]) -> bool:
        if at(args, "process_group_exit") is False:
            return False
        code = whole(args, "exit_code")
        self._scene.ends(pid, None if whole(args, "signal_code") else code)
        return True

    def _asked(self, actor: Actor, args: dict[str, Any]) -> bool:
        found = args.get("dns_questions")
        names = [name for one in (found if isinstance(found, list) else listed(found, "questions"))
                 if (name := text(one, "query"))]
        for name in names:
            self._scene.asks(actor, name)
        return bool(names)

    def _what(self, actor: Actor, name: str, result: int, args: dict[str, Any]) -> bool:
        kind = meaning(name)
        if result in (-2, -20):  # ENOENT, ENOTDIR
            self._scene.misses(actor)
            return True
        if kind == "note":
            self._scene.notes(actor, short(name), ", ".join(
                f"{key} {value}" for key, value in args.items() if isinstance(value, str | int))[:500])
            return True
        if kind in ("connect", "datagram"):
            return self._turned(actor, kind, args)
        if kind in (None, "exec") or result < 0:
            return False
        return self._used(actor, str(kind), args)

    def _used(self, actor: Actor, kind: str, args: dict[str, Any]) -> bool:
        path = _first(args, _PATHS)
        if kind in ("rename", "link", "symlink"):
            old, new = _first(args, _OLD), _first(args, _NEW)
            path, to = (new, old) if kind == "symlink" else (old, new)
            if path:
                self._scene.uses(actor, path, (kind,), to=to)
        elif path:
            flags = args.get("flags")
            ways = accesses(flags if isinstance(flags, str | int) else 0) if kind == "open" else (kind,)
            self._scene.uses(actor, path, ways)
        return path is not None

    def _turned(self, actor: Actor, kind: str, args: dict[str, Any]) -> bool:
        where = next((args[name] for name in ("remote_addr", "addr", "dest_addr", "sockaddr") if name in args), None)
        local = text(where, "sun_path")
        if local:
            self._scene.turns(actor, "unix", local, None)
            return True
        address = text(where, "sin_addr") or text(where, "sin6_addr") or text(where, "sin_6addr")
        if address:
            port = whole(where, "sin_port")
            self._scene.turns(actor, kind, address, port if port is not None else whole(where, "sin6_port"))
        return address is not None


def _numbers(document: dict[str, Any]) -> tuple[int | None, int | None]:
    process = at(document, "workload", "process")
    if isinstance(process, dict):
        above = next(iter(listed(process, "ancestors")), None)
        pid = whole(process, "host_pid") or whole(process, "host_pid", "value") or whole(process, "pid", "value")
        return pid or whole(process, "pid"), next((number for name in ("host_pid", "pid") if (
            number := whole(above, name) or whole(above, name, "value")) is not None), None)
    pid = whole(document, "hostProcessId")
    above = whole(document, "hostParentProcessId")
    return (pid if pid is not None else whole(document, "processId"),
            above if above is not None else whole(document, "parentProcessId"))


def _executable(document: dict[str, Any]) -> str | None:
    return (text(document, "executable", "path") or text(document, "workload", "process", "executable", "path")
            or text(document, "processName") or text(document, "workload", "process", "thread", "name"))


def _arguments(document: dict[str, Any]) -> dict[str, Any]:
    """Return an event's arguments by name, in both layouts."""
    found: dict[str, Any] = dict(document["args"]) if isinstance(document.get("args"), dict) else {}
    for one in (*listed(document, "args"), *listed(document, "data")):
        name = text(one, "name")
        if name:
            value = next((one[form] for form in _VALUES if form in one), None)
            found[name] = value["value"] if isinstance(value, dict) and "value" in value else value
    return found


def _program(args: dict[str, Any]) -> Program:
    return Program(texts(args, "argv"), text(args, "pathname") or text(args, "cmdpath"), text(args, "pwd"),
                   text(args, "sha256"), texts(args, "env") or texts(args, "envp"))


def _first(args: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := text(args, name))), None)
