"""The tables of the HTML report: vulnerabilities, tools, artifacts, installed tools, what was settled or skipped."""

from collections.abc import Iterable, Iterator
from itertools import islice

from builtby.advisories.rank import rank
from builtby.advisories.words import ACTIONS, action_sentence, status_words
from builtby.model import Artifact, BuiltBy, Present
from builtby.reports.html_figures import Advised, Figures, State, state_of
from builtby.reports.html_overview import NEEDS, STATES, kev, standing, touched
from builtby.reports.html_table import Column, Table, ordered, row, write
from builtby.reports.html_text import RATINGS, anchor, esc, fixes, own, rating
from builtby.reports.names import place
from builtby.reports.results import Results
from builtby.reports.summary import Summary
from builtby.reports.terminal_style import human_size

ROWS = 5000
"""Rows of a table; what is beyond is summed up and said to be."""
_TOOLS, _IDS, _VERSIONS = 6, 6, 6
_PRESUMED = dict(zip(RATINGS, (9.0, 7.0, 4.0, 0.1, 0.0, -1.0), strict=True))
"""Where a rating without a score is sorted."""
_POINTER = "The whole list is in <code>builtby scan -f json</code>."

ADVISORIES = Table(
    "advisories", "Vulnerabilities",
    (Column("name"), Column("rating"), Column("what it means"), Column("tools"), Column("fixed in"),
     Column("touches")),
    "What to do first stands first. Each opens to what it touches.", "None is known for what was judged.")
TOOLS = Table(
    "tools", "Tools",
    (Column("tool"), Column("version"), Column("role"), Column("claim"), Column("artifacts", True), Column("standing")),
    "What took part in making the artifacts. <i>Claim</i> is how it is known.", "No tool was found.")
ARTIFACTS = Table(
    "artifacts", "Artifacts",
    (Column("path"), Column("format"), Column("size", True), Column("built by"), Column("needs"),
     Column("exposures", True)),
    "What was built, with the tools whose marks it bears.", "None was found.")
PRESENT = Table(
    "present", "Installed tools",
    (Column("tool"), Column("version"), Column("role"), Column("where"), Column("exposures", True)),
    "These are present in a target. That says nothing of what made its files.", "None was found.")
SETTLED = Table(
    "settled", "Looked at and settled",
    (Column("name"), Column("tool"), Column("why"), Column("for example"), Column("times", True)),
    "Advisories for these very versions that do not concern what was found, or that somebody has accepted.",
    "Nothing had to be ruled out.")
UNMARKED = Table("unmarked", "Not marked", (Column("format"), Column("artifacts", True)),
                 "No mark that builtby knows is left in these: what built them is unknown, not clean.",
                 "Every artifact bears a mark.")
SKIPPED = Table("skipped", "Skipped", (Column("reason"), Column("files", True), Column("for example")),
                "Not, or not wholly, looked at.", "Nothing: all was looked at.")
TABLES = (ADVISORIES, TOOLS, ARTIFACTS, PRESENT, SETTLED, UNMARKED, SKIPPED)


def advisories(figures: Figures) -> Iterator[str]:
    """Yield the table of vulnerabilities, each with the places it touches."""
    found = figures.advised()
    return write(ADVISORIES, len(found), map(_advisory, found[:ROWS]), _beyond(len(found)))


def _advisory(one: Advised) -> str:
    worst = one.worst
    order = worst.severity if worst.severity is not None else _PRESUMED.get(worst.rating, -1.0)
    tools = [own(f"{tool} {version}".strip()) for tool, version in islice(one.tools, _VERSIONS)]
    tools += [f"and {len(one.tools) - _VERSIONS} more"] if len(one.tools) > _VERSIONS else []
    badges = kev(one) + (f'<span class="badge">{one.new:,} new</span> ' if one.new else "")
    doubt = f'<p class="dim">unverified for {one.unverified:,} of them</p>' if one.unverified else ""
    return row(
        f"{anchor(worst)} {badges}", ordered(order, rating(worst)),
        f'{worst.class_.value}<p class="dim">{ACTIONS[worst.action]}</p>', "<br>".join(tools), fixes(worst.fixed_in),
        ordered(one.touched, f"<details><summary>{touched(one)}</summary>{_places(one)}</details>{doubt}"))


def _places(one: Advised) -> str:
    items = "".join(f"<li>{own(where)}</li>" for where in one.places)
    rest = one.touched - len(one.places)
    more = f"<li>and {rest:,} more</li>" if rest > 0 else ""
    aliases = f"Also {esc(', '.join(one.worst.aliases[:8]))}. " if one.worst.aliases else ""
    return (f"<p>{esc(action_sentence(one.worst))}</p><p class=\"dim\">{aliases}{esc(one.worst.rule)}</p>"
            f"<ul>{items}{more}</ul>")


