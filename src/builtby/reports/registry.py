"""Which outputs there are."""

import pkgutil
from functools import cache
from importlib import import_module

from builtby import reports
from builtby.reports.base import Report


class UnknownReport(ValueError):  # noqa: N818  # a statement about what was asked
    """No output has this name; the message lists those there are."""


@cache
def all_reports() -> tuple[Report, ...]:
    """Return every output, by name. A module of this package announces its own in REPORT or REPORTS."""
    found: list[Report] = []
    for info in pkgutil.iter_modules(reports.__path__):
        module = import_module(f"{reports.__name__}.{info.name}")
        found += getattr(module, "REPORTS", ()) or [r for r in [getattr(module, "REPORT", None)] if r]
    return tuple(sorted(found, key=lambda report: report.name))


def find(name: str) -> Report:
    """Return the output of this name or alias; raise UnknownReport when there is none."""
    for report in all_reports():
        if name == report.name or name in report.aliases:
            return report
    known = ", ".join(report.name for report in all_reports())
    raise UnknownReport(f"there is no format {name!r}; there are: {known}")
