"""Exposures one by one over all the records of a scan: what the outputs about vulnerabilities share."""

from collections.abc import Iterator
from typing import NamedTuple

from builtby.model import Artifact, Exposure, ExposureClass, Present
from builtby.reports.results import Results


class Found(NamedTuple):
    """One exposure of one artifact or installed tool."""

    record: Artifact | Present
    exposure: Exposure


def found(results: Results, *, none_too: bool = False) -> Iterator[Found]:
    """Yield the exposures of artifacts, then of installed tools; with `none_too` also those that are none."""
    for spool in (results.artifacts, results.present):
        for record in spool:
            for exposure in record.exposures:
                yield Found(record, exposure)
            if none_too:
                for exposure in record.not_exposed:
                    yield Found(record, exposure)


def is_vulnerability(exposure: Exposure) -> bool:
    """Say whether it is one that has a name elsewhere: the end of a version's support has none."""
    return exposure.class_ is not ExposureClass.END_OF_LIFE


def link(exposure: Exposure) -> str:
    """Return where to read of it."""
    if exposure.url:
        return exposure.url
    return f"https://osv.dev/vulnerability/{exposure.id}" if is_vulnerability(exposure) else "https://endoflife.date/"


def version_of(record: Artifact | Present, exposure: Exposure) -> str | None:
    """Return the tool's upstream version; the exposure's own may be that of a distribution's package."""
    if isinstance(record, Present):
        return record.version or exposure.version
    return next((made.version for made in record.built_by if made.tool == exposure.tool and made.version),
                exposure.version)
