"""Level 1: bubblewrap gives the build file systems, a network and process numbers of its own."""

import base64
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from builtby.builds.guard import denied
from builtby.builds.guard.places import below
from builtby.builds.guard.room import GUARD_RUN, Room
from builtby.builds.seccomp.bpf import program
from builtby.builds.seccomp.child import Started
from builtby.builds.seccomp.notify import Listener, UnavailableError, die_with_parent
from builtby.builds.seccomp.syscalls import Machine

PORT = 3128
"""Of the way to the proxy, in the build's own network."""
_INNER = f"{GUARD_RUN}/inner.py"
_RESOLVER = "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n"
"""Nobody answers there; that names are asked for is seen and refused."""
_PROBE_SECONDS = 20
_KEPT_BY_ROOT = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETGID", "CAP_SETUID", "CAP_KILL")
"""What a build run by root may go on doing: package managers change owners. Nothing of it reaches what is mounted
read-only."""


def probe() -> str | None:
    """Try it, and return why it is not possible; None when it is."""
    binary = shutil.which("bwrap")
    if binary is None:
        return "bubblewrap (bwrap) is not installed"
    command = [binary, *_namespaces(), "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run",
               "--", _python(), "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run: {error}"
    return None if done.returncode == 0 else f"bubblewrap is not allowed here ({done.stderr.strip()[-200:]})"


def _python() -> str:
    """Return the interpreter without its virtual environment, as venv itself finds it."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _namespaces() -> list[str]:
    words = ["--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--as-pid-1", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        words += [word for capability in _KEPT_BY_ROOT for word in ("--cap-add", capability)]
    return words


def arguments(room: Room, run: Path) -> list[str]:
    """Return bubblewrap's arguments for a room."""
    words = [*_namespaces(), "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    words += [word for path in room.masks for word in _masked(path)]
    base = os.path.realpath(sys.base_prefix)
    if any(below(base, mask) for mask in (*room.masks, room.home, "/tmp", "/var/tmp")):  # noqa: S108
        words += ["--ro-bind", base, base]
    words += ["--ro-bind", f"{run}/resolv.conf", os.path.realpath("/etc/resolv.conf")]
    for bind in room.binds:
        words += ["--bind" if bind.writable else "--ro-bind", bind.outside, bind.inside]
        if bind.inside == room.home and any(below(base, place) for place in (room.home, "/tmp", "/var/tmp")):  # noqa: S108
            words += ["--ro-bind", base, base]
    return [*words, *(word for path in room.hidden for word in _masked(path))]


def _masked(path: str) -> list[str]:
    return ["--tmpfs", path] if Path(path).is_dir() else ["--ro-bind", "/dev/null", path]


class Sandbox(NamedTuple):
    """Starts a command in a room of its own. `run` is the folder that is bound for the guard's use; `then` is called
    when the process is split off.
    """

    room: Room
    run: Path
    environment: dict[str, str]
    then: Callable[[], None]

    def __call__(self, command: list[str], known: Machine) -> Started:
        """Start it under the filter. Raises UnavailableError before anything of it has run."""
        (self.run / "inner.py").write_bytes(Path(__file__).with_name("inner.py").read_bytes())
        (self.run / "resolv.conf").write_text(_RESOLVER, "ascii")
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        plan = self._plan(command, known)
        words = [shutil.which("bwrap") or "bwrap", *arguments(self.room, self.run), "--", _python(), "-I", "-S",
                 _INNER, str(theirs.fileno()), str(plan)]
        pid = _spawn(words, (theirs.fileno(), plan))
        theirs.close()
        os.close(plan)
        self.then()
        return _started(ours, pid)

    def _plan(self, command: list[str], known: Machine) -> int:
        """Return a descriptor of what the first process inside is to do: variables are not for other users' eyes."""
        plan: dict[str, Any] = {
            "command": command, "environment": self.environment, "folder": self.room.folder, "port": PORT,
            "proxy": f"{GUARD_RUN}/proxy", "seccomp": known.seccomp,
            "denied": base64.b64encode(denied.program(known)).decode(),
            "notify": base64.b64encode(program(known)).decode(),
            "default": [number for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
                        if signal.getsignal(number) is not signal.SIG_IGN]}
        held = os.memfd_create("builtby-plan")
        with os.fdopen(os.dup(held), "wb") as file:
            file.write(json.dumps(plan).encode())
        return held


def _spawn(words: list[str], kept: tuple[int, ...]) -> int:
    """Start bubblewrap; it must not end by the keys with which people end a build, before the build has."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent(signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        if os.getppid() == parent:
            os.execve(words[0], words, {})  # noqa: S606
    finally:
        os._exit(126)


def _started(ours: socket.socket, pid: int) -> Started:
    size = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(struct.calcsize("i"))
    message, ancillary, _, _ = ours.recvmsg(16, size)
    main, listener = 0, -1
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            main = struct.unpack_from("3i", data)[0]
        elif level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            listener = struct.unpack_from("i", data)[0]
    if listener < 0:
        os.waitpid(pid, 0)
        why = os.strerror(int(message)) if message.isdigit() else "it ended at once"
        raise UnavailableError(f"the sandbox could not be started: {why}", "What it said stands above.")
    os.set_inheritable(listener, False)
    keepers = frozenset(_above(main))
    return Started(main, Listener(listener), ours.detach(), f"/proc/{_parent(main)}/root", keepers)


def _above(pid: int) -> list[int]:
    """Return the processes between a process and this one."""
    found = []
    while (pid := _parent(pid)) not in (0, 1, os.getpid()):
        found.append(pid)
    return found


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        return int(file.read().rsplit(b")", 1)[1].split()[1])
