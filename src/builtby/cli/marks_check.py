"""Checks a mark file that somebody is writing, and says what helps."""

from pathlib import Path
from typing import NamedTuple

from builtby.marks.lint import lint
from builtby.marks.load import Catalogue, MarksError, catalogue, compile_rules, parse
from builtby.marks.schema import ToolFile

_REMEDIES = (
    ("two rules have this name", "Give each rule of a tool its own id."),
    ("has no example", "Add a [[mark.example]] with a text you have seen in a real file, and its source."),
    ("does not say where it is from", "Name the file, package and version in `source`."),
    ("does not fire on its example", "Mend the pattern, or the needles: one of them must stand in every match."),
    ("fires on the near-miss", "Anchor the pattern, or add what tells them apart to `requires` or `unless`."),
    ("names no rule", "Write conditions as tool/rule-id, surface:KIND or fact:KEY=VALUE."),
    ("is shorter than four characters", "Choose a longer literal that stands in every match."),
    ("which is no tool", "Use the `tool` name of another mark file."),
    ("the example says none", "Write the version that should be read into the example."),
    (": reads ", "Mend the pattern's group, or the example if it is wrong."),
    ("pattern:", "Write the pattern as a Python regular expression, in '''three quotes'''."),
)
_SHAPE = "Compare it with a file of the catalogue: docs, Contributing, `A new tool`."


class Problem(NamedTuple):
    """What is wrong with a mark file, and what helps."""

    where: str
    what: str
    remedy: str


def check(file: Path) -> list[Problem]:
    """Return what is wrong with a mark file, in the company of the built-in catalogue."""
    try:
        tool = parse(file.read_bytes(), str(file))
        known = _beside(tool, str(file))
    except OSError as error:
        return [Problem(str(file), error.strerror or str(error), "Give the path of a mark file.")]
    except MarksError as error:
        what = str(error).removeprefix(f"{file}: ")
        return [Problem(str(file), what, remedy(what, _SHAPE))]
    problems = [what for what in lint(known, only=tool.tool) if what.startswith((f"{tool.tool}/", f"{tool.tool}:"))]
    return [Problem(str(file), what, remedy(what, _SHAPE)) for what in problems]


def _beside(tool: ToolFile, origin: str) -> Catalogue:
    """The built-in catalogue with this file in the place of the tool's own."""
    known = catalogue(nursery=True)
    return Catalogue(
        (*(other for other in known.tools if other.tool != tool.tool), tool),
        (*(rule for rule in known.marks if rule.tool.tool != tool.tool), *compile_rules(tool, tool.mark, origin)),
        (*(rule for rule in known.present if rule.tool.tool != tool.tool), *compile_rules(tool, tool.present, origin)),
        known.tables,
    )


def remedy(problem: str, otherwise: str) -> str:
    """Return what helps against a problem."""
    return next((help_ for sign, help_ in _REMEDIES if sign in problem), otherwise)
