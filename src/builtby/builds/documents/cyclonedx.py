"""`cyclonedx-json`: the build as a formulation, everything in it with `claim: recorded`.

The programs that ran and the files that they read stand in `formulation[].components` (scope `excluded`: they are not
shipped); what the build left stands in `components`. Each program run that used files is a task: the command as its
step, what it read as inputs, what it wrote as outputs. `metadata.tools` is builtby itself, never a compiler.
"""

import posixpath
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from builtby import __version__
from builtby.builds.documents.base import Document
from builtby.builds.documents.parts import CONSUMED, File, Parts, Program, json_bytes
from builtby.builds.model import FileUse, Process, Record
from builtby.marks.load import catalogue
from builtby.reports import names

_SPEC = "1.6"
_WORKFLOW = "build:workflow"


def bill(record: Record) -> dict[str, Any]:
    """Return the bill of materials of a build."""
    parts = Parts(record)
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{_SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC,
        "serialNumber": f"urn:uuid:{names.serial(f'cyclonedx-{_SPEC}', parts.invocation)}",
        "version": 1,
        "metadata": _metadata(parts),
        "components": [_product(parts, file) for file in parts.products],
        "compositions": [{"aggregate": "unknown" if record.complete else "incomplete"}],
        "formulation": [_formula(parts)],
        "properties": [*_properties(("unobserved", reason) for reason in record.unobserved),
                       *_properties(("finding", f"{one.severity}: {one.rule}: {one.message}")
                                    for one in record.findings)],
    }


def _metadata(parts: Parts) -> dict[str, Any]:
    record = parts.record
    return {
        "timestamp": record.started,
        "lifecycles": [{"phase": "build"}],
        "tools": {"components": [
            {"type": "application", "bom-ref": names.BUILTBY_REF, "name": "builtby", "version": __version__}]},
        "component": {"type": "application", "bom-ref": "build:result",
                      "name": posixpath.basename(record.cwd.rstrip("/")) or record.cwd},
        "properties": _properties((
            ("backend", record.backend), ("complete", str(record.complete).lower()),
            ("invocation", parts.invocation), ("exit-code", record.exit_code))),
    }


def _formula(parts: Parts) -> dict[str, Any]:
    record = parts.record
    workflow: dict[str, Any] = {"bom-ref": _WORKFLOW, "uid": parts.invocation, "name": " ".join(record.command),
                                "taskTypes": ["build"]}
    tasks = list(_Tasks(parts).all())
    if tasks:
        workflow["tasks"] = tasks
    workflow["timeStart"] = record.started
    if parts.finished:
        workflow["timeEnd"] = parts.finished
    return {"bom-ref": "formula:build", "workflows": [workflow],
            "components": [*(_tool(program) for program in parts.programs),
                           *(_file(parts, file, "input") for file in parts.inputs)]}


def _tool(program: Program) -> dict[str, Any]:
    process, file = program.first, program.file
    tool = process.tool
    component: dict[str, Any] = {"type": "application", "bom-ref": _ref("tool", file),
                                 "name": tool.tool if tool else posixpath.basename(file.path)}
    if tool and tool.version:
        component["version"] = tool.version
    component["scope"] = "excluded"
    component["hashes"] = [{"alg": "SHA-256", "content": file.sha256}]
    purl = (tool.purl if tool else None) or process.package
    cpe = _cpes().get(tool.tool) if tool else None
    if cpe and tool and tool.version:
        component["cpe"] = cpe.replace("{version}", tool.version)
    if purl:
        component["purl"] = purl
    component["evidence"] = {"identity": [_identity(program)], "occurrences": [{"location": file.path}]}
    component["properties"] = _properties((
        ("relation", "built-by"), ("claim", "recorded"), ("role", tool.role if tool else "program"),
        ("package", process.package),
        ("as-packaged", None if process.as_packaged is None else str(process.as_packaged).lower())))
    return component


