"""The tools of a CycloneDX document: gathered over all artifacts, each with the places of its marks."""

from collections.abc import Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import msgspec

from builtby.model import Artifact, BuiltBy, Claim
from builtby.reports import names
from builtby.reports.libraries import Library, libraries
from builtby.reports.names import ToolKey
from builtby.reports.results import Results
from builtby.reports.spool import Spool

_TECHNIQUES = {
    Claim.OBSERVED: "binary-analysis", Claim.RECORDED: "dynamic-analysis", Claim.DECLARED: "manifest-analysis",
    Claim.INFERRED: "other",
}
_NOTES = {
    Claim.OBSERVED: "read from the artifacts' own bytes", Claim.RECORDED: "seen while it was built",
    Claim.DECLARED: "a manifest, SBOM or provenance says so", Claim.INFERRED: "concluded, not read",
}
_MOST_METHODS = 8
LONGEST_VERSION = 1024
"""What the standard allows."""


class Use(msgspec.Struct, frozen=True):
    """One place where a tool's mark was found."""

    tool: str
    location: str
    offset: int | None
    context: str | None

    def occurrence(self) -> dict[str, Any]:
        """Return it as CycloneDX writes it."""
        occurrence: dict[str, Any] = {"location": self.location}
        if self.offset is not None:
            occurrence["offset"] = self.offset
        if self.context:
            occurrence["additionalContext"] = self.context
        return occurrence


class Tool:
    """A tool over all the artifacts it took part in."""

    def __init__(self, key: ToolKey, made: BuiltBy) -> None:
        self.key, self.made, self.confidence = key, made, made.confidence
        self.languages: set[str] = set()
        self.methods: dict[str, float] = {}

    def add(self, made: BuiltBy) -> None:
        """Take in one artifact's word about the tool."""
        self.confidence = max(self.confidence, made.confidence)
        if made.language:
            self.languages.add(made.language)
        for mark in made.marks:
            if len(self.methods) < _MOST_METHODS:
                self.methods.setdefault(names.mark_text(mark), made.confidence)


class Gathered:
    """What stands in the formulation: tools, the places of their marks (kept outside memory), sets of tools."""

    def __init__(self, results: Results) -> None:
        self.tools: dict[str, Tool] = {}
        self.leftovers: dict[ToolKey, BuiltBy] = {}
        self.libraries: set[Library] = set()
        self.toolsets: dict[str, tuple[str, ...]] = {}
        self.uses = Spool(Use, lambda use: (use.tool, use.location, use.offset or 0, use.context or ""))
        for artifact in results.artifacts:
            self._take(artifact, names.place(results.targets, artifact.target, artifact.path))

    @staticmethod
    def formula(artifact: Artifact) -> str | None:
        """Return the name of the formula for the set of tools that made an artifact; None if none is known."""
        refs = Gathered._refs(artifact)
        return _formula(refs) if refs else None

    @staticmethod
    def _refs(artifact: Artifact) -> tuple[str, ...]:
        return tuple(sorted({names.tool_key(made).ref for made in names.makers(artifact)}))

    def _take(self, artifact: Artifact, location: str) -> None:
        self.libraries.update(libraries(artifact))
        for made in names.leftovers(artifact):
            self.leftovers.setdefault(names.tool_key(made), made)
        for made in names.makers(artifact):
            key = names.tool_key(made)
            self.tools.setdefault(key.ref, Tool(key, made)).add(made)
            mark = names.first_mark(made)
            self.uses.add(Use(key.ref, location, mark.offset if mark else None, mark.surface if mark else None))
        formula = self.formula(artifact)
        if formula:
            self.toolsets[formula] = self._refs(artifact)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.uses.close()


@lru_cache(maxsize=16384)
def _formula(refs: tuple[str, ...]) -> str:
    return f"formula:{names.short(*refs)}"


def tool_fields(tool: Tool, version: str) -> tuple[dict[str, Any], dict[str, Any], list[tuple[str, object]]]:
    """Return a tool's plain fields, its identity evidence and its properties."""
    made = tool.made
    fields: dict[str, Any] = {"type": "application", "bom-ref": tool.key.ref, "name": made.tool}
    if made.version:
        fields["version"] = made.version[:LONGEST_VERSION]
    elif made.version_range and version != "1.6":
        fields |= {"isExternal": True, "versionRange": f"vers:generic/{made.version_range.replace(',', '|')}"}
    fields["scope"] = "excluded"
    fields |= {name: value for name, value in (("cpe", made.cpe), ("purl", made.purl)) if value}
    properties: list[tuple[str, object]] = [
        ("relation", "built-by"), ("role", made.role.value), ("claim", made.claim.value), ("vendor", made.vendor),
        ("version-range", made.version_range), ("detail", made.detail),
        *(("language", language) for language in sorted(tool.languages)),
    ]
    return fields, _identity(tool), properties


def _identity(tool: Tool) -> dict[str, Any]:
    technique = _TECHNIQUES[tool.made.claim]
    methods = [
        {"technique": technique, "confidence": confidence, "value": text} for text, confidence in tool.methods.items()
    ] or [{"technique": technique, "confidence": tool.confidence}]
    return {
        "field": "version" if tool.made.version else "name",
        "confidence": tool.confidence,
        "concludedValue": tool.made.version or tool.made.tool,
        "methods": methods,
        "tools": [names.BUILTBY_REF],
    }


def leftover(key: ToolKey, made: BuiltBy) -> dict[str, Any]:
    """Return what a tool left inside artifacts, as the component that it is."""
    component: dict[str, Any] = {"type": "library", "bom-ref": key.ref, "name": f"{made.tool} runtime"}
    if made.version:
        component["version"] = made.version[:LONGEST_VERSION]
    if made.detail:
        component["description"] = made.detail
    component["scope"] = "required"
    component |= {name: value for name, value in (("cpe", made.cpe), ("purl", made.purl)) if value}
    component["properties"] = [
        {"name": f"builtby:{name}", "value": value}
        for name, value in (("relation", "left-inside"), ("tool", made.tool), ("role", made.role.value),
                            ("claim", made.claim.value), ("version-range", made.version_range),
                            ("vendor", made.vendor)) if value
    ]
    return component


def citations(gathered: Gathered, time: str) -> Iterator[dict[str, Any]]:
    """Yield, for CycloneDX 1.7, who says what: one citation a claim, pointing at the tools it is made of."""
    refs = sorted(gathered.tools)
    for claim in Claim:
        pointers = [f"/formulation/0/components/{index}" for index, ref in enumerate(refs)
                    if gathered.tools[ref].made.claim is claim]
        if pointers:
            yield {"bom-ref": f"citation:{claim.value}", "pointers": pointers, "timestamp": time,
                   "attributedTo": names.BUILTBY_REF, "note": f"{claim.value}: {_NOTES[claim]}"}
