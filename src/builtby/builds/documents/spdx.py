"""`spdx-json`: SPDX 3.0.1. One Build uses the tools that ran, has inputs that were read and outputs that were left.

A Package stands for a tool, as SPDX's own Tool has neither version nor purl. Relationships have the scope `build`, and
say `incomplete` when the record does.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from builtby import __version__
from builtby.builds.documents.base import Document
from builtby.builds.documents.parts import File, Parts, Program, json_bytes
from builtby.builds.model import Record
from builtby.builds.provenance import BUILD_TYPE
from builtby.reports import names

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION = "_:creation"
_PROFILES = ["core", "software", "build"]
Element = dict[str, Any]


class _Graph:
    """The elements of the document, each named within the document's own space."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._space = f"urn:uuid:{names.serial('spdx-3.0.1', parts.invocation)}#"

    def elements(self) -> Iterator[Element]:
        """Yield them all."""
        parts = self._parts
        yield from self._frame()
        yield self._build()
        for kind, files in (("input", parts.inputs), ("product", parts.products)):
            yield from (self._file(kind, file) for file in files)
        yield from map(self._tool, parts.programs)
        yield from self._relations()

    def _frame(self) -> Iterator[Element]:
        record = self._parts.record
        yield {"type": "CreationInfo", "@id": _CREATION, "created": record.started,
               "createdBy": [f"{self._space}builtby"], "specVersion": "3.0.1"}
        yield self._element("SoftwareAgent", "builtby", name=f"builtby {__version__}")
        yield self._element("SpdxDocument", "document", name="builtby record", rootElement=[f"{self._space}sbom"],
                            profileConformance=_PROFILES)
        yield self._element("software_Sbom", "sbom", software_sbomType=["build"],
                            rootElement=[f"{self._space}build"], profileConformance=_PROFILES)
        for number, reason in enumerate(record.unobserved):
            yield self._element("Annotation", f"unobserved-{number}", annotationType="other",
                                subject=f"{self._space}build", statement=f"not observed: {reason}")

    def _build(self) -> Element:
        record = self._parts.record
        steering = {name: value for one in record.environments[:1] for name, value in sorted(one.values.items())}
        return self._element(
            "build_Build", "build", build_buildType=BUILD_TYPE, build_buildId=self._parts.invocation,
            build_buildStartTime=record.started, build_buildEndTime=self._parts.finished or None,
            build_parameter=_entries({"command": " ".join(record.command), "workingDirectory": record.cwd}),
            build_environment=_entries(steering) or None,
            comment=f"claim: recorded, by {record.backend}; {'complete' if record.complete else 'incomplete'}")

    def _file(self, kind: str, file: File) -> Element:
        return self._element("software_File", _ref(kind, file), name=self._parts.short(file.path),
                             verifiedUsing=_hash(file))

    def _tool(self, program: Program) -> Element:
        process, file = program.first, program.file
        tool = process.tool
        return self._element(
            "software_Package", _ref("tool", file), name=tool.tool if tool else posixpath.basename(file.path),
            software_packageVersion=tool.version if tool else None,
            software_packageUrl=(tool.purl if tool else None) or process.package,
            verifiedUsing=_hash(file), comment=_told(program))

    def _relations(self) -> Iterator[Element]:
        parts = self._parts
        kinds = (("usesTool", "tool", (program.file for program in parts.programs)),
                 ("hasInput", "input", parts.inputs), ("hasOutput", "product", parts.products))
        for relation, kind, files in kinds:
            to = [self._space + _ref(kind, file) for file in files]
            if to:
                element = self._element(
                    "LifecycleScopedRelationship", relation, relationshipType=relation, scope="build",
                    completeness="noAssertion" if parts.record.complete else "incomplete", comment="claim: recorded")
                yield element | {"from": f"{self._space}build", "to": to}

    def _element(self, kind: str, ref: str, **fields: object) -> Element:
        given = {name: value for name, value in fields.items() if value is not None}
        return {"type": kind, "spdxId": self._space + ref, "creationInfo": _CREATION, **given}


def _told(program: Program) -> str:
    process = program.first
    packaged = {True: "as its package shipped it", False: "DIFFERS from what its package shipped"}
    words = [program.file.path, process.tool.role if process.tool else None,
             f"package {process.package}" if process.package else None,
             packaged.get(process.as_packaged) if process.as_packaged is not None else None,
             f"ran {program.times} times" if program.times > 1 else "ran once", "claim: recorded"]
    return "; ".join(filter(None, words))


def _ref(kind: str, file: File) -> str:
    return f"{kind}-{names.short(*file)}"


def _hash(file: File) -> list[Element]:
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": file.sha256}]


def _entries(pairs: dict[str, str]) -> list[Element]:
    return [{"type": "DictionaryEntry", "key": key, "value": value} for key, value in pairs.items()]


def write(record: Record) -> Iterable[bytes]:
    """Yield the document."""
    yield json_bytes({"@context": CONTEXT, "@graph": list(_Graph(Parts(record)).elements())})


DOCUMENT = Document("spdx-json", "SPDX 3.0.1, a Build with its tools, inputs and outputs", write)
