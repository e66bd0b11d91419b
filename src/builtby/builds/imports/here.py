"""Which tools the programs of a log are, by this machine's files: as far as those are the ones that ran."""

import hashlib
from pathlib import Path

import msgspec

from builtby.builds.identify import known_tools
from builtby.builds.model import Process, ToolUsed

OTHERS = ("which versions of tools ran, and whether they are as packaged, of executables whose digest the log does not "
          "tell: it may be another machine's")
NOW = ("executables of which the log tells no digest: tools and packages are those of the files that are on this "
       "machine now, not of when they ran")
CHANGED = "executables that are other files on this machine than those that ran, or are not there"


def identified(processes: tuple[Process, ...], *, same_machine: bool) -> tuple[tuple[Process, ...], tuple[str, ...]]:
    """Return the processes with their tools and packages, and what is not known of them, in words.

    A file with the digest that the log tells is the one that ran. Of one without a digest that is only believed with
    `same_machine`: its tool is then inferred, and its digest, being of now, is left out.
    """
    now = {path: _digest(path) for path in sorted({one.executable for one in processes if one.executable})}
    same = {one.id for one in processes if one.sha256 and one.sha256 == now.get(one.executable or "")}
    inferred = {one.id for one in processes if same_machine and not one.sha256 and now.get(one.executable or "")}
    found = known_tools(tuple(one for one in processes if one.id in same | inferred))
    known = {one.id: _inferred(one) if one.id in inferred else one for one in found}
    untold = any(one.executable and not one.sha256 for one in processes)
    changed = sum(one.sha256 is not None and one.id not in same for one in processes)
    notes = (*((NOW if same_machine else OTHERS,) if untold else ()), *((f"{CHANGED} ({changed})",) if changed else ()))
    return tuple(known.get(one.id, one) for one in processes), notes


def _inferred(process: Process) -> Process:
    tool: ToolUsed | None = process.tool
    return msgspec.structs.replace(process, tool=msgspec.structs.replace(tool, claim="inferred") if tool else None)


def _digest(path: str) -> str | None:
    """Return the sha256 of what is at a full path now; None when that is no file, or cannot be read."""
    try:
        if not path.startswith("/") or not Path(path).is_file():
            return None
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None
