"""Conditions of an advisory beyond the version: the machine, the options, the system, what is linked in."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from builtby.advisories.machines import machine_of
from builtby.advisories.records import Affected
from builtby.advisories.subject import Subject
from builtby.model import ExposureClass, ExposureStatus

_UNVERIFIED, _NOT = ExposureStatus.UNVERIFIED, ExposureStatus.NOT_AFFECTED


class Doubt(NamedTuple):
    """Why an advisory whose versions fit is not, or not surely, an exposure."""

    status: ExposureStatus
    reason: str


def doubts(affected: Affected, class_: ExposureClass, subject: Subject) -> list[Doubt]:
    """Return what speaks against an exposure; nothing when nothing does."""
    found = [_machine(affected, subject), _flags(affected, subject), _platform(affected, class_, subject)]
    return [doubt for doubt in found if doubt is not None]


def _machine(affected: Affected, subject: Subject) -> Doubt | None:
    if affected.target is None:
        return None
    if subject.machine is None:
        return Doubt(_UNVERIFIED, f"only code for {affected.target} is affected")
    names = [name.strip() for name in affected.target.split(",")]
    base = {machine_of(name.partition(" ")[0]) or name.partition(" ")[0] for name in names}
    if not base & set(subject.machine.split()):
        verb = "writes code" if subject.installed else "is"
        return Doubt(_NOT, f"only code for {affected.target} is affected, and this {verb} for {subject.machine}")
    if any("(" in name for name in names):
        return Doubt(_UNVERIFIED, f"only {affected.target} is affected, which the artifact does not tell")
    return None


def _flags(affected: Affected, subject: Subject) -> Doubt | None:
    if not affected.flags:
        return None
    wanted = " or ".join(affected.flags)
    if not subject.flags:
        return Doubt(_UNVERIFIED, f"only with {wanted}, and the options used are not known")
    if any(fnmatchcase(flag, pattern) for flag in subject.flags for pattern in affected.flags):
        return None
    return Doubt(_UNVERIFIED, f"only with {wanted}, which is not among the options that the artifact tells")


def _platform(affected: Affected, class_: ExposureClass, subject: Subject) -> Doubt | None:
    if not affected.platforms:
        return None
    wanted = ", ".join(affected.platforms)
    inside = class_ in (ExposureClass.ARTIFACT_LINKED, ExposureClass.ARTIFACT_CODEGEN)
    if not inside or subject.system is None:
        return Doubt(_UNVERIFIED, f"only on {wanted}")
    if any(subject.system in platform.lower() for platform in affected.platforms):
        return None
    return Doubt(_NOT, f"only on {wanted}, and this is for {subject.system}")
