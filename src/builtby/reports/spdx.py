"""`spdx-json`: SPDX 3.0.1. Each artifact is the output of a Build, which uses the tools that left their marks.

A Package stands for a tool (SPDX's own Tool has neither version nor purl); what a tool left inside is a static link.
"""

from collections.abc import Iterator
from typing import IO

from builtby import __version__
from builtby.model import Artifact, BuiltBy, Present
from builtby.reports import names
from builtby.reports.base import Report, ReportOptions
from builtby.reports.results import Results
from builtby.reports.spdx_security import Element, Long, Security
from builtby.reports.stream import JsonWriter, encode, iso_time

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
BUILD_TYPE = "https://builtby.dev/buildtypes/observed-binary/v1"
_CREATION = "_:creation"


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the scan as SPDX 3.0.1 JSON-LD. SPDX demands a time of creation: 1970 means that none was given."""
    space = f"urn:uuid:{names.serial('spdx-3.0.1', results.digest())}#"
    out = JsonWriter(stream)
    out.member("@context", CONTEXT)
    with Security(results, space, _present_ref) as security:
        graph = _Graph(results, space, security)
        out.array("@graph", graph.parts(iso_time(options.timestamp or 0)), lambda part: _put(stream, part))
    out.end()
    stream.write(b"\n")


def _put(stream: IO[bytes], part: "Element | Long") -> None:
    if isinstance(part, Long):
        part.write(stream)
    else:
        stream.write(encode(part))


class _Graph:
    """The elements of the document, each named within the document's own space."""

    def __init__(self, results: Results, space: str, security: Security) -> None:
        self._results, self._space, self._security = results, space, security
        self._profiles = ["core", "software", "build", *(["security"] if security.advisories else [])]
        self._packages: dict[str, BuiltBy] = {}

    def parts(self, created: str) -> Iterator[Element | Long]:
        yield from self._frame(created)
        for artifact in self._results.artifacts:
            yield from self._artifact(artifact)
        for ref, made in sorted(self._packages.items()):
            yield self._package(ref, made.tool, made.version, made.purl, made.cpe, made.vendor)
        for present in self._results.present:
            yield from self._present(present)
        for index, _ in enumerate(self._results.targets):
            yield from self._contents(index)
        yield from self._security.parts(self._element)
        for skipped in self._results.skipped:
            ref = f"skipped-{names.short(skipped.target, skipped.path, skipped.reason)}"
            yield self._element("Annotation", ref, annotationType="other", subject=self._target(skipped.target),
                                statement=f"not scanned: {skipped.path}: {skipped.reason}")

    def _frame(self, created: str) -> Iterator[Element]:
        agent, targets = f"{self._space}builtby", [self._target(i) for i in range(len(self._results.targets))]
        yield {"type": "CreationInfo", "@id": _CREATION, "created": created, "createdBy": [agent],
               "specVersion": "3.0.1"}
        yield self._element("SoftwareAgent", "builtby", name=f"builtby {__version__}")
        yield self._element("SpdxDocument", "document", name="builtby scan", rootElement=[f"{self._space}sbom"],
                            profileConformance=self._profiles)
        yield self._element("software_Sbom", "sbom", software_sbomType=["analyzed"], rootElement=targets,
                            profileConformance=self._profiles)
        for index, target in enumerate(self._results.targets):
            yield self._element("software_Package", f"target-{index}", name=target.ref, comment=target.kind,
                                verifiedUsing=_hash(target.digest))

    def _artifact(self, artifact: Artifact) -> Iterator[Element]:
        ref = names.artifact_ref(artifact)
        name = names.place(self._results.targets, artifact.target, artifact.path)
        yield self._element("software_File", ref, name=name, verifiedUsing=_hash(artifact.sha256),
                            comment=None if artifact.built_by else "not marked: no tool left a mark that is known")
        makers = list(names.makers(artifact))
        if makers:
            yield self._element("build_Build", f"build:{ref}", build_buildType=BUILD_TYPE,
                                build_parameter=_parameters(makers))
            yield self._relation(f"build:{ref}", "hasOutput", ref, "build")
        for made in makers:
            yield self._relation(f"build:{ref}", "usesTool", self._tool(made), "build", made)
        for made in names.leftovers(artifact):
            yield self._relation(ref, "hasStaticLink", self._tool(made), "runtime", made)

    def _present(self, present: Present) -> Iterator[Element]:
        ref = _present_ref(present)
        yield self._package(ref, present.tool, present.version, present.package or present.purl, None,
                            f"installed at {present.path}")
        yield self._relation(f"target-{present.target}", "contains", ref, None)

    def _contents(self, index: int) -> Iterator[Long]:
        def refs() -> Iterator[str]:
            return (self._space + names.artifact_ref(a) for a in self._results.artifacts if a.target == index)

        if next(refs(), None) is not None:
            element = self._element("Relationship", f"contents-{index}", relationshipType="contains",
                                    completeness="incomplete")
            yield Long(element | {"from": self._target(index)}, refs)

    def _tool(self, made: BuiltBy) -> str:
        ref = names.tool_key(made).ref
        self._packages.setdefault(ref, made)
        return ref

    def _target(self, index: int) -> str:
        return f"{self._space}target-{index}"

    def _package(self, ref: str, name: str, version: str | None, purl: str | None, cpe: str | None,
                 comment: str | None) -> Element:
        cpes = [{"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": cpe}] if cpe else None
        return self._element("software_Package", ref, name=name, software_packageVersion=version,
                             software_packageUrl=purl, externalIdentifier=cpes, comment=comment)

    def _relation(self, origin: str, kind: str, to: str, scope: str | None, made: BuiltBy | None = None) -> Element:
        ref = f"{kind}-{names.short(origin, kind, to)}"
        element = self._element("LifecycleScopedRelationship" if scope else "Relationship", ref,
                                relationshipType=kind, scope=scope, comment=_comment(made) if made else None)
        return element | {"from": self._space + origin, "to": [self._space + to]}

    def _element(self, kind: str, ref: str, **fields: object) -> Element:
        given = {name: value for name, value in fields.items() if value is not None}
        return {"type": kind, "spdxId": self._space + ref, "creationInfo": _CREATION, **given}


def _present_ref(present: Present) -> str:
    return f"present:{names.short(present.target, present.tool, present.version, present.path, present.layer)}"


def _comment(made: BuiltBy) -> str:
    mark = names.first_mark(made)
    told = f"; {names.mark_text(mark)}" if mark else ""
    inside = f"; {made.detail}" if made.detail else ""
    return f"{names.label(made)}; confidence {made.confidence:g}{inside}{told}"


def _parameters(makers: list[BuiltBy]) -> list[Element] | None:
    flags = " ".join(flag for made in makers for flag in made.flags)
    return [{"type": "DictionaryEntry", "key": "flags", "value": flags}] if flags else None


def _hash(digest: str | None) -> list[Element] | None:
    value = (digest or "").removeprefix("sha256:")
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": value}] if value else None


REPORT = Report("spdx-json", "SPDX 3.0.1, a Build with its tools for each artifact", write)
