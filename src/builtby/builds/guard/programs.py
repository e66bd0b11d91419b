"""Programs that may not be run: those that are in no file, and those that stand before a tool of the same name."""

import os
from fnmatch import fnmatchcase

from builtby.builds.detect.names import among
from builtby.builds.events import Ran, Surroundings
from builtby.builds.guard import policy
from builtby.builds.guard.places import below, places
from builtby.builds.guard.room import Room

_MEMORY = "/memfd:"
"""How the kernel names files that are in memory only."""


class Programs:
    """Says of each program that is about to run why it may not be."""

    def __init__(self, room: Room, allowed: policy.Programs) -> None:
        self._room, self._allowed = room, allowed
        self._searches: dict[int, tuple[str, ...]] = {}

    def learns(self, event: Surroundings) -> None:
        """Note where programs with an environment look for others."""
        self._searches[event.number] = tuple(event.values.get("PATH", "").split(":"))

    def objection(self, event: Ran) -> tuple[str, str] | None:
        """Return the path of what may not be run, and why; None for all else."""
        path = event.script or event.executable
        if path.startswith(_MEMORY) and not self._allowed.memory and not any(
                fnmatchcase(path, pattern) for pattern in places().memory_programs):
            return path, "runs a program that is in no file"
        if not self._allowed.shadowing and self._may_be_planted(path):
            names = {os.path.basename(name) for name in (path, *event.argv[:1])}  # noqa: PTH119  # text
            shadowed = next((name for name in sorted(names) if self._shadows(path, name, event)), None)
            if shadowed is not None:
                return path, f"runs a program that stands before the system's {shadowed} in PATH"
        return None

    def _may_be_planted(self, path: str) -> bool:
        return self._room.may_write(path) or below(path, self._room.folder)

    def _shadows(self, path: str, name: str, event: Ran) -> bool:
        """Whether PATH leads to this file for the name of a tool that a later folder of it has too."""
        if not among((name,), "tools") or among((name,), "brought"):
            return False
        here = event.cwd or self._room.folder
        search = [os.path.join(here, folder) for folder in self._searches.get(event.environment, ())]  # noqa: PTH118
        found = next((number for number, folder in enumerate(search) if self._is(f"{folder}/{name}", path)), None)
        return found is not None and any(self._is_tool(f"{folder}/{name}") for folder in search[found + 1 :])

    def _is(self, name: str, path: str) -> bool:
        try:
            return os.path.samefile(self._room.outside(name), self._room.outside(path))  # noqa: PTH121
        except OSError:
            return False

    def _is_tool(self, path: str) -> bool:
        return not self._may_be_planted(path) and os.access(self._room.outside(path), os.X_OK)
