"""The top of the HTML report: what was found in words, what to do first, and the charts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from builtby.advisories.words import CLASSES, action_sentence, named
from builtby.model import Action, AdvisoryData, Claim
from builtby.reports.exposure_summary import fixed_by
from builtby.reports.html_charts import Part, Row, bar, figure, legend, rows
from builtby.reports.html_figures import Advised, Figures, State
from builtby.reports.html_text import RATINGS, anchor, esc, fixes, joined, own, rating
from builtby.reports.summary import Group, Line, Summary, counted
from builtby.reports.terminal_style import human_size

STATES = {
    State.REBUILD: "must be rebuilt", State.CHECK: "to be checked: perhaps rebuilt",
    State.RUNTIME: "runtime or platform to be updated", State.BUILDER: "only the builder to be updated",
    State.UNSUPPORTED: "built by an unsupported tool", State.NONE: "no known exposure",
    State.NO_DATA: "no advisory data for its tools", State.UNMARKED: "not marked: unknown",
}
NEEDS = {
    State.REBUILD: "rebuild", State.CHECK: "check, perhaps rebuild", State.RUNTIME: "update the runtime",
    State.BUILDER: "update the builder", State.UNSUPPORTED: "a supported tool", State.NONE: "nothing known",
    State.NO_DATA: "no data", State.UNMARKED: "not marked",
}
_TOOL_STATES = {
    State.UNSUPPORTED: "out of support", State.REBUILD: "exposed", State.NONE: "no known exposure",
    State.NO_DATA: "no data, or version unknown",
}
_TOOLS, _BARS, _FIRST, _NAMED = 10, 12, 3, 12
_COUNTED: tuple[Callable[[Advised], bool], ...] = (
    lambda _one: True, lambda one: one.artifacts > 0, lambda one: one.worst.kev)
_NUMBERS = re.compile(r"(\d+)")


def words(summary: Summary, figures: Figures, targets: int) -> Iterator[str]:
    """Yield the summary as paragraphs."""
    yield (f"<p>In {counted(targets, 'target')}, builtby looked at <strong>{counted(summary.artifacts, 'artifact')}"
           f"</strong> ({human_size(summary.bytes)}). {_marked(summary)}</p>")
    if figures.data is None:
        yield ("<p><strong>Nothing was judged.</strong> This scan used no advisory data: that no exposure is listed "
               "here says nothing.</p>")
        return
    yield f"<p>{_pressing(figures)}</p>"
    yield f"<p>{_data(figures.data)}</p>"


def _marked(summary: Summary) -> str:
    tools, bare = counted(summary.tools, "tool"), summary.artifacts - summary.marked
    if not bare:
        return f"All bear marks of {tools}." if summary.marked else ""
    return (f"{summary.marked:,} of them bear marks of {tools}; {bare:,} {'bears' if bare == 1 else 'bear'} none that "
            "builtby knows, so what built those is unknown, not clean.")


def _pressing(figures: Figures) -> str:
    states, found = figures.states, figures.advised()
    if not found and not figures.unsupported():
        return "<strong>No exposure is known</strong> for the tools of which there is advisory data."
    rebuild, check = states[State.REBUILD], states[State.CHECK]
    ids, inside, exploited = (len({one.worst.id for one in found if chosen(one)}) for chosen in _COUNTED)
    parts = [f"<strong>{counted(rebuild, 'artifact')} must be rebuilt</strong> because a tool left vulnerable code "
             "inside or wrote bad code" if rebuild else "No artifact is sure to need a new build"]
    if check:
        parts.append(f"; for {check:,} more that is to be checked")
    parts.append(f". {_vulnerabilities(ids)} {'concerns' if ids == 1 else 'concern'} what was found: {inside:,} what "
                 f"built the artifacts, {ids - inside:,} only installed tools. {exploited or 'None'} "
                 f"{'are' if exploited > 1 else 'is'} known to be exploited.")
    new = sum(one.new for one in found)
    told = f" {counted(new, 'exposure')} {'is' if new == 1 else 'are'} new since the baseline." if new else ""
    return "".join(parts) + told


def _data(data: AdvisoryData) -> str:
    lacking = ""
    if data.no_data:
        names = [own(tool) for tool in data.no_data[:_NAMED]]
        rest = len(data.no_data) - _NAMED
        names += [f"{rest:,} more tools"] if rest > 0 else []
        lacking = f" There is no data for {joined(names)}: that is no statement that they are safe."
    number = sum(map(len, data.undecided.values()))
    what = f"{number:,} {'advisory' if number == 1 else 'advisories'} of {joined(map(own, sorted(data.undecided)))}" \
        if number else ""
    undecided = f" {what} could not be decided: no versions are named in them." if number else ""
    return (f"Judged by {esc(data.kind)} advisory data of <strong>{esc(data.dated)}</strong> "
            f"({counted(data.records, 'record')}).{lacking}{undecided}")


def first(figures: Figures) -> str:
    """Return what to do first: the versions of tools with the worst advisories, each with its remedy."""
    groups: dict[tuple[str, str | None, Action], list[Advised]] = {}
    for one in figures.advised():
        groups.setdefault((one.worst.tool, one.worst.judged, one.worst.action), []).append(one)
    if not groups:
        return ""
    items = "".join(map(_first, list(groups.values())[:_FIRST]))
    return f'<section aria-labelledby="first"><h2 id="first">Do this first</h2><ol class="first">{items}</ol></section>'


def _first(group: list[Advised]) -> str:
    one, rest = group[0], len(group) - 1
    fix, _ = fixed_by(held.worst for held in group)
    more = f" {rest:,} more of this version {'asks' if rest == 1 else 'ask'} the same" if rest else ""
    more += f"; {esc(fix)} fixes all that has a fix." if more and fix else "." if more else ""
    return (f"<li><p><strong>{own(named(one.worst))}</strong>: {anchor(one.worst)} {rating(one.worst)} {kev(one)}"
            f'<span class="dim">in {touched(one)}</span></p><p>{esc(_capital(CLASSES[one.worst.class_]))}. '
            f"{esc(action_sentence(one.worst))}{more}</p></li>")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def kev(one: Advised) -> str:
    """Return the badge of what is known to be exploited."""
    return '<span class="badge">exploited</span> ' if one.worst.kev else ""


def touched(one: Advised) -> str:
    """Return what an advisory touches: `3 artifacts, 1 installed tool`."""
    parts = [counted(one.artifacts, "artifact")] if one.artifacts else []
    parts += [counted(one.installed, "installed tool")] if one.installed else []
    return ", ".join(parts)


def charts(summary: Summary, figures: Figures) -> Iterator[str]:
    """Yield the charts that have something to show."""
    if figures.data is not None and summary.artifacts:
        yield _states(summary.artifacts, figures.states)
        if figures.rebuilt:
            yield _rebuilt(figures)
        if figures.advised():
            yield _classes(figures.advised())
    groups = [_told(group) for group in summary.groups()]
    groups = sorted((group for group in groups if group.lines), key=lambda group: (-group.artifacts, group.tool))
    if groups:
        yield _tools(groups, figures)


def _states(artifacts: int, states: Counter[State]) -> str:
    parts = [Part(states[state], f"s-{state.value}", name) for state, name in STATES.items()]
    said = ", ".join(f"{part.name} {part.value:,}" for part in parts if part.value)
    items = "".join(
        f'<li><span class="key s-{state.value}">{name}</span> <strong>{states[state]:,}</strong> '
        f'<span class="dim">{_percent(states[state], artifacts)}</span></li>'
        for state, name in STATES.items() if states[state])
    body = f'{bar(parts, artifacts, said)}<ul class="shares">{items}</ul>'
    return figure("c-states", "What the artifacts need",
                  f"Each of the {counted(artifacts, 'artifact')} once, by the most pressing thing.", body, wide=True)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return "&lt; 0.1 %" if share < 0.1 else f"{share:.1f} %"


def _rebuilt(figures: Figures) -> str:
    ordered = sorted(figures.rebuilt.items(), key=lambda item: (-item[1].artifacts, item[0]))
    bars = []
    for (tool, version), held in ordered[:_TOOLS]:
        fix, unfixed = fixed_by(held.fixed.values())
        note = f"fixed by {esc(fix)}" if fix else "no fixed version is known"
        note += f"; {unfixed:,} of {len(held.fixed):,} without a fix" if fix and unfixed else ""
        name = f"{tool} {version or 'of unknown version'}"
        bars.append(Row(name, (Part(held.artifacts, "s-rebuild", "artifacts"),), note,
                        f"{counted(held.artifacts, 'artifact')}, {_vulnerabilities(len(held.fixed))}"))
    rest = f" {len(ordered) - _TOOLS} more versions of tools are not drawn." if len(ordered) > _TOOLS else ""
    return figure("c-rebuild", "Artifacts that must be rebuilt",
                  "By the tool that makes it necessary; an artifact may stand at more than one."
                  f"{rest}", rows(bars))


def _vulnerabilities(number: int) -> str:
    return f"{number:,} {'vulnerability' if number == 1 else 'vulnerabilities'}"


def _classes(found: list[Advised]) -> str:
    bars = []
    for class_, meaning in CLASSES.items():
        ratings = Counter(one.worst.rating if one.worst.rating in RATINGS else "unknown"
                          for one in found if one.worst.class_ is class_)
        if ratings:
            parts = tuple(Part(ratings[name], f"r-{name}", _rated(name)) for name in RATINGS)
            said = " · ".join(f"{part.name} {part.value:,}" for part in parts if part.value)
            bars.append(Row(class_.value, parts, f"{esc(meaning)}: {said}", f"{ratings.total():,}"))
    ids = len({one.worst.id for one in found})
    twice = f" ({len(found):,} entries: some mean two things)" if ids != len(found) else ""
    used = {one.worst.rating for one in found}
    names = [(f"r-{name}", _rated(name)) for name in RATINGS if name in used]
    return figure("c-classes", "Vulnerabilities by what they mean",
                  f"{_vulnerabilities(ids)}{twice}, each counted once, however many artifacts it touches.",
                  rows(bars) + legend(names))


def _rated(name: str) -> str:
    return "not scored" if name == "unknown" else name


def _told(group: Group) -> Group:
    """Return the group less what is only inferred: that is no mark."""
    return group._replace(lines=tuple(line for line in group.lines if line[0].claim is not Claim.INFERRED))


def _tools(groups: list[Group], figures: Figures) -> str:
    bars = []
    for group in groups[:_TOOLS]:
        versions = _versions(group)
        parts = tuple(Part(count, _colour(figures, group.tool, name), name or "version unknown")
                      for name, count in versions)
        shown = [f'<span class="key t-{_state(figures, group.tool, name).value}">'
                 f"{own(name or 'unknown')} <span class=\"dim\">{count:,}</span></span>" for name, count in versions]
        hidden = len(shown) - _BARS
        shown = shown[-_BARS:] if hidden > 0 else shown
        note = " ".join([*shown, f'<span class="dim">and {hidden} older</span>'] if hidden > 0 else shown)
        bars.append(Row(f"{group.tool}", parts, note, f"{group.role.value}, {group.artifacts:,}"))
    rest = f" {len(groups) - _TOOLS} more stand in the table of tools." if len(groups) > _TOOLS else ""
    names = [(f"t-{state.value}", name) for state, name in _TOOL_STATES.items()]
    return figure("c-tools", "Tools by version and age",
                  f"Oldest version first; the width is the number of artifacts.{rest}", rows(bars) + legend(names))


def _versions(group: Group) -> list[tuple[str, int]]:
    """Return a tool's versions with their artifacts, oldest first; claims of a version are joined."""
    joined_up: Counter[str] = Counter()
    for line, tally in group.lines:
        joined_up[line.version] += tally.artifacts
    return sorted(joined_up.items(), key=lambda item: age(item[0]))


def age(version: str) -> list[tuple[int, int, str]]:
    """Return a key that orders versions of any scheme about as they came out; the unknown comes first."""
    return [(1, int(part[:18]), "") if part.isdecimal() else (0, 0, part)
            for part in _NUMBERS.split(version.lstrip(">=<")) if part]


def _state(figures: Figures, tool: str, version: str) -> State:
    state = figures.tool_state(tool, version)
    return state if state in _TOOL_STATES else State.REBUILD


def _colour(figures: Figures, tool: str, version: str) -> str:
    return f"t-{_state(figures, tool, version).value}"


def standing(figures: Figures, line: Line) -> str:
    """Return how a version of a tool stands, in words and with its colour."""
    state = _state(figures, line.tool, line.version)
    return f'<span class="key t-{state.value}">{_TOOL_STATES[state]}</span>'


def unsupported(one: Advised) -> str:
    """Return a release line that has no support, what it touches and where to go."""
    return (f"<li><strong>{own(named(one.worst))}</strong>: {esc(one.worst.rule)}. {touched(one)}. "
            f"Supported: {fixes(one.worst.fixed_in)}.</li>")
