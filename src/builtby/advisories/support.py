"""End of life: which versions nobody patches any more."""

from datetime import date

from builtby.advisories.snapshot import Cycle
from builtby.advisories.store import Store
from builtby.advisories.subject import Subject
from builtby.advisories.vendor import word_for_end
from builtby.model import Action, Exposure, ExposureClass, Role

_SHOWN = 3


def ended(store: Store, subject: Subject, today: date) -> Exposure | None:
    """Return the exposure of a tool whose release line has no support on `today`; None when it has, or none knows."""
    support = store.products.support(subject.tool)
    cycles = store.snapshot.cycles.get(support.product, ()) if support else ()
    if subject.version is None or not cycles:
        return None
    cycle = cycle_of(cycles, subject.version)
    if cycle is None or not _is_over(cycle, today):
        return None
    status, reason = word_for_end(subject)
    when = f"on {cycle.eol}" if cycle.eol and cycle.eol[:4].isdigit() else "on a day that is not known"
    return Exposure(
        id=f"EOL-{subject.tool}-{cycle.name}", aliases=(), tool=subject.tool, version=subject.version,
        class_=ExposureClass.END_OF_LIFE, status=status, action=_action(subject), severity=None, rating="unknown",
        cvss=None, kev=False, fixed_in=_supported(cycles, today), published=_day(cycle.eol),
        product=support.product if support else "",
        rule=f"support of {subject.tool} {cycle.name} ended {when} (endoflife.date)",
        reason=reason, url=f"https://endoflife.date/{support.product}" if support else None,
    )


def cycle_of(cycles: tuple[Cycle, ...], version: str) -> Cycle | None:
    """Return the release line of a version: the one with the longest name that begins it."""
    plain = version.removeprefix("1.") if version.startswith("1.8.0") else version
    fitting = [cycle for cycle in cycles if f"{plain}.".replace("_", ".").startswith(f"{cycle.name}.")]
    return max(fitting, key=lambda cycle: len(cycle.name), default=None)


def _is_over(cycle: Cycle, today: date) -> bool:
    day = _day(cycle.eol)
    return cycle.eol == "true" if day is None else date.fromisoformat(day) <= today


def _day(eol: str | None) -> str | None:
    if eol is None or not eol[:4].isdigit():
        return None
    try:
        return date.fromisoformat(eol).isoformat()
    except ValueError:
        return None


def _supported(cycles: tuple[Cycle, ...], today: date) -> tuple[str, ...]:
    """Return the latest versions of the lines that are supported, the newest first."""
    return tuple(cycle.latest for cycle in cycles if cycle.latest and not _is_over(cycle, today))[:_SHOWN]


def _action(subject: Subject) -> Action:
    if subject.installed:
        return Action.UPDATE_RUNTIME if subject.role is Role.RUNTIME else Action.UPDATE_BUILDER
    return Action.UPDATE_AND_REBUILD if subject.role in (Role.COMPILER, Role.RUNTIME) else Action.UPDATE_BUILDER



