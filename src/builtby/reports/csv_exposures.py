"""`csv-exposures`: one row for each exposure, and for each advisory that turned out to be none."""

from collections.abc import Iterator
from functools import lru_cache
from typing import IO

from builtby.advisories import words
from builtby.model import Artifact, Exposure, Present
from builtby.reports.base import Report, ReportOptions
from builtby.reports.exposed import link
from builtby.reports.results import Results
from builtby.reports.table_csv import safe, write_rows

COLUMNS = (
    "target", "path", "layer", "sha256", "package", "relation", "tool", "version", "id", "aliases", "class", "status",
    "action", "severity", "rating", "kev", "cvss", "fixed_in", "published", "product", "what_to_do", "rule", "reason",
    "url",
)


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write the exposures as CSV (RFC 4180, UTF-8, header first)."""
    write_rows(stream, COLUMNS, _rows(results))


def _rows(results: Results) -> Iterator[tuple[object, ...]]:
    refs = [target.ref for target in results.targets]
    for spool in (results.artifacts, results.present):
        for record in spool:
            where = tuple(map(safe, _where(record, refs[record.target])))
            for exposure in (*record.exposures, *record.not_exposed):
                yield where + _what(exposure)


def _where(record: Artifact | Present, ref: str) -> tuple[object, ...]:
    digest, relation = (record.sha256, "built-by") if isinstance(record, Artifact) else (None, "present")
    return ref, record.path, record.layer, digest, record.package, relation


@lru_cache(maxsize=16384)
def _what(exposure: Exposure) -> tuple[object, ...]:
    return tuple(map(safe, (
        exposure.tool, exposure.version, exposure.id, " ".join(exposure.aliases), exposure.class_.value,
        exposure.status.value, exposure.action.value, exposure.severity, exposure.rating,
        "yes" if exposure.kev else "no", exposure.cvss, " ".join(exposure.fixed_in), exposure.published,
        exposure.product, words.action_sentence(exposure), exposure.rule, exposure.reason, link(exposure),
    )))


REPORT = Report("csv-exposures", "one row for each exposure", write)
