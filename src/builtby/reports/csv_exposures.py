"""`csv-exposures`: one row for each exposure, and for each advisory that turned out to be none."""

from collections.abc import Iterator
from typing import IO

from builtby.advisories import words
from builtby.model import Artifact, Exposure
from builtby.reports.base import Report, ReportOptions
from builtby.reports.exposed import Found, found, link
from builtby.reports.results import Results
from builtby.reports.table_csv import Row, write_rows

COLUMNS = (
    "target", "path", "layer", "sha256", "package", "relation", "tool", "version", "id", "aliases", "class", "status",
    "action", "severity", "rating", "kev", "cvss", "fixed_in", "published", "product", "what_to_do", "rule", "reason",
    "url",
)


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the exposures as CSV (RFC 4180, UTF-8, header first)."""
    write_rows(stream, COLUMNS, _rows(results))


def _rows(results: Results) -> Iterator[Row]:
    refs = [target.ref for target in results.targets]
    for one in found(results, none_too=True):
        yield _where(one, refs[one.record.target]) | _what(one.exposure)


def _where(one: Found, ref: str) -> Row:
    record = one.record
    known: Row = ({"sha256": record.sha256, "relation": "built-by"} if isinstance(record, Artifact)
             else {"relation": "present"})
    return known | {"target": ref, "path": record.path, "layer": record.layer, "package": record.package}


def _what(exposure: Exposure) -> Row:
    return {
        "tool": exposure.tool, "version": exposure.version, "id": exposure.id, "aliases": " ".join(exposure.aliases),
        "class": exposure.class_.value, "status": exposure.status.value, "action": exposure.action.value,
        "severity": exposure.severity, "rating": exposure.rating, "kev": "yes" if exposure.kev else "no",
        "cvss": exposure.cvss, "fixed_in": " ".join(exposure.fixed_in), "published": exposure.published,
        "product": exposure.product, "what_to_do": words.action_sentence(exposure), "rule": exposure.rule,
        "reason": exposure.reason, "url": link(exposure),
    }


REPORT = Report("csv-exposures", "one row for each exposure", write)
