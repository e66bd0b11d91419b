"""How strace is called, and whether it works here."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from builtby.builds.seccomp.notify import UnavailableError
from builtby.builds.seccomp.warden import warded
from builtby.builds.strace.calls import VIEWS
from builtby.builds.strace.people import BIRTHS

CALLS = (
    "execve", "execveat", "open", "creat", "openat", "openat2", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "unlink", "unlinkat", "chmod", "fchmodat", "fchmodat2", "truncate", "chdir", "fchdir",
    *sorted(BIRTHS), "connect", "sendto", "sendmsg", "sendmmsg", "ptrace", "memfd_create", "io_uring_setup",
    "process_vm_readv", "process_vm_writev", *VIEWS)
"""Calls that are looked at; a machine that lacks one, as arm64 lacks `open`, does without."""
LONGEST_TEXT = 8192
"""Bytes of a word, and words of a command, that strace prints."""
NOT_FOUND, NOT_RUN = 127, 126
_SECONDS = 20.0
_NUMBER = 4
_REMEDY = ("Install strace 5.3 or later (apt-get install strace, apk add strace, dnf install strace), where ptrace is "
           "allowed.")


def words(program: str, pipe: str, command: list[str]) -> list[str]:
    """Return the command under strace, which writes to a pipe and stays out of the command's way.

    `-DDD`: strace is no parent of the command, and in a session of its own, so that signals, exit codes and the
    terminal are as they were. `-I 1`: it ends when nobody reads the pipe any more, and with it the command. `io_uring`
    is refused, for what it opens is not seen.
    """
    return [program, "-DDD", "-I", "1", "-f", "--seccomp-bpf", "-q", "-y", "-v", "-ttt", "-s",
            str(LONGEST_TEXT), "-e", "signal=!chld,urg,winch", "-e", "trace=" + ",".join(f"?{name}" for name in CALLS),
            "-e", "inject=?io_uring_setup:error=ENOSYS", "-o", pipe, "--", *command]


def found() -> str:
    """Return strace's path. Raises UnavailableError when it is not there or cannot trace here."""
    program = shutil.which("strace")
    if program is None:
        raise UnavailableError("strace is not installed", _REMEDY)
    with tempfile.TemporaryDirectory(prefix="builtby-") as folder:
        log = Path(folder) / "log"
        said = _tried(words(program, str(log), [program, "-V"]))
        seen = log.read_bytes() if log.exists() else b""
    if said or b"execve(" not in seen:
        raise UnavailableError(f"strace cannot trace here: {said or 'it saw nothing'}", _REMEDY)
    return program


def _tried(command: list[str]) -> str:
    """Trace strace itself, which is there for certain; return what went wrong."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("strace: ") if lines else f"exit code {done.returncode}" if done.returncode else ""


def missing(command: list[str]) -> tuple[int, str] | None:
    """Return the exit code and reason of a command that is not there, as a shell has it; None when it can be tried."""
    name = command[0]
    if shutil.which(name) is not None:
        return None
    if "/" in name and os.path.exists(name):  # noqa: PTH110  # as the shell asks
        return NOT_RUN, "Is a directory" if os.path.isdir(name) else "Permission denied"  # noqa: PTH112
    return NOT_FOUND, "No such file or directory"


class Traced(NamedTuple):
    """A command that runs under strace, below a warden, which ends both when the recorder is killed."""

    pid: int
    warden: int
    status: int
    """A descriptor on which the command's wait status comes, as four bytes."""


def start(command: list[str]) -> Traced:
    """Start a command."""
    told, tell = os.pipe2(os.O_CLOEXEC)
    started = warded(lambda: _become(command, tell), lambda: os.close(tell))
    os.close(tell)
    with open(told, "rb") as pipe:  # noqa: PTH123  # a descriptor
        return Traced(int.from_bytes(pipe.read(_NUMBER), "little"), started.warden, started.status)


def _become(command: list[str], tell: int) -> NoReturn:
    try:
        os.write(tell, os.getpid().to_bytes(_NUMBER, "little"))
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them for itself
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606  # no shell
    except OSError as error:
        with suppress(OSError):
            os.write(2, f"builtby: cannot run {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(NOT_RUN)
