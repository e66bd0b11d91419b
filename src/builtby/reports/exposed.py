"""Exposures one by one over all the records of a scan: what the outputs about vulnerabilities share."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from builtby.model import Artifact, BuiltBy, Exposure, ExposureClass, Present
from builtby.reports.results import Results

_ADDRESS = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[A-Za-z0-9._~!$&'()*+,;=:@/?#%-]*)?", re.ASCII)

BUILDER_ONLY = frozenset((ExposureClass.BUILD_HOST, ExposureClass.PLATFORM))
"""Classes of holes that are in the tool that ran, and not in what it made."""


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
    """Return where to read of it. What is no address of the web, in data from elsewhere, is not passed on."""
    if exposure.url and _ADDRESS.fullmatch(exposure.url):
        return exposure.url
    return advisory_link(exposure.id) if is_vulnerability(exposure) else "https://endoflife.date/"


def advisory_link(name: str) -> str:
    """Return where an advisory of this name can be read."""
    return f"https://osv.dev/vulnerability/{quote(name[:100].encode('utf-8', 'replace'), safe='')}"


def version_of(record: Artifact | Present, exposure: Exposure) -> str | None:
    """Return the tool's upstream version; the exposure's own may be that of a distribution's package.

    An artifact may bear several versions of one tool: gcc 12.2.0 compiled it, gcc 4.8.5 left its start-up code inside.
    """
    if isinstance(record, Present):
        return record.version or exposure.version
    versions = [made.version for made in record.built_by if made.tool == exposure.tool and made.version]
    judged = exposure.version or ""
    if judged in versions:
        return judged
    return next((version for version in versions if version in judged), versions[0] if versions else exposure.version)


def concerned(record: Artifact, exposure: Exposure) -> list[BuiltBy]:
    """Return what an exposure speaks of among the tools of an artifact."""
    version = version_of(record, exposure)
    named = [made for made in record.built_by if made.tool == exposure.tool]
    return [made for made in named if made.version == version] or named
