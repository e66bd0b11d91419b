"""What VEX says of an exposure: the same for OpenVEX and CycloneDX."""

from functools import lru_cache
from typing import NamedTuple

from builtby.advisories import words
from builtby.model import Artifact, Exposure, ExposureClass, ExposureStatus, Present
from builtby.reports.exposed import BUILDER_ONLY

AFFECTED, UNDER_INVESTIGATION, FIXED, NOT_AFFECTED = "affected", "under_investigation", "fixed", "not_affected"
GRAVITY = {AFFECTED: 0, UNDER_INVESTIGATION: 1, FIXED: 2, NOT_AFFECTED: 3}
"""Statuses, the one that wins where two are true of one product first: a scanner must not hide what is a hole."""

_CODE_NOT_PRESENT = "vulnerable_code_not_present"


class Stance(NamedTuple):
    """A status, with what the standard wants beside it."""

    status: str
    justification: str
    """For `not_affected` only."""
    text: str
    """What to do for `affected`, why for the others."""

    @property
    def gravity(self) -> int:
        """Its place among the statuses, gravest first."""
        return GRAVITY[self.status]


def stance(record: Artifact | Present, exposure: Exposure) -> Stance | None:
    """Return what is to be said; None for what is no vulnerability.

    A hole in a tool that only ran while the artifact was built is not in the artifact: that is its builder's.
    """
    return _stance(isinstance(record, Artifact), exposure)


def for_tool(exposure: Exposure) -> Stance | None:
    """Return what is to be said of the tool itself, wherever it is."""
    return _stance(False, exposure)


@lru_cache(maxsize=16384)
def _stance(built: bool, exposure: Exposure) -> Stance | None:
    status = exposure.status
    if exposure.class_ is ExposureClass.END_OF_LIFE:
        return None
    if built and exposure.class_ in BUILDER_ONLY and status is not ExposureStatus.FIXED_BY_VENDOR:
        return Stance(NOT_AFFECTED, _CODE_NOT_PRESENT, f"The hole is in {exposure.tool} itself, which ran where this "
                      "was built and is not inside: the builder is what must be updated.")
    if status is ExposureStatus.FIXED_BY_VENDOR:
        return Stance(FIXED, "", f"Whoever packaged {exposure.tool} has fixed it in this version.")
    if status is ExposureStatus.NOT_LINKED:
        return Stance(NOT_AFFECTED, _CODE_NOT_PRESENT, "The vulnerable packages or functions are not linked in.")
    if status is ExposureStatus.NOT_AFFECTED:
        return Stance(NOT_AFFECTED, _CODE_NOT_PRESENT, exposure.reason or "A condition of the advisory does not hold.")
    unknown = exposure.class_ is ExposureClass.UNKNOWN
    if status is ExposureStatus.UNVERIFIED or unknown:
        return Stance(UNDER_INVESTIGATION, "", exposure.reason or words.status_words(status)
                      if not unknown else words.class_words(exposure))
    return Stance(AFFECTED, "", words.action_sentence(exposure))
