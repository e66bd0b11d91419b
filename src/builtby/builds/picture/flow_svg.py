"""Draws the flow of files: groups of files and tools in columns, from source to artifact."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from builtby.builds.picture.flow import Flow, Group
from builtby.reports.html_charts import legend
from builtby.reports.html_text import esc, own
from builtby.reports.summary import counted

_WIDE, _HIGH, _ACROSS, _DOWN, _EDGE = 152, 40, 40, 14, 8
_LETTERS = 22
_KINDS = {"source": "sources", "network": "hosts turned to", "system": "of the system", "tool": "tools",
          "between": "made and used again", "artifact": "artifacts"}
_FIRST = ("source", "network", "system")
Node = Group
"""A tool is a group of the kind `tool`."""


class _Place(NamedTuple):
    x: int
    y: int


def figure(flow: Flow) -> Iterator[str]:
    """Yield the section with the picture; the table of tools beside it says the same in words."""
    yield ('<section aria-labelledby="flow"><h2 id="flow">From source to artifact</h2>'
           '<p class="dim">Which tools made what of what. Files of a kind stand together, with their number; what only '
           "one tool wrote and read again, and the tools' own libraries, are left out.</p>")
    if not flow.reads or not flow.writes:
        yield "<p>No tool was seen that made files of other files.</p></section>\n"
        return
    nodes, edges = _nodes(flow), _edges(flow)
    columns = _columns(nodes, edges)
    places, width, height = _places(nodes, edges, columns)
    yield ('<div class="time" tabindex="0" role="group" aria-label="Flow of files, can be scrolled">'
           f'<svg class="flow" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
           f'aria-label="{esc(_words(flow))}">')
    for (start, end), number in edges.items():
        yield _edge(places[start], places[end], number)
    for node, place in places.items():
        yield _box(node, place, len(flow.files[node]) if node in flow.files and node.kind != "network" else None)
    yield "</svg></div>"
    yield legend((f"n-{kind}", name) for kind, name in _KINDS.items() if any(node.kind == kind for node in nodes))
    yield _list(flow)
    if flow.left_out:
        yield (f'<p class="bound">{counted(flow.left_out, "kind")} of files with fewer in them '
               f"{'is' if flow.left_out == 1 else 'are'} not drawn.</p>")
    yield "</section>\n"


def _nodes(flow: Flow) -> list[Node]:
    return [*flow.files, *(Group("tool", tool) for tool in flow.tools)]


def _edges(flow: Flow) -> dict[tuple[Node, Node], int]:
    edges: dict[tuple[Node, Node], int] = {}
    for (group, tool), number in flow.reads.items():
        edges[group, Group("tool", tool)] = number
    for (tool, group), number in flow.writes.items():
        edges[Group("tool", tool), group] = number
    return dict(sorted(edges.items()))


def _columns(nodes: list[Node], edges: dict[tuple[Node, Node], int]) -> dict[Node, int]:
    """Give each node a column right of all that leads to it; a way back to where it came from does not count."""
    following = defaultdict(list)
    for start, end in edges:
        following[start].append(end)
    column: dict[Node, int] = dict.fromkeys(nodes, 0)
    forward = _forward(nodes, following)
    for _ in nodes:  # as often as the longest way can be
        for start, end in forward:
            column[end] = max(column[end], column[start] + 1)
    last = max(column.values(), default=0)
    first = {node: min((column[end] for end in following[node]), default=1) for node in nodes}
    return {node: last if node.kind == "artifact" else max(first[node] - 1, 0) if node.kind in _FIRST
            else column[node] for node in nodes}


def _forward(nodes: list[Node], following: dict[Node, list[Node]]) -> list[tuple[Node, Node]]:
    """Return the edges that close no circle, beginning at sources."""
    state: dict[Node, int] = {}
    kept: list[tuple[Node, Node]] = []

    def visit(node: Node) -> None:  # no deeper than there are nodes, which are few
        state[node] = 1
        for after in following.get(node, ()):
            if state.get(after) != 1:
                kept.append((node, after))
            if after not in state:
                visit(after)
        state[node] = 2

    for node in sorted(nodes, key=lambda one: (one.kind not in _FIRST, one)):
        if node not in state:
            visit(node)
    return kept


def _places(nodes: list[Node], edges: dict[tuple[Node, Node], int], columns: dict[Node, int],
            ) -> tuple[dict[Node, _Place], int, int]:
    """Put nodes into their columns, near to what they come from."""
    by_column: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        by_column[columns[node]].append(node)
    high = max(map(len, by_column.values()))
    places: dict[Node, _Place] = {}
    for number in sorted(by_column):
        def wanted(node: Node) -> tuple[float, Node]:
            before = [places[start].y for start, end in edges if end == node and start in places]
            return sum(before) / len(before) if before else 0.0, node

        held = sorted(by_column[number], key=wanted)
        top = _EDGE + (high - len(held)) * (_HIGH + _DOWN) // 2
        for row, node in enumerate(held):
            places[node] = _Place(_EDGE + number * (_WIDE + _ACROSS), top + row * (_HIGH + _DOWN))
    return places, 2 * _EDGE + (max(by_column) + 1) * (_WIDE + _ACROSS) - _ACROSS, 2 * _EDGE + high * (_HIGH + _DOWN)


def _edge(start: _Place, end: _Place, number: int) -> str:
    x1, y1, x2, y2 = start.x + _WIDE, start.y + _HIGH // 2, end.x, end.y + _HIGH // 2
    bend = max((x2 - x1) // 2, _ACROSS)
    back = " back" if x2 < x1 else ""
    thick = min(1 + number.bit_length() * 0.6, 7)
    return (f'<path class="edge{back}" d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" '
            f'stroke-width="{thick:.1f}"/>')


def _box(node: Node, place: _Place, number: int | None) -> str:
    name, below = node.name, counted(number, "file") if number is not None else ""
    if node.kind == "tool" and name.endswith(")"):
        name, _, version = name[:-1].rpartition(" (")
        below = version
    small = f'<text class="small" x="8" y="32">{esc(_cut(below))}</text>' if below else ""
    return (f'<g class="n-{node.kind}" transform="translate({place.x} {place.y})"><title>{esc(node.name)}</title>'
            f'<rect width="{_WIDE}" height="{_HIGH}" rx="4"/>'
            f'<text x="8" y="{17 if small else 25}">{esc(_cut(name))}</text>{small}</g>')


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS - 9]}…{text[-8:]}"


def _words(flow: Flow) -> str:
    return "Flow of files: " + "; ".join(
        f"{tool} reads {', '.join(group.name for group, other in flow.reads if other == tool)} and writes "
        f"{', '.join(group.name for other, group in flow.writes if other == tool)}" for tool in flow.tools)


def _list(flow: Flow) -> str:
    """Return the same in words, which a screen reader and a narrow screen can do more with."""
    items = []
    for tool in flow.tools:
        reads = [_counted(group, number) for (group, other), number in flow.reads.items() if other == tool]
        writes = [_counted(group, number) for (other, group), number in flow.writes.items() if other == tool]
        items.append(f"<li><strong>{own(tool)}</strong> made {', '.join(writes) or 'nothing that is drawn'} of "
                     f"{', '.join(reads) or 'nothing that is drawn'}.</li>")
    return f'<details><summary>The same in words</summary><ul>{"".join(items)}</ul></details>'


def _counted(group: Group, number: int) -> str:
    return f"what {own(group.name)} sent" if group.kind == "network" else f"{number:,} {own(group.name)}"
