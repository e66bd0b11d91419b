"""SLSA v1 provenance, as an unsigned in-toto statement: https://slsa.dev/spec/v1.1/provenance.

Subjects are the files that the build wrote and left below its working directory; dependencies are the files that it
read, and the executables that it ran, each with the digest taken at that moment.
"""

import os
from typing import Any
from urllib.parse import quote

from builtby.builds.model import Process, Record

STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://builtby.dev/buildtypes/recorded/v1"
BUILDER = "https://builtby.dev/builders/record"
_CONSUMED = ("read", "link")


def provenance(record: Record) -> dict[str, Any]:
    """Return the statement of a record. The same record gives the same statement."""
    return {
        "_type": STATEMENT,
        "subject": _subjects(record),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"command": list(record.command), "workingDirectory": record.cwd},
                "internalParameters": {
                    "backend": record.backend, "complete": record.complete, "unobserved": list(record.unobserved)},
                "resolvedDependencies": [*_tools(record), *_inputs(record)],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"builtby": record.host.get("builtby", "")}},
                "metadata": {"startedOn": record.started},
            },
        },
    }


def _subjects(record: Record) -> list[dict[str, Any]]:
    """Return what was left: a file written, or renamed into place, that is still there."""
    left: dict[str, str] = {}
    inside = record.cwd.rstrip("/") + "/"
    for use in record.files:
        path = use.to if use.access == "rename" and use.to else use.path
        if use.access in ("write", "rename") and use.sha256 and path.startswith(inside):
            left[path.removeprefix(inside)] = use.sha256
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(left.items())]


def _tools(record: Record) -> list[dict[str, Any]]:
    """Return the executables that ran and were not made by the build itself, each once, with what they are."""
    made = _made(record)
    ran: dict[tuple[str, str], Process] = {}
    for process in record.processes:
        if process.executable and process.sha256 and process.executable not in made:
            ran.setdefault((process.executable, process.sha256), process)
    return [_tool(process) for _, process in sorted(ran.items())]


def _tool(process: Process) -> dict[str, Any]:
    path = process.executable or ""
    described: dict[str, Any] = {"name": os.path.basename(path), "digest": {"sha256": process.sha256}}  # noqa: PTH119
    uri = process.tool.purl if process.tool and process.tool.purl else process.package
    told = {"path": path, "package": process.package, "asPackaged": process.as_packaged,
            "tool": process.tool.tool if process.tool else None,
            "version": process.tool.version if process.tool else None,
            "role": process.tool.role if process.tool else None}
    described["uri"] = uri or f"file://{quote(path)}"
    described["annotations"] = {name: value for name, value in told.items() if value is not None}
    return described


def _inputs(record: Record) -> list[dict[str, Any]]:
    """Return what was read and not made by the build itself, nor run: once for each content that was read."""
    made = _made(record)
    ran = {(process.executable, process.sha256) for process in record.processes}
    read = {(use.path, use.sha256) for use in record.files if use.access in _CONSUMED and use.sha256}
    return [
        {"name": _named(path, record.cwd), "uri": f"file://{quote(path)}", "digest": {"sha256": digest}}
        for path, digest in sorted(read - ran, key=str) if path not in made]


def _made(record: Record) -> set[str]:
    """Return the paths at which the build itself put something."""
    return {use.path for use in record.files if use.access == "write"} | {
        use.to for use in record.files if use.access in ("rename", "link", "symlink") and use.to}


def _named(path: str, folder: str) -> str:
    return path.removeprefix(folder.rstrip("/") + "/")
