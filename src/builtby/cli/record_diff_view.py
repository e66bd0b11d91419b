"""A comparison of two builds for people."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from builtby.builds.diff.model import Diff, EndpointChange, FileChange, FindingChange, Kind, Program, ToolChange
from builtby.reports.terminal_style import clean

MOST = 40
"""Lines of a list that people are shown; the JSON has them all."""
_SIGNS = {Kind.ADDED: ("+", "green"), Kind.REMOVED: ("-", "red"), Kind.CHANGED: ("~", "yellow")}
_SHORT = 12


def show(out: Console, found: Diff) -> None:
    """Print a comparison."""
    for sign, build in (("-", found.old), ("+", found.new)):
        state = "complete" if build.complete else "INCOMPLETE"
        out.print(f"{sign} {clean(' '.join(build.command))}  in {clean(build.cwd)}, {build.started}, {state}",
                  style="dim", soft_wrap=True, markup=False, highlight=False)
    _list(out, "Build", ((one.kind, one.name, _values(one.old, one.new)) for one in found.build))
    _list(out, "Toolchain", ((one.kind, one.path, _tool(one)) for one in found.toolchain))
    _list(out, "Python packages that the build fetched", (
        (one.kind, one.name, _values(one.old, one.new)) for one in found.packages))
    _list(out, "Archives that package managers fetched", map(_file, found.fetched))
    _list(out, "Inputs", map(_file, found.inputs))
    _list(out, "Network", map(_endpoint, found.network))
    _list(out, "Environment", ((one.kind, one.name, _values(one.old, one.new)) for one in found.environment))
    _list(out, "Findings", map(_finding, found.findings))
    _list(out, "Outputs (these do not count)", map(_file, found.outputs))
    if not found.changed:
        out.print("\nNothing changed in toolchain, inputs, network, environment and findings.")


def _list(out: Console, title: str, lines: Iterable[tuple[Kind, str, str]]) -> None:
    held = list(lines)
    if held:
        out.print(f"\n{title}: {len(held):,}", style="bold", highlight=False)
    for kind, name, told in held[:MOST]:
        sign, colour = _SIGNS[kind]
        out.print(Text.assemble((f"  {sign} ", colour), clean(name), (f"  {clean(told)}" if told else "", "dim")),
                  soft_wrap=True)
    if len(held) > MOST:
        out.print(f"    and {len(held) - MOST:,} more: see -f json", style="dim", highlight=False)


def _values(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    return f"{' | '.join(old) or 'not there'} → {' | '.join(new) or 'not there'}"


def _tool(one: ToolChange) -> str:
    """Return what differs, in the words that say most: version, package, then bytes."""
    made = ", put there by the build" if one.made else ""
    if one.old is None or one.new is None:
        return _named(one.new or one.old) + made
    for old, new in ((_version(one.old), _version(one.new)), (one.old.package or "", one.new.package or "")):
        if old != new:
            return f"{old or 'unknown'} → {new or 'unknown'}{made}"
    same = f"{_version(one.new)} as before, but other bytes: ".removeprefix(" as before, but ")
    return f"{same}{_digests(one.old.sha256)} → {_digests(one.new.sha256)}{made}{_packaged(one.new)}"


def _packaged(program: Program) -> str:
    return ", NOT as its package shipped it" if program.as_packaged is False else ""


def _named(program: Program | None) -> str:
    return f"{_version(program)} {program.package or ''}".strip() + _packaged(program) if program else ""


def _version(program: Program) -> str:
    return f"{program.tool or ''} {program.version or ''}".strip()


def _digests(digests: tuple[str, ...]) -> str:
    return " ".join(digest[:_SHORT] for digest in digests[:3]) + (" …" if len(digests) > 3 else "")


def _file(one: FileChange) -> tuple[Kind, str, str]:
    told = f"{_digests(one.old)} → {_digests(one.new)}" if one.kind is Kind.CHANGED else ""
    return one.kind, one.path, told


def _endpoint(one: EndpointChange) -> tuple[Kind, str, str]:
    port = f":{one.port}" if one.port is not None and one.what != "dns" else ""
    return one.kind, f"{one.host}{port}", f"{one.what}, by {', '.join(one.processes[:3])}"


def _finding(one: FindingChange) -> tuple[Kind, str, str]:
    return one.kind, f"{one.severity} {one.rule}", one.message
