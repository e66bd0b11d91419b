"""A look at a toolchain for people."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from builtby.builds.toolchain.model import FileState, Verification
from builtby.reports.terminal_style import clean

MOST, MOST_OF_PACKAGE = 30, 5
"""Lines of what no package owns, and of one package."""
TOGETHER = 4
"""Files of one folder that get one line."""
_SAID = ("no package lists it", "its package ships it",
         "its package keeps no digest of it")
_TITLES = {
    "changed": ("Changed", "bold red"), "missing": ("Missing", "red"),
    "gone": ("Gone since the baseline", "red"), "new": ("New since the baseline, of no package", "red"),
    "unowned": ("Unowned: no package lists them, so nothing tells what they should be", "yellow"),
    "unverifiable": ("Unverifiable: owned, but the package keeps no digest", "yellow"),
    "accepted": ("Different, and known to be", "dim"), "upgraded": ("Upgraded since the baseline", "dim"),
    "unread": ("Could not be read", "bold red"),
}
_QUIET = ("accepted", "upgraded", "unverifiable")
_REMEDIES = {
    "changed": "Take the machine out of service before you trust what it built; reinstall the package elsewhere and "
               "compare. An npm that upgraded itself and a proxy's certificate look the same: docs/toolchain.md.",
    "unowned": "Make a baseline of them while you trust them: builtby toolchain baseline -o FILE",
}


def show(out: Console, found: Verification, *, every: bool) -> None:
    """Print what was found. `every`: also files that are in order in their way."""
    out.print(Text.assemble((f"Toolchain of {clean(found.root)}", "bold")), soft_wrap=True)
    databases = ", ".join(found.databases) or "no database"
    out.print(f"{found.packages:,} package{'' if found.packages == 1 else 's'} ({databases}), "
              f"{sum(found.counts.values()):,} files"
              + (f", beside the baseline {clean(found.baseline)}" if found.baseline else ""), soft_wrap=True)
    for state, files in groupby(found.files, key=lambda one: one.state):
        if every or state not in _QUIET:
            _section(out, state, list(files), every=every)
    out.print()
    out.print(_summary(found), soft_wrap=True)
    hidden = sum(found.counts.get(state, 0) for state in _QUIET)
    if hidden and not every:
        out.print(Text(f"--all lists {hidden:,} more: "
                       + ", ".join(state for state in _QUIET if found.counts.get(state)) + ".", "dim"),
                  soft_wrap=True)
    for problem in found.problems:
        out.print(Text(f"Incomplete: {clean(problem)}", "red"), soft_wrap=True)


def _section(out: Console, state: str, files: list[FileState], *, every: bool) -> None:
    title, style = _TITLES[state]
    out.print()
    out.print(Text(f"{title} ({len(files):,})", style), soft_wrap=True)
    for package, members in _by_package(files):
        if package:
            out.print(f"  {clean(package)}  {len(members):,} file{'' if len(members) == 1 else 's'}", soft_wrap=True)
        lines = list(_lines(members, indent="    " if package else "  ", whole=every))
        most = MOST_OF_PACKAGE if package else MOST
        for line in lines if every else lines[:most]:
            out.print(line, soft_wrap=True)
        if len(lines) > most and not every:
            out.print(Text(f"    … and {len(lines) - most:,} more; --all shows them", "dim"), soft_wrap=True)
    if state in _REMEDIES:
        out.print(Text(f"  → {_REMEDIES[state]}", "dim"), soft_wrap=True)


def _by_package(files: list[FileState]) -> list[tuple[str | None, list[FileState]]]:
    """Group files by package, those with the fewest first: one changed compiler must not drown in an upgrade."""
    groups: dict[str | None, list[FileState]] = {}
    for one in files:
        groups.setdefault(one.package, []).append(one)
    return sorted(groups.items(), key=lambda item: (len(item[1]), item[0] or ""))


def _lines(files: list[FileState], *, indent: str, whole: bool) -> Iterator[Text]:
    for folder, group in groupby(files, key=lambda one: one.path.rpartition("/")[0]):
        members = list(group)
        if len(members) > TOGETHER and not whole:
            yield Text.assemble(f"{indent}/{clean(folder)}/  {len(members)} files",
                                (clean(_reason(members[0])), "dim"))
            continue
        for one in members:
            digests = f"  {one.wanted}, now {one.found}" if whole and one.wanted and one.found else ""
            yield Text.assemble(f"{indent}/{clean(one.path)}", (clean(_reason(one) + digests), "dim"))


def _reason(one: FileState) -> str:
    """Return why, where the section's title does not say it."""
    return "" if one.reason in _SAID else f"  {one.reason}"


def _summary(found: Verification) -> Text:
    words = [f"{number:,} {state}" for state, number in found.counts.items() if state != "same"]
    good = found.counts.get("same", 0)
    return Text.assemble((f"{good:,} as they should be", "green"), "".join(f", {word}" for word in words), ".")
