"""Runs a command and says what it took: wall, CPU of all its processes, and the most memory they held at once."""

import ctypes
import os
import subprocess
import threading
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

_SAMPLE = 0.1


class Cost(NamedTuple):
    """Seconds, seconds of CPU, bytes; `code` is the exit code, None when it was stopped for taking too long."""

    wall: float
    cpu: float
    memory: int
    code: int | None


def run(command: list[str], limit: float, env: dict[str, str] | None = None) -> Cost:
    """Run a command in a session of its own and measure it; stop it after `limit` seconds."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                          env=os.environ | (env or {})) as process:
        peak = _Peak(process.pid)
        watch = threading.Timer(limit, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        cpu = usage.ru_utime + usage.ru_stime + _orphans()
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # already waited for
        late = not watch.is_alive()
        watch.cancel()
        memory = peak.stop()
    return Cost(wall, cpu, memory, None if late else process.returncode)


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent leaves without waiting for them, so that their CPU counts."""
    subreaper = 36  # PR_SET_CHILD_SUBREAPER
    if hasattr(os, "wait4") and Path("/proc/self").exists():
        ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def _orphans() -> float:
    total = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return total
        total += usage.ru_utime + usage.ru_stime


def median_of(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(median(c.wall for c in costs), median(c.cpu for c in costs), int(median(c.memory for c in costs)),
                costs[0].code)


class _Peak(threading.Thread):
    """Samples the proportional memory of all processes of a session."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session, self._most, self._done = session, 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.wait(_SAMPLE):
            self._most = max(self._most, sum(map(_pss, _members(self._session))))

    def stop(self) -> int:
        """Return the most bytes seen."""
        self._done.set()
        self.join()
        return self._most


def _members(session: int) -> list[Path]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat[3]) == session:
            found.append(folder)
    return found


def _pss(folder: Path) -> int:
    try:
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