def _identity(program: Program) -> dict[str, Any]:
    """Return how it is known: the digest is certain; name and version are those of the place and the package."""
    tool, times = program.first.tool, "once" if program.times == 1 else f"{program.times} times"
    named = 0.95 if tool and tool.version else 0.8 if tool else 0.5
    ran = {"technique": "dynamic-analysis", "confidence": named, "value": f"ran {times}, hashed before it ran"}
    return {"field": "version" if tool and tool.version else "name", "confidence": named,
            "concludedValue": tool.version if tool and tool.version else tool.tool if tool
            else posixpath.basename(program.file.path),
            "methods": [ran], "tools": [names.BUILTBY_REF]}


def _file(parts: Parts, file: File, relation: str) -> dict[str, Any]:
    return {"type": "file", "bom-ref": _ref(relation, file), "name": parts.short(file.path),
            **({"scope": "excluded"} if relation == "input" else {}),
            "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            "properties": _properties((("relation", relation), ("claim", "recorded")))}


def _product(parts: Parts, file: File) -> dict[str, Any]:
    url = f"urn:cdx:{names.serial(f'cyclonedx-{_SPEC}', parts.invocation)}/1#formula:build"
    return _file(parts, file, "product") | {"externalReferences": [{"type": "formulation", "url": url}]}


class _Tasks:
    """The program runs that used a file of the bill."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tools = {program.file for program in parts.programs}
        self._inputs, self._products = set(parts.inputs), dict(parts.products)
        self._uses: dict[int, list[FileUse]] = {}
        for use in parts.uses:
            self._uses.setdefault(use.process, []).append(use)

    def all(self) -> Iterator[dict[str, Any]]:
        for process in self._parts.record.processes:
            task = self._task(process)
            if task:
                yield task

    def _task(self, process: Process) -> dict[str, Any] | None:
        """Return a program run as a task; None for one that neither is a tool nor used a file of the bill."""
        own = File(process.executable or "", process.sha256 or "")
        read, left = self._files(process)
        if not (read or left or own in self._tools):
            return None
        told: dict[str, Any] = {
            "bom-ref": f"task:{process.id}", "uid": f"task:{process.id}",
            "name": posixpath.basename(process.executable or "") or "forked", "taskTypes": ["build"],
            "resourceReferences": [{"ref": _ref("tool", own)}] if own in self._tools else None,
            "steps": [{"commands": [{"executed": " ".join(process.argv)}]}] if process.argv else None,
            "inputs": [{"resource": {"ref": _ref("input", file)}} for file in read],
            "outputs": [{"type": "artifact", "resource": {"ref": _ref("product", file)}} for file in left],
            "properties": _properties((("parent", process.parent or None), ("started", process.started),
                                       ("ended", process.ended), ("exit-code", process.exit_code)))}
        return {name: value for name, value in told.items() if value}

    def _files(self, process: Process) -> tuple[list[File], list[File]]:
        """Return which inputs of the bill a program read, and which of its products it put where they are."""
        uses = self._uses.get(process.id, [])
        read = {File(use.path, use.sha256) for use in uses if use.access in CONSUMED and use.sha256}
        put = {path for use in uses if use.access in ("write", "rename") for path in (use.path, use.to) if path}
        left = (File(path, self._products[path]) for path in put if path in self._products)
        return sorted(read & self._inputs), sorted(left)


@cache
def _cpes() -> dict[str, str]:
    return {tool.tool: tool.cpe for tool in catalogue().tools if tool.cpe}


def _ref(kind: str, file: File) -> str:
    return f"{kind}:{names.short(*file)}"


def _properties(pairs: Iterable[tuple[str, object]]) -> list[dict[str, str]]:
    return [{"name": f"builtby:{name}", "value": str(value)} for name, value in pairs if value is not None]


def write(record: Record) -> Iterator[bytes]:
    """Yield the bill."""
    yield json_bytes(bill(record))


DOCUMENT = Document("cyclonedx-json", "CycloneDX 1.6, the build as a formulation", write)
