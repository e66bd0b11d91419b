"""An audit for people: what should not be, what is allowed and the safer line, who runs code."""

from collections.abc import Iterable, Iterator
from io import StringIO

from rich.console import Console
from rich.text import Text

from builtby.builds.audit.engine import strongest
from builtby.builds.audit.model import Audit, Certainty, Dependency, Finding, Hook, Setting
from builtby.reports.terminal_style import RATINGS, clean

_WIDTH = 100
_DEEDS = ("run ", "remove ", "use ", "git config ", "find out ")
"""How a remedy begins that is something to do, not a line to write."""
_PLACES, _NAMES, _HOOKS = 3, 12, 4
_CONDITIONS = {
    Certainty.POSSIBLE: "may run code: when no wheel fits, where a list allows it, or on demand",
    Certainty.INFERRED: "seem to run code: the lock file suggests it",
    Certainty.UNKNOWN: "unknown: the lock file does not tell; audit the installed tree or the fetched sources",
    Certainty.PREVENTED: "would run code: a setting prevents it",
}


def text(audit: Audit, *, every: bool, colour: bool, width: int | None) -> str:
    """Return the whole report. Nothing in it can steer the terminal, whatever files and packages are called."""
    out = StringIO()
    console = Console(file=out, width=width or _WIDTH, force_terminal=colour, no_color=not colour, highlight=False,
                      color_system="standard" if colour else None)
    for line in _report(audit, every=every):
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _report(audit: Audit, *, every: bool) -> Iterator[Text]:
    yield from _findings(audit.findings, every=every)
    unsafe = [one for one in audit.settings if not one.safe]
    yield from _settings("Settings that let code run", unsafe, every=every)
    if every:
        yield from _settings("Settings that are in order", [one for one in audit.settings if one.safe], every=every)
    projects = [one for one in audit.dependencies if one.project]
    yield from _dependencies("The project's own code", projects, every=every)
    others = [one for one in audit.dependencies if not one.project]
    certain = [one for one in others if strongest(one) is Certainty.CERTAIN]
    yield from _dependencies("Dependencies that run code", certain, every=every)
    yield from _prevention(audit, every=every)
    for kind, words in _CONDITIONS.items():
        yield from _conditional(words, [one for one in others if strongest(one) is kind], every=every)
    for one in audit.skipped:
        yield Text.assemble(("not read  ", "magenta"), clean(one.path), ": ", clean(one.reason))
    yield Text(_sentence(audit), style="bold")


def _findings(findings: list[Finding], *, every: bool) -> Iterator[Text]:
    if findings:
        yield Text("Findings", style="bold")
    for rule in dict.fromkeys(one.rule for one in findings):
        same = [one for one in findings if one.rule == rule]
        yield _title(same[0].severity, same[0].title, rule)
        shown = same if every else same[: _PLACES * 3]
        for one in shown:
            yield Text(f"      {_place(one.path, one.line)}  {clean(one.message)}")
        yield from _rest(len(same) - len(shown))
        yield Text(f"      → {same[0].remedy}", style="green")
    if findings:
        yield Text("")


def _settings(title: str, settings: list[Setting], *, every: bool) -> Iterator[Text]:
    if settings:
        yield Text(title, style="bold")
    for rule in dict.fromkeys(one.rule for one in settings):
        same = [one for one in settings if one.rule == rule]
        yield _title(same[0].severity, same[0].title, rule)
        shown = same if every else same[:_PLACES]
        for one in shown:
            yield Text(f"      {_place(one.path, one.line)}  {clean(one.value or 'not set')}")
        yield from _rest(len(same) - len(shown))
        if same[0].safer:
            yield Text(f"      → {_remedy(same)}", style="green")
    if settings:
        yield Text("")


def _rest(number: int) -> Iterator[Text]:
    if number:
        yield Text(f"      and {number:,} more (--all lists them)", style="dim")


