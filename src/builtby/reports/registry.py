"""Which outputs there are."""

import pkgutil
from functools import cache
from importlib import import_module

from builtby import reports
from builtby.reports.base import Report


class UnknownReport(ValueError):  # noqa: N818  # a statement about what was asked
    """No output has this name; the message lists those there are."""


@cache
def _modules() -> tuple[str, ...]:
    return tuple(info.name for info in pkgutil.iter_modules(reports.__path__))


def _announced(module: str) -> tuple[Report, ...]:
    found = import_module(f"{reports.__name__}.{module}")
    own = getattr(found, "REPORT", None)
    return getattr(found, "REPORTS", ()) or ((own,) if own else ())


@cache
def all_reports() -> tuple[Report, ...]:
    """Return every output, by name. A module of this package announces its own in REPORT or REPORTS."""
    found = [report for module in _modules() for report in _announced(module)]
    return tuple(sorted(found, key=lambda report: report.name))


def find(name: str) -> Report:
    """Return the output of this name or alias; raise UnknownReport when there is none.

    A module whose name holds the output's first word is imported first, and mostly no other: some load much.
    """
    word = name.partition("-")[0]
    for module in sorted(_modules(), key=lambda module: word not in module):
        for report in _announced(module):
            if name == report.name or name in report.aliases:
                return report
    known = ", ".join(report.name for report in all_reports())
    raise UnknownReport(f"there is no format {name!r}; there are: {known}")
