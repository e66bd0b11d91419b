"""Tetragon's JSON export: `process_exec`, `process_exit`, `process_kprobe` and its kin.

Layout: https://tetragon.io/docs/concepts/events/ and the JSON examples of Tetragon's own documentation.
"""

from typing import Any

from builtby.builds.imports.calls import accesses, meaning, permitted, short
from builtby.builds.imports.fields import at, listed, moment, text, texts, whole, words
from builtby.builds.imports.scene import Actor, Program, Scene

_HOOKS = ("process_kprobe", "process_lsm", "process_tracepoint", "process_uprobe")
_STOPPED = ("SIGKILL", "OVERRIDE", "NOTIFYENFORCER")


class Tetragon:
    """Processes go by their `exec_id`: each program that runs has another."""

    name = "tetragon"
    cannot: tuple[str, ...] = (
        "files and addresses for which the cluster has no TracingPolicy; without one, Tetragon tells of programs only",
        "whether a file was read and what it held: Tetragon tells of a call, and of no content",
    )

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @staticmethod
    def recognises(document: Any) -> bool:  # noqa: ANN401  # JSON
        """Whether a document is one of Tetragon's."""
        return any(name in document for name in ("process_exec", "process_exit", "process_connect", *_HOOKS))

    def take(self, document: Any) -> bool:  # noqa: ANN401  # JSON
        """Take an event."""
        self._scene.at(moment(document, "time"))
        for name, taker in (("process_exec", self._ran), ("process_exit", self._ended),
                            ("process_connect", self._connected), *((one, self._hooked) for one in _HOOKS)):
            event = document.get(name)
            if isinstance(event, dict) and text(event, "process", "exec_id"):
                return taker(event)
        return False

    def finish(self) -> None:
        """Nothing is held back."""

    def _ran(self, event: dict[str, Any]) -> bool:
        self._parent(event)
        process = event["process"]
        parent, pid = text(process, "parent_exec_id"), whole(process, "pid") or 0
        above = self._scene.find(parent)
        same = above is not None and above.pid == pid
        self._scene.runs(process["exec_id"], pid, _program(process), parent, parent if same else None)
        return True

    def _parent(self, event: dict[str, Any]) -> None:
        """Take in the parent that is told beside a process: it may have run before the log began."""
        parent = at(event, "parent")
        key = text(parent, "exec_id")
        if key:
            self._scene.actor(key, whole(parent, "pid") or 0, text(parent, "parent_exec_id"), _program(parent))

    def _actor(self, event: dict[str, Any]) -> Actor:
        self._parent(event)
        process = event["process"]
        return self._scene.actor(process["exec_id"], whole(process, "pid") or 0, text(process, "parent_exec_id"),
                                 _program(process))

    def _ended(self, event: dict[str, Any]) -> bool:
        self._actor(event)
        self._scene.ends(event["process"]["exec_id"], None if text(event, "signal") else whole(event, "status") or 0)
        return True

    def _connected(self, event: dict[str, Any]) -> bool:
        address = text(event, "destination_ip")
        if address:
            self._scene.turns(self._actor(event), "connect", address, whole(event, "destination_port"),
                              host=next(iter(texts(event, "destination_names")), None))
        return bool(address)

    def _hooked(self, event: dict[str, Any]) -> bool:
        actor = self._actor(event)
        name = text(event, "function_name") or text(event, "event") or text(event, "symbol") or ""
        args = [one for one in listed(event, "args") if isinstance(one, dict)]
        refused = any(word in (text(event, "action") or "") for word in _STOPPED)
        kind = meaning(name)
        if whole(event, "return", "int_arg") in (-2, -20):  # ENOENT, ENOTDIR
            self._scene.misses(actor)
            return True
        if kind in ("connect", "datagram"):
            return self._turned(actor, kind, args, refused=refused)
        if kind == "note":
            self._scene.notes(actor, short(name), _shown(args), refused=refused)
            return True
        return kind not in (None, "exec") and self._used(actor, str(kind), name, args, refused=refused)

    def _turned(self, actor: Actor, kind: str, args: list[dict[str, Any]], *, refused: bool) -> bool:
        for one in args:
            for form, where, port in (("sock_arg", "daddr", "dport"), ("sockaddr_arg", "addr", "port"),
                                      ("skb_arg", "daddr", "dport")):
                address = text(one, form, where)
                if address:
                    local = "UNIX" in (text(one, form, "family") or "")
                    self._scene.turns(actor, "unix" if local else kind, address,
                                      None if local else whole(one, form, port), refused=refused)
                    return True
        return False

    def _used(self, actor: Actor, kind: str, name: str, args: list[dict[str, Any]], *, refused: bool) -> bool:
        paths = [path for one in args if (path := _path(one))]
        if not paths:
            return False
        numbers = [number for one in args if (number := whole(one, "int_arg")) is not None]
        ways = _ways(short(name), numbers) if kind == "open" else (kind,)
        two = kind in ("rename", "link", "symlink") and len(paths) > 1
        if kind == "symlink" and two:
            self._scene.uses(actor, paths[1], ways, to=paths[0], refused=refused)
        else:
            self._scene.uses(actor, paths[0], ways, to=paths[1] if two else None, refused=refused)
        return True


def _ways(name: str, numbers: list[int]) -> tuple[str, ...]:
    """Return what a file is opened for: hooks tell of a permission or protection, calls of flags."""
    if name == "file_permission":
        return permitted(numbers[-1]) if numbers else ("read",)
    if name == "mmap_file":
        return ("write",) if numbers and numbers[0] & 2 else ("read",)
    if name in ("open", "openat", "openat2"):
        return accesses(numbers[-1] if numbers else 0)
    return ("read",)


def _path(argument: dict[str, Any]) -> str | None:
    return (text(argument, "file_arg", "path") or text(argument, "path_arg", "path")
            or text(argument, "linux_binprm_arg", "path") or text(argument, "string_arg"))


def _shown(args: list[dict[str, Any]]) -> str:
    shown = [str(value) for one in args for value in one.values() if isinstance(value, str | int) and value != ""]
    return ", ".join(shown)[:500]


def _program(process: Any) -> Program:  # noqa: ANN401  # JSON
    binary = text(process, "binary")
    pairs = tuple(f"{text(one, 'key')}={text(one, 'value') or ''}" for one in listed(process, "environment_variables")
                  if text(one, "key"))
    return Program((*((binary,) if binary else ()), *words(text(process, "arguments") or "")), binary,
                   text(process, "cwd"), environment=pairs)