def _remedy(same: list[Setting]) -> str:
    """Return what to do about settings of one rule: where to write it, in one file or in each."""
    safer, places = same[0].safer, {one.safer_path for one in same}
    if safer.startswith(_DEEDS):
        return safer
    return f"in {clean(same[0].safer_path) if len(places) == 1 else 'each of these files'} write: {safer}"


def _title(severity: str, title: str, rule: str) -> Text:
    return Text.assemble((f"  {severity:<8}  ", RATINGS.get(severity, "dim")), title, (f"  [{rule}]", "dim"))


def _place(path: str, line: int | None) -> str:
    return f"{clean(path)}:{line}" if line else clean(path)


def _dependencies(title: str, dependencies: list[Dependency], *, every: bool) -> Iterator[Text]:
    if dependencies:
        yield Text(title, style="bold")
    for one in dependencies:
        yield Text.assemble(f"  {clean(one.name)} {clean(one.version or '')}".rstrip(), (f"  {one.ecosystem}", "dim"))
        yield from _hooks(one, every=every)
    if dependencies:
        yield Text("")


def _prevention(audit: Audit, *, every: bool) -> Iterator[Text]:
    """Say once for every way in which dependencies run code what prevents it."""
    shown = {hook.kind for one in audit.dependencies if not one.project for hook in one.hooks
             if every or hook.certainty is Certainty.CERTAIN}
    if shown:
        yield Text("What prevents it", style="bold")
    for name in sorted(shown):
        kind = audit.kinds[name]
        yield Text.assemble(f"  {name}  ", (kind.title, "dim"))
        yield Text(f"      → {kind.safer}" + (f"   ({kind.safer_path})" if kind.safer_path else ""), style="green")
    if shown:
        yield Text("")


def _hooks(one: Dependency, *, every: bool) -> Iterator[Text]:
    """Say what runs, the same thing once; what runs only under a condition is left to `--all`."""
    places: dict[tuple[str, str], list[Hook]] = {}
    for hook in one.hooks:
        if every or one.project or hook.certainty is Certainty.CERTAIN:
            places.setdefault((hook.when.value, hook.how), []).append(hook)
    for number, ((when, how), hooks) in enumerate(places.items()):
        if number == _HOOKS and not every:
            yield Text(f"      and {len(places) - number:,} more (--all lists them)", style="dim")
            return
        others = f" and {len(hooks) - 1:,} more place{'s' if hooks[2:] else ''}" if hooks[1:] else ""
        where = _place(hooks[0].path, hooks[0].line) + others
        yield Text.assemble(f"      at {when}: ", clean(how), (f"  {where}", "dim"))


def _conditional(words: str, dependencies: list[Dependency], *, every: bool) -> Iterator[Text]:
    if not dependencies:
        return
    yield Text.assemble((f"{len(dependencies):,} ", "bold"), words)
    yield Text("  " + _listed([one.name for one in dependencies], every=every), style="dim")
    yield Text("")


def _listed(names: Iterable[str], *, every: bool) -> str:
    known = list(dict.fromkeys(map(clean, names)))
    shown = known if every else known[:_NAMES]
    return ", ".join(shown) + (f" and {len(known) - len(shown):,} more (--all lists them)" if shown != known else "")


def _sentence(audit: Audit) -> str:
    parts = []
    for name, count in sorted(audit.counts.items()):
        told = [f"{count.certain:,} {'runs' if count.certain == 1 else 'run'} code"] + [
            f"{number:,} {word}" for number, word in ((count.possible, "may"), (count.inferred, "seem to"),
                                                      (count.unknown, "unknown"),
                                                      (count.prevented, "prevented")) if number]
        noun = "package" if count.dependencies == 1 else "packages"
        parts.append(f"{name}: {count.dependencies:,} {noun}, {', '.join(told)}")
    return " · ".join(parts) or "No package of any known ecosystem was found."
