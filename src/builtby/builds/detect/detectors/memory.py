"""Programs that look into processes which are neither theirs nor themselves."""

import re
from collections.abc import Iterator

from builtby.builds.detect.build import Build
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among
from builtby.builds.model import Process

_FILE = re.compile(r"/proc/(\d+)/(?:task/\d+/)?(mem|environ|auxv)$")
_CALL = re.compile(r"process (\d+)")


def memory_of_others(build: Build) -> Iterator[Hit]:
    """Yield reads of memory and environments of processes that the reader did not start."""
    for touch in build.touches:
        found = _FILE.match(touch.path)
        if found and touch.access == "read" and _is_foreign(build, touch.use.process, int(found[1])):
            yield Hit(touch.use.process, touch.path, {"what": touch.path}, touch.use.refused)
    for note in build.record.notable:
        pid = _CALL.search(note.detail) if note.call in ("ptrace", "process_vm", "pidfd_getfd") else None
        if pid and _is_foreign(build, note.process, int(pid[1])):
            yield Hit(note.process, None, {"what": f"another process ({note.call}: {note.detail})"}, note.refused)


def _is_foreign(build: Build, number: int, pid: int) -> bool:
    actor = build.by_id.get(number)
    if actor is None or actor.pid == pid or pid in _started(build, actor):
        return False
    program = build.program(number)
    known = program is not None and among(build.true_names(program), "debuggers")
    return not known or build.owner(number).within == "hook"


def _started(build: Build, actor: Process) -> set[int]:
    """Return the numbers that the kernel gave to what a process started, and to what those started."""
    return {one.pid for one in build.record.processes if any(above.pid == actor.pid for above in build.line(one.id))}


DETECTORS = {"memory-of-others": memory_of_others}
