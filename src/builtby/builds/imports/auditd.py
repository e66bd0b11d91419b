"""auditd's own log: SYSCALL records with the CWD, PATH, EXECVE, SOCKADDR and PROCTITLE that go with them.

Layout: the audit documentation (https://github.com/linux-audit/audit-documentation/wiki) and auditd.conf(5); raw and
enriched logs (`log_format`), not what `ausearch -i` prints.
"""

import os
import re
from typing import Any

from builtby.builds.imports.auditd_values import address, argv, decoded, fields, many, title
from builtby.builds.imports.calls import accesses, meaning, short
from builtby.builds.imports.scene import Actor, Program, Scene
from builtby.builds.seccomp.syscalls import MACHINES

MOST_OPEN = 512
"""Events that are put together at the same time: the kernel's records of several processors mix."""
_HEAD = re.compile(rb"^(?:node=\S+ )?type=(\S+) msg=audit\((\d+\.\d+):(\d+)\)\s?: ?(.*)$", re.DOTALL)
_NAMES = {f"{machine.audit:x}": {number: name for name, number in machine.calls.items()}
          for machine in MACHINES.values()}
_MORE = {"c000003e": {56: "clone", 57: "fork", 58: "vfork", 60: "exit", 435: "clone3", 84: "rmdir", 77: "ftruncate"},
         "c00000b7": {220: "clone", 93: "exit", 435: "clone3", 46: "ftruncate"}}
_FLAGS = {"open": "a1", "openat": "a2"}


class Auditd:
    """Processes go by their number."""

    name = "auditd"
    cannot: tuple[str, ...] = (
        "calls for which no audit rule was loaded, and records that the kernel lost or held back (auditctl -s: lost)",
        "what files held: the audit system tells of a call, and of no content",
        "when processes end, unless exit_group is audited",
    )

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._open: dict[tuple[bytes, bytes], list[tuple[str, bytes]]] = {}

    @staticmethod
    def recognises(document: Any) -> bool:  # noqa: ANN401  # as all sources
        """Whether a line is one of auditd's."""
        return isinstance(document, bytes) and _HEAD.match(document) is not None

    def take(self, document: Any) -> bool:  # noqa: ANN401  # as all sources
        """Take a line; False when it is none of auditd's."""
        head = _HEAD.match(document) if isinstance(document, bytes) else None
        if head is None:
            return False
        kind, key = head.group(1).decode("ascii", "replace"), (head.group(2), head.group(3))
        if kind == "EOE":
            self._close(key)
            return True
        self._open.setdefault(key, []).append((kind, head.group(4)))
        if len(self._open) > MOST_OPEN:
            self._close(next(iter(self._open)))
        return True

    def finish(self) -> None:
        """Take in the events of which no end was told."""
        for key in list(self._open):
            self._close(key)

    def _close(self, key: tuple[bytes, bytes]) -> None:
        records = self._open.pop(key, [])
        system = next((fields(body) for kind, body in records if kind == "SYSCALL"), None)
        if system is None:
            return
        self._scene.at(float(key[0]))
        _Happened(self._scene, system, records).tell()


class _Happened:
    """One event, with all its records."""

    def __init__(self, scene: Scene, system: dict[str, str], records: list[tuple[str, bytes]]) -> None:
        self._scene, self._system = scene, system
        self._records = records
        arch = system.get("arch", "")
        number = system.get("syscall", "")
        named = system.get("SYSCALL") or (number if not number.isdigit() else "")
        self._call = named or (_NAMES.get(arch, {}) | _MORE.get(arch, {})).get(int(number or -1), "")
        cwd = self._of("CWD")
        self._cwd = decoded(cwd[0].get("cwd", "")) if cwd else None
        self._pid, self._above = (int(system[name]) if system.get(name, "").isdigit() else -1 for name in
                                  ("pid", "ppid"))

    def _of(self, wanted: str) -> list[dict[str, str]]:
        return [fields(body) for kind, body in self._records if kind == wanted]

    def tell(self) -> None:
        """Tell what happened."""
        kind, done = meaning(self._call), self._system.get("success") != "no"
        if kind == "exec" and done:
            self._scene.runs(self._pid, self._pid, self._program(argv(self._of("EXECVE"))), self._above)
            return
        actor = self._scene.actor(self._pid, self._pid, self._above, self._program(()))
        actor.cwd = self._cwd or actor.cwd
        if self._system.get("exit") in ("-2", "-20"):  # ENOENT, ENOTDIR
            self._scene.misses(actor)
        elif self._call == "exit_group":
            self._scene.ends(self._pid, int(self._system.get("a0", "0"), 16) & 0xFF)
        elif kind == "note":
            self._scene.notes(actor, short(self._call), " ".join(
                f"{name}={self._system[name]}" for name in ("a0", "a1", "a2", "key") if name in self._system),
                refused=not done)
        elif kind in ("connect", "datagram"):
            self._turned(actor, kind)
        elif kind is not None and done:
            self._used(actor, kind)

    def _program(self, words: tuple[str, ...]) -> Program:
        """Return what runs: by its words, else by the title that goes with most events."""
        shown = self._of("PROCTITLE")
        exe = decoded(self._system.get("exe", "")) or None
        titled = title(shown[0].get("proctitle", "")) if shown else ()
        return Program(words or titled or ((exe,) if exe else ()), exe, self._cwd)

    def _turned(self, actor: Actor, kind: str) -> None:
        for one in self._of("SOCKADDR"):
            found = address(one.get("saddr", ""))
            if found is not None:
                self._scene.turns(actor, "unix" if found.port is None else kind, found.text, found.port)

    def _used(self, actor: Actor, kind: str) -> None:
        items = [(one.get("nametype", ""), decoded(one.get("name", ""))) for one in many(self._of("PATH"))]
        named = [(role, path) for role, path in items if path and role != "PARENT"]
        if not named:
            return
        if kind in ("rename", "link", "symlink") and len(named) > 1:
            old = next((path for role, path in named if role in ("DELETE", "NORMAL")), named[0][1])
            self._scene.uses(actor, old, (kind,), to=named[-1][1])
            return
        ways: tuple[str, ...] = (kind,)
        if kind == "open":
            flags = self._system.get(_FLAGS.get(self._call, ""), "0")
            new = any(role == "CREATE" for role, _ in named)
            ways = ("write",) if new else accesses(int(flags, 16))
        self._scene.uses(actor, os.fspath(named[-1][1]), ways)
