"""`csv`: one row for an artifact and a tool, for spreadsheets and databases."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO

from builtby.model import Artifact, BuiltBy, Present, Skipped
from builtby.reports.base import Report, ReportOptions
from builtby.reports.results import Results

COLUMNS = (
    "target", "path", "layer", "sha256", "size", "format", "package", "relation", "tool", "version", "version_range",
    "role", "vendor", "language", "detail", "claim", "confidence", "share", "purl", "mark", "reason",
)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_FLUSH = 1 << 16

Row = dict[str, object]


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the scan as CSV (RFC 4180, UTF-8, header first)."""
    write_rows(stream, COLUMNS, ([safe(row.get(name)) for name in COLUMNS] for row in _rows(results)))


def write_rows(stream: IO[bytes], columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write rows of safe values as CSV, a piece at a time."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(columns)
    for row in rows:
        table.writerow(row)
        if text.tell() >= _FLUSH:
            stream.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    stream.write(text.getvalue().encode())


def _rows(results: Results) -> Iterator[Row]:
    refs = [target.ref for target in results.targets]
    for artifact in results.artifacts:
        yield from _artifact_rows(artifact, refs[artifact.target])
    for present in results.present:
        yield _present_row(present, refs[present.target])
    for skipped in results.skipped:
        yield _skipped_row(skipped, refs[skipped.target])


def _artifact_rows(artifact: Artifact, ref: str) -> Iterator[Row]:
    about: Row = {
        "target": ref, "path": artifact.path, "layer": artifact.layer, "sha256": artifact.sha256,
        "size": artifact.size, "format": artifact.format, "package": artifact.package,
    }
    for made in artifact.built_by:
        yield about | {"relation": "built-by"} | _tool(made)
    if not artifact.built_by:
        yield about | {"relation": "not-marked"}


def _tool(made: BuiltBy) -> Row:
    return {
        "tool": made.tool, "version": made.version, "version_range": made.version_range, "role": made.role.value,
        "vendor": made.vendor, "language": made.language, "detail": made.detail, "claim": made.claim.value,
        "confidence": made.confidence, "share": made.share, "purl": made.purl,
        "mark": f"{made.marks[0].surface}: {made.marks[0].value}" if made.marks else None,
    }


def _present_row(present: Present, ref: str) -> Row:
    return {
        "target": ref, "path": present.path, "layer": present.layer, "package": present.package,
        "relation": "present", "tool": present.tool, "version": present.version, "role": present.role.value,
        "claim": present.claim.value, "purl": present.purl,
    }


def _skipped_row(skipped: Skipped, ref: str) -> Row:
    return {"target": ref, "path": skipped.path, "relation": "skipped", "reason": skipped.reason}


def safe(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front: paths come from strangers."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


REPORT = Report("csv", "one row for each artifact and tool", write)
