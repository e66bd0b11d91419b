"""Which tools the programs of a build are: as earlier builds learnt it, or by marks and package databases."""

import msgspec

from builtby.builds.learnt import Known, Learnt, state_of
from builtby.builds.model import Process


def known_tools(processes: tuple[Process, ...], learnt: Learnt | None = None) -> tuple[Process, ...]:
    """Return the processes with their executables' tools and packages. `learnt` is believed, and added to."""
    memory = Learnt() if learnt is None else learnt
    paths = {one.executable for one in processes if one.executable and one.executable.startswith("/")}
    known = {path: found for path in paths if (found := memory.tool(path)) is not None}
    if len(known) < len(paths):
        known |= _found_out(sorted(paths - known.keys()), memory)
    return tuple(
        msgspec.structs.replace(one, tool=found.tool, package=found.package, as_packaged=found.as_packaged)
        if (found := known.get(one.executable or "")) else one
        for one in processes)


def _found_out(paths: list[str], memory: Learnt) -> dict[str, Known]:
    from builtby.builds.tools import Toolbox  # package databases and marks are not needed for what is known

    toolbox = Toolbox(paths)
    before = {path: state_of(toolbox.rests_on(path)) for path in paths}
    memory.asked(toolbox.databases)
    known = {path: toolbox.of(path) for path in paths}
    for path, found in known.items():
        memory.learn(path, before[path], found)
    return known
