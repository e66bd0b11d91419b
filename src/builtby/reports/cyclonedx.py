"""`cyclonedx-json`: a bill of materials that says what built it.

The tools stand in `formulation` (scope `excluded`: they are not shipped), with the evidence and every place where it
was found; what they left inside stands in `components` as `required`, because that part is shipped and can be
vulnerable. `metadata.tools` is builtby itself, never a compiler.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import IO, Any

from builtby import __version__
from builtby.model import Artifact, Present
from builtby.reports import names
from builtby.reports.base import Report, ReportOptions
from builtby.reports.cyclonedx_tools import LONGEST_VERSION, Gathered, Use, citations, leftover, tool_fields
from builtby.reports.cyclonedx_vulnerabilities import Vulnerabilities
from builtby.reports.libraries import libraries
from builtby.reports.results import Results
from builtby.reports.stream import JsonWriter, iso_time

_TOOLS = "formula:tools"


def write(results: Results, stream: IO[bytes], options: ReportOptions, version: str = "1.6") -> None:
    """Write the scan as CycloneDX JSON of the given version of the standard."""
    serial = names.serial(f"cyclonedx-{version}", results.digest())
    out = JsonWriter(stream)
    out.member("$schema", f"http://cyclonedx.org/schema/bom-{version}.schema.json")
    out.member("bomFormat", "CycloneDX")
    out.member("specVersion", version)
    out.member("serialNumber", f"urn:uuid:{serial}")
    out.member("version", 1)
    out.member("metadata", _metadata(results, options))
    with Gathered(results) as gathered:
        out.array("components", _components(results, gathered, serial))
        out.array("dependencies", _dependencies(results))
        out.array("compositions", [{"aggregate": "incomplete" if any(True for _ in results.skipped) else "unknown"}])
        out.array("formulation", _formulas(gathered), partial(_write_formula, stream, gathered, version))
        if version != "1.6" and gathered.tools:
            out.array("citations", citations(gathered, iso_time(options.timestamp or 0)))
    with Vulnerabilities(results) as vulnerabilities:
        if vulnerabilities:
            out.array("vulnerabilities", vulnerabilities, vulnerabilities.writer(stream))
    out.array("properties", _skipped(results))
    out.end()
    stream.write(b"\n")


def _metadata(results: Results, options: ReportOptions) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if options.timestamp is not None:
        metadata["timestamp"] = iso_time(options.timestamp)
    metadata["lifecycles"] = [{"phase": "post-build"}]
    metadata["tools"] = {"components": [
        {"type": "application", "bom-ref": names.BUILTBY_REF, "name": "builtby", "version": __version__},
    ]}
    if len(results.targets) == 1:
        target = results.targets[0]
        kind = "application" if target.kind in ("file", "directory") else "container"  # trivy reads no other
        metadata["component"] = {"type": kind, "bom-ref": "target:0", "name": target.ref}
        if target.digest:
            metadata["component"]["version"] = target.digest
    metadata["properties"] = [
        {"name": "builtby:target", "value": f"{target.kind} {target.ref}"} for target in results.targets
    ]
    return metadata


def _components(results: Results, gathered: Gathered, serial: str) -> Iterator[dict[str, Any]]:
    for key, made in sorted(gathered.leftovers.items()):
        yield leftover(key, made)
    for library in sorted(gathered.libraries):
        yield library.component()
    for present in results.present:
        yield _present(results, present)
    for artifact in results.artifacts:
        yield _artifact(results, artifact, serial)


def _artifact(results: Results, artifact: Artifact, serial: str) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "file", "bom-ref": names.artifact_ref(artifact),
        "name": names.place(results.targets, artifact.target, artifact.path),
    }
    if artifact.sha256:
        component["hashes"] = [{"alg": "SHA-256", "content": artifact.sha256}]
    formula = Gathered.formula(artifact)
    if formula:
        component["externalReferences"] = [{"type": "formulation", "url": f"urn:cdx:{serial}/1#{formula}"}]
    component["properties"] = _properties(
        ("relation", "artifact"), ("format", artifact.format), ("size", artifact.size), ("layer", artifact.layer),
        ("package", artifact.package), *(("built-by", names.label(made)) for made in artifact.built_by),
        ("built-by", None if artifact.built_by else "not marked"),
        *((f"fact:{name}", value) for name, value in sorted(artifact.facts.items())),
    )
    return component


def _present(results: Results, present: Present) -> dict[str, Any]:
    location = names.place(results.targets, present.target, present.path)
    component: dict[str, Any] = {
        "type": "application", "bom-ref": names.present_ref(results.targets, present), "name": present.tool,
    }
    if present.version:
        component["version"] = present.version[:LONGEST_VERSION]
    if present.package or present.purl:
        component["purl"] = present.package or present.purl
    component["evidence"] = {"occurrences": [{"location": location}]}
    component["properties"] = _properties(
        ("relation", "present"), ("role", present.role.value), ("claim", present.claim.value),
        ("layer", present.layer), ("upstream", present.purl if present.package else None),
    )
    return component


def _dependencies(results: Results) -> Iterator[dict[str, Any]]:
    for artifact in results.artifacts:
        left = {names.tool_key(made).ref for made in names.leftovers(artifact)}
        inside = sorted(left | {library.ref for library in libraries(artifact)})
        if inside:
            yield {"ref": names.artifact_ref(artifact), "dependsOn": inside}


def _formulas(gathered: Gathered) -> list[tuple[str, tuple[str, ...]]]:
    """The first holds the tools; each of the others is one set of tools that some artifact was made with."""
    return [(_TOOLS, ()), *sorted(gathered.toolsets.items())] if gathered.tools else []


def _write_formula(stream: IO[bytes], gathered: Gathered, version: str, formula: tuple[str, tuple[str, ...]]) -> None:
    ref, tools = formula
    out = JsonWriter(stream)
    out.member("bom-ref", ref)
    if ref == _TOOLS:
        out.array("components", groupby(gathered.uses, key=lambda use: use.tool),
                  partial(_write_tool, stream, gathered, version))
    else:
        task = {"bom-ref": f"{ref}:task", "uid": f"{ref}:task", "taskTypes": ["build"],
                "resourceReferences": [{"ref": tool} for tool in tools]}
        out.member("workflows", [{"bom-ref": f"{ref}:workflow", "uid": f"{ref}:workflow", "taskTypes": ["build"],
                                  "tasks": [task]}])
    out.end()


def _write_tool(stream: IO[bytes], gathered: Gathered, version: str, group: tuple[str, Iterator[Use]]) -> None:
    ref, uses = group
    fields, identity, properties = tool_fields(gathered.tools[ref], version)
    out = JsonWriter(stream)
    for name, value in fields.items():
        out.member(name, value)
    evidence = out.open("evidence")
    evidence.member("identity", [identity])
    evidence.array("occurrences", (use.occurrence() for use in uses))
    evidence.end()
    out.member("properties", _properties(*properties))
    out.end()


def _skipped(results: Results) -> Iterator[dict[str, str]]:
    for skipped in results.skipped:
        place = names.place(results.targets, skipped.target, skipped.path)
        yield {"name": "builtby:skipped", "value": f"{place}: {skipped.reason}"}


def _properties(*pairs: tuple[str, object]) -> list[dict[str, str]]:
    return [{"name": f"builtby:{name}", "value": str(value)} for name, value in pairs if value is not None]


def _of(version: str) -> Callable[[Results, IO[bytes], ReportOptions], None]:
    return partial(write, version=version)


REPORTS = [
    Report("cyclonedx-json", "CycloneDX 1.6, tools in `formulation`", _of("1.6"), aliases=("cyclonedx-json@1.6",)),
    Report("cyclonedx-json@1.7", "CycloneDX 1.7, with citations", _of("1.7")),
]