def tools(summary: Summary, figures: Figures) -> Iterator[str]:
    """Yield the table of tools, one row for a version."""
    lines = [line for group in summary.groups() for line in group.lines]
    rows = (row(own(line.tool), own(line.version) if line.version else '<span class="dim">unknown</span>',
                line.role.value, line.claim.value, f"{tally.artifacts:,}", standing(figures, line), numbers=(4,))
            for line, tally in lines[:ROWS])
    return write(TOOLS, len(lines), rows, _beyond(len(lines)))


def artifacts(results: Results, figures: Figures) -> Iterator[str]:
    """Yield the table of artifacts: all of them, or those first that need most."""
    room = _room(figures)
    left_out = {state: count - room.get(state, 0) for state, count in figures.states.items()}
    parts = [f"{left_out[state]:,} {STATES[state]}" for state in State if left_out.get(state)]
    note = f"Not listed: {', '.join(parts)}. {_POINTER}" if parts else ""
    return write(ARTIFACTS, figures.states.total(), _artifact_rows(results, room), note)


def _room(figures: Figures) -> dict[State, int]:
    """Share the rows out to the artifacts that need most."""
    left, room = ROWS, {}
    for state in State:
        room[state] = min(left, figures.states[state])
        left -= room[state]
    return room


def _artifact_rows(results: Results, room: dict[State, int]) -> Iterator[str]:
    left = dict(room)
    for artifact in results.artifacts:
        state = state_of(artifact, results.advisories)
        if left[state] > 0:
            left[state] -= 1
            yield _artifact(artifact, place(results.targets, artifact.target, artifact.path), state)


def _artifact(artifact: Artifact, where: str, state: State) -> str:
    return row(
        own(where), esc(artifact.format), ordered(artifact.size, human_size(artifact.size)), _makers(artifact.built_by),
        f'<span class="key s-{state.value}">{NEEDS[state]}</span>', _exposures(artifact), numbers=(2, 5))


def _makers(built_by: tuple[BuiltBy, ...]) -> str:
    named = dict.fromkeys(f"{made.tool} {made.version or made.version_range or ''}".strip() for made in built_by)
    shown = ", ".join(map(own, islice(named, _TOOLS)))
    return shown + (f" and {len(named) - _TOOLS} more" if len(named) > _TOOLS else "")


def _exposures(record: Artifact | Present) -> str:
    if not record.exposures:
        return ordered(0, "0")
    distinct = list(dict.fromkeys(exposure.id for exposure in sorted(record.exposures, key=rank)))
    shown = "<br>".join(map(own, distinct[:_IDS]))
    more = f"<br>and {len(distinct) - _IDS} more" if len(distinct) > _IDS else ""
    return ordered(len(distinct), f"<details><summary>{len(distinct):,}</summary>{shown}{more}</details>")


def present(results: Results, count: int) -> Iterator[str]:
    """Yield the table of installed tools."""
    rows = (row(own(tool.tool), own(tool.version) if tool.version else '<span class="dim">unknown</span>',
                tool.role.value, own(place(results.targets, tool.target, tool.path)), _exposures(tool), numbers=(4,))
            for tool in islice(results.present, ROWS))
    return write(PRESENT, count, rows, _beyond(count))


def settled(figures: Figures) -> Iterator[str]:
    """Yield the table of advisories that concern nothing here."""
    keys = sorted(figures.settled)
    rows = (row(own(name), own(tool), status_words(status), own(figures.reasons[name, tool, status]),
                f"{figures.settled[name, tool, status]:,}", numbers=(4,)) for name, tool, status in keys[:ROWS])
    return write(SETTLED, len(keys), rows, _beyond(len(keys)))


def unmarked(summary: Summary) -> Iterator[str]:
    """Yield what bears no mark, by format."""
    rows = (row(own(name), f"{count:,}", numbers=(1,)) for name, count in _most(summary.unmarked.items()))
    return write(UNMARKED, summary.unmarked.total(), rows)


def skipped(summary: Summary) -> Iterator[str]:
    """Yield what was skipped, by reason."""
    rows = (row(own(reason), f"{count:,}", own(summary.skipped_sample[reason]), numbers=(1,))
            for reason, count in _most(summary.skipped.items()))
    return write(SKIPPED, summary.skipped.total(), rows)


def _most(items: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))


def _beyond(count: int) -> str:
    return f"{count - ROWS:,} more are not listed. {_POINTER}" if count > ROWS else ""
