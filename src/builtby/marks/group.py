"""Evidence that speaks for the same tool, in the same role and version, taken together."""

from collections.abc import Iterable
from itertools import groupby

from builtby.marks.engine import Evidence
from builtby.model import Role

SCOPES = {"unit": 0, "file": 1, "object": 2, "inside": 3}
"""What one occurrence speaks for, the most telling first."""
_CLEARLY_MORE = 4
"""So many times as often must a version stand in a file to be taken for the tool's, when several do."""


class Group:
    """The evidence for one tool, in one role and one version."""

    def __init__(self, first: Evidence) -> None:
        mark = first.rule.mark
        self.tool = first.rule.tool
        self.role, self.claim, self.detail = mark.role, mark.claim, mark.detail
        self.version, self.range, self.vendor = first.version, first.range, first.vendor
        self._of_units: dict[str, int] = {}
        self._of_whole: dict[str, int] = {}
        self.evidence: list[Evidence] = []
        self.share: float | None = None
        self.second = False
        """A compiler, and yet not of the main part."""
        self.doubt = 1.0
        """What the confidence is multiplied with."""
        self.add(first)

    def add(self, item: Evidence) -> None:
        """Take one more piece of evidence in."""
        self.evidence.append(item)
        self.range = self.range or (item.range if self.version is None else None)
        self.vendor = self.vendor or item.vendor
        if item.language:
            counts = self._of_units if item.rule.mark.scope == "unit" else self._of_whole
            counts[item.language] = counts.get(item.language, 0) + item.surface.times

    def absorb(self, other: "Group") -> None:
        """Take another group's evidence in."""
        for item in other.evidence:
            self.add(item)

    @property
    def language(self) -> str | None:
        """The language: what the artifact was linked for, where no unit is of it (they are a part); else the units'."""
        counts = self._of_units
        if not counts or (self._of_whole and not self._of_whole.keys() & counts.keys()):
            counts = self._of_whole
        return max(counts, key=lambda name: (counts[name], name), default=None)

    @property
    def scope(self) -> str:
        return min((item.rule.mark.scope for item in self.evidence), key=SCOPES.__getitem__)

    @property
    def units(self) -> int:
        return sum(item.surface.times for item in self.evidence if item.rule.mark.scope == "unit")

    @property
    def hits(self) -> int:
        return sum(item.surface.times for item in self.evidence)

    @property
    def confidence(self) -> float:
        return round(max(item.rule.mark.confidence for item in self.evidence) * self.doubt, 2)

    @property
    def place(self) -> int:
        """Where in its link this compiler stands: the offset of its first object mark."""
        offsets = [i.surface.offset for i in self.evidence if i.rule.mark.scope == "object" and i.surface.offset]
        return min(offsets, default=0)

    @property
    def age(self) -> tuple[int, ...]:
        """The version as numbers, to tell the older from the newer."""
        return tuple(int(part) for part in (self.version or "").partition("-")[0].split(".") if part.isdigit())

    def fired(self, rule: str) -> bool:
        """Whether the rule is among the evidence."""
        return any(item.rule.id == rule for item in self.evidence)


def group(evidence: Iterable[Evidence]) -> list[Group]:
    """Return the groups of a file's evidence."""
    groups: dict[tuple[object, ...], Group] = {}
    for item in evidence:
        mark = item.rule.mark
        key = (item.rule.tool.tool, mark.role, item.version, mark.claim, mark.detail)
        if key in groups:
            groups[key].add(item)
        else:
            groups[key] = Group(item)
    return merge_unversioned(_without_doubtful(list(groups.values())))


def regroup(groups: Iterable[Group]) -> list[Group]:
    """Join groups that became alike when their roles were settled."""
    joined: dict[tuple[object, ...], Group] = {}
    for one in groups:
        key = (one.tool.tool, one.role, one.version, one.claim)
        if key in joined:
            joined[key].absorb(one)
        else:
            joined[key] = one
    return list(joined.values())


def merge_unversioned(groups: list[Group]) -> list[Group]:
    """Evidence with no version supports the tool's versioned evidence in the same role, where there is some."""
    kept = [one for one in groups if one.version is not None]
    for one in groups:
        if one.version is not None:
            continue
        same = [g for g in kept if (g.tool.tool, g.role, g.claim) == (one.tool.tool, one.role, one.claim)]
        if same:
            max(same, key=lambda g: (-SCOPES[g.scope], g.confidence, g.units, g.age)).absorb(one)
        else:
            kept.append(one)
    return kept


def _without_doubtful(groups: list[Group]) -> list[Group]:
    """Of several versions that strings in the data tell, keep the one that clearly prevails, else none of them."""
    def key(one: Group) -> tuple[str, str, str]:
        return one.tool.tool, one.role.value, one.claim.value

    for _, several in groupby(sorted(groups, key=key), key):
        versioned = [one for one in several if one.version is not None]
        if not any(_searched(one) for one in versioned) or len(versioned) < 2:
            continue
        firm = [one for one in versioned if not _searched(one)]
        most = sorted(versioned, key=lambda one: -one.hits)
        prevails = not firm and most[0].hits >= _CLEARLY_MORE * most[1].hits
        for one in versioned:
            if _searched(one) and not (prevails and one is most[0]):
                one.version = None
    return groups


def _searched(one: Group) -> bool:
    """Whether all that tells the version was found by searching data, where other texts may stand as well."""
    return one.role in (Role.COMPILER, Role.LINKER) and all(
        item.rule.mark.needles and item.rule.mark.scope == "file" for item in one.evidence)
