"""What a scan comes to: tools with their counts, what was not marked, what was skipped."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from builtby.model import Artifact, BuiltBy, Claim, Present, Role
from builtby.reports.results import Results

_ROLES = {role: index for index, role in enumerate(Role)}
_CLAIMS = {claim: index for index, claim in enumerate(Claim)}
_MOST_REASONS = 1000


class Line(NamedTuple):
    """One version of a tool, in one role, known in one way."""

    role: Role
    tool: str
    version: str
    claim: Claim


class Tally:
    """How many artifacts a line speaks of, and the vendors or details seen with it."""

    def __init__(self) -> None:
        self.artifacts = 0
        self.notes: Counter[str] = Counter()

    def add(self, made: BuiltBy) -> None:
        """Count one artifact."""
        self.artifacts += 1
        note = " · ".join(part for part in (made.vendor, made.detail) if part)
        if note and (note in self.notes or len(self.notes) < _MOST_REASONS):
            self.notes[note] += 1

    @property
    def note(self) -> str:
        """The most common vendor or detail, and how many others there are."""
        if not self.notes:
            return ""
        best = min(self.notes, key=lambda note: (-self.notes[note], note))
        return best if len(self.notes) == 1 else f"{best} (+{len(self.notes) - 1})"


class Group(NamedTuple):
    """A tool in one role, with all its versions, the most common first."""

    role: Role
    tool: str
    lines: tuple[tuple[Line, Tally], ...]

    @property
    def artifacts(self) -> int:
        """Artifacts, counted once for each version."""
        return sum(tally.artifacts for _, tally in self.lines)


class Summary:
    """Counts over all the records of a scan, gathered in one pass."""

    def __init__(self, results: Results) -> None:
        self.artifacts = self.marked = self.inferred_only = 0
        self.bytes = 0
        self.unmarked: Counter[str] = Counter()
        self.present: Counter[tuple[Role, str, str]] = Counter()
        self.present_sample: dict[tuple[Role, str, str], Present] = {}
        self.skipped: Counter[str] = Counter()
        self.skipped_sample: dict[str, str] = {}
        self._tallies: dict[Line, Tally] = {}
        for artifact in results.artifacts:
            self._count(artifact)
        for present in results.present:
            key = (present.role, present.tool, present.version or "")
            self.present[key] += 1
            self.present_sample.setdefault(key, present)
        for skipped in results.skipped:
            known = skipped.reason in self.skipped or len(self.skipped) < _MOST_REASONS
            reason = skipped.reason if known else "other reasons"
            self.skipped[reason] += 1
            self.skipped_sample.setdefault(reason, skipped.path)

    def _count(self, artifact: Artifact) -> None:
        self.artifacts += 1
        self.bytes += artifact.size
        if any(made.claim is not Claim.INFERRED for made in artifact.built_by):
            self.marked += 1
        else:
            self.unmarked[artifact.format] += 1
            self.inferred_only += bool(artifact.built_by)
        lines = {_line(made): made for made in reversed(artifact.built_by)}
        for line, made in lines.items():
            self._tallies.setdefault(line, Tally()).add(made)

    @property
    def tools(self) -> int:
        """How many different tools left marks. What is only inferred left none."""
        return len({line.tool for line in self._tallies if line.claim is not Claim.INFERRED})

    def groups(self) -> list[Group]:
        """Return the tools by role, those of most artifacts first."""
        by_tool: dict[tuple[Role, str], list[tuple[Line, Tally]]] = {}
        for line, tally in self._tallies.items():
            by_tool.setdefault((line.role, line.tool), []).append((line, tally))
        groups = [Group(role, tool, _ordered(lines)) for (role, tool), lines in by_tool.items()]
        return sorted(groups, key=lambda group: (_ROLES[group.role], -group.artifacts, group.tool))

    def sentence(self) -> str:
        """Return the counts in one line."""
        parts = [
            counted(self.artifacts, "artifact"),
            f"{self.marked:,} marked by {counted(self.tools, 'tool')}",
            f"{self.artifacts - self.marked:,} not marked",
        ]
        if self.skipped.total():
            parts.append(f"{self.skipped.total():,} skipped")
        return " · ".join(parts)


def counted(number: int, word: str) -> str:
    """Return `1 tool`, `1,234 tools`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _line(made: BuiltBy) -> Line:
    return Line(made.role, made.tool, made.version or made.version_range or "", made.claim)


def _ordered(lines: Iterable[tuple[Line, Tally]]) -> tuple[tuple[Line, Tally], ...]:
    return tuple(sorted(lines, key=lambda item: (-item[1].artifacts, item[0].version, _CLAIMS[item[0].claim])))
