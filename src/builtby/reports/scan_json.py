"""`json`: the contract `builtby/scan/1`, everything that is known, one artifact a line."""

from typing import IO, Any, Literal

import msgspec

from builtby.model import AdvisoryData, Artifact, Present, Skipped, Target
from builtby.reports.base import Report, ReportOptions
from builtby.reports.results import Results
from builtby.reports.stream import JsonWriter

SCHEMA = "builtby/scan/1"


class Document(msgspec.Struct):
    """The whole of a scan, as `builtby scan -f json` writes it.

    Fields may be added; none is taken away or changes its meaning while the name ends in `/1`.
    """

    schema: Literal["builtby/scan/1"]
    targets: list[Target]
    artifacts: list[Artifact]
    present: list[Present]
    skipped: list[Skipped]
    advisories: AdvisoryData | None


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the scan as JSON."""
    out = JsonWriter(stream)
    out.member("schema", SCHEMA)
    out.member("targets", results.targets)
    out.encoded_array("artifacts", results.artifacts.encoded())
    out.encoded_array("present", results.present.encoded())
    out.encoded_array("skipped", results.skipped.encoded())
    out.member("advisories", results.advisories)
    out.end()
    stream.write(b"\n")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the contract, made from the types that are written."""
    (root,), parts = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    for name, part in parts.items():
        if part.get("type") == "object" and name != "Mark":  # a mark leaves out what it has not; the rest is null
            part["required"] = list(part["properties"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **root,
        "$defs": dict(sorted(parts.items())),
    }


REPORT = Report("json", f"everything, as the published contract {SCHEMA}", write)
