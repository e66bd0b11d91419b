"""What is to be done first: the one order of exposures, for every output."""

from collections.abc import Iterable

from builtby.model import Exposure, ExposureClass, ExposureStatus

CLASSES = {kind: place for place, kind in enumerate((
    ExposureClass.ARTIFACT_LINKED, ExposureClass.ARTIFACT_CODEGEN, ExposureClass.RUNTIME, ExposureClass.BUILD_HOST,
    ExposureClass.PLATFORM, ExposureClass.UNKNOWN, ExposureClass.END_OF_LIFE,
))}
"""Classes by what must be rebuilt: what is shipped comes before what only ran."""

RATINGS = ("critical", "high", "medium", "low", "none", "unknown")
"""Ratings, worst first."""

_PRESUMED = {"critical": 9.0, "high": 7.0, "medium": 4.0, "low": 0.1, "none": 0.0, "unknown": -1.0}

Rank = tuple[bool, bool, int, float, str, str, str]


def rank(exposure: Exposure) -> Rank:
    """Return the key that orders exposures: known-exploited, sure, class, severity, then by name."""
    severity = exposure.severity if exposure.severity is not None else _PRESUMED.get(exposure.rating, -1.0)
    return (not exposure.kev, exposure.status is not ExposureStatus.AFFECTED, CLASSES[exposure.class_], -severity,
            exposure.id, exposure.tool, exposure.version or "")


def ranked(exposures: Iterable[Exposure]) -> tuple[Exposure, ...]:
    """Return exposures with what is to be done first at the front."""
    return tuple(sorted(exposures, key=rank))
