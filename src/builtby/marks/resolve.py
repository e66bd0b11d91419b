"""From evidence to a ranked list of tools: who compiled the code, who only left the crt behind, who linked.

This is where every peer is wrong: a `.comment` string proves that some object in the link was made by that compiler,
and every program is linked with the crt and libgcc of somebody else.
"""

from collections.abc import Iterable, Sequence

from builtby.marks.engine import Evidence
from builtby.model import BuiltBy, Claim, Mark, Role

_ROLE_ORDER = {role: index for index, role in enumerate(Role)}
_SCOPE_ORDER = {"unit": 0, "file": 1, "object": 2, "inside": 3}
_MARKS_KEPT = 16


class _Group:
    """The evidence for one tool, in one role and one version."""

    def __init__(self, first: Evidence) -> None:
        mark = first.rule.mark
        self.tool = first.rule.tool
        self.role, self.claim, self.detail = mark.role, mark.claim, mark.detail
        self.version, self.range, self.vendor = first.version, first.range, first.vendor
        self.languages: dict[str, int] = {}
        self.evidence: list[Evidence] = []
        self.share: float | None = None
        self.add(first)

    def add(self, item: Evidence) -> None:
        self.evidence.append(item)
        self.range = self.range or (item.range if self.version is None else None)
        self.vendor = self.vendor or item.vendor
        if item.language:
            self.languages[item.language] = self.languages.get(item.language, 0) + item.surface.times

    def absorb(self, other: "_Group") -> None:
        for item in other.evidence:
            self.add(item)

    @property
    def scope(self) -> str:
        return min((item.rule.mark.scope for item in self.evidence), key=_SCOPE_ORDER.__getitem__)

    @property
    def units(self) -> int:
        return sum(item.surface.times for item in self.evidence if item.rule.mark.scope == "unit")

    @property
    def confidence(self) -> float:
        return max(item.rule.mark.confidence for item in self.evidence)

    @property
    def first_offset(self) -> int:
        return min((i.surface.offset for i in self.evidence if i.surface.offset is not None), default=0)

    def rank(self) -> tuple[object, ...]:
        return (
            _ROLE_ORDER[self.role], list(Claim).index(self.claim), -(self.share or 0.0), _SCOPE_ORDER[self.scope],
            -self.confidence, self.tool.tool, self.version or "",
        )

    def built_by(self) -> BuiltBy:
        tool, version = self.tool, self.version
        return BuiltBy(
            tool=tool.tool,
            version=version,
            role=self.role,
            version_range=self.range if version is None else None,
            vendor=self.vendor,
            language=max(self.languages, key=lambda k: (self.languages[k], k)) if self.languages else None,
            detail=self.detail,
            purl=_named(tool.purl, version),
            cpe=_named(tool.cpe, version),
            claim=self.claim,
            confidence=self.confidence,
            share=self.share,
            flags=_flags(self.evidence),
            marks=tuple(_marks(self.evidence)),
        )


def resolve(evidence: Iterable[Evidence], facts: dict[str, str]) -> tuple[BuiltBy, ...]:
    """Return the tools that the evidence proves, ranked: the compiler of the code first."""
    groups = _merge_unversioned(_group(evidence))
    _share(groups)
    _demote(groups)
    _separate_startup(groups, facts)
    groups = _group_again(groups)
    _drop_inferred(groups)
    return tuple(group.built_by() for group in sorted(groups, key=_Group.rank))


def _group(evidence: Iterable[Evidence]) -> list[_Group]:
    groups: dict[tuple[object, ...], _Group] = {}
    for item in evidence:
        mark = item.rule.mark
        key = (item.rule.tool.tool, mark.role, item.version, mark.claim, mark.detail)
        if key in groups:
            groups[key].add(item)
        else:
            groups[key] = _Group(item)
    return list(groups.values())


def _merge_unversioned(groups: list[_Group]) -> list[_Group]:
    """Evidence with no version supports the tool's versioned evidence in the same role, where there is some."""
    kept = [group for group in groups if group.version is not None]
    for group in groups:
        if group.version is not None:
            continue
        same = [g for g in kept if (g.tool.tool, g.role, g.claim) == (group.tool.tool, group.role, group.claim)]
        if same:
            same[0].absorb(group)
        else:
            kept.append(group)
    return kept


def _share(groups: Sequence[_Group]) -> None:
    """Compilation units give shares, among the compilers that have any."""
    compilers = [group for group in groups if group.role is Role.COMPILER and group.units]
    total = sum(group.units for group in compilers)
    for group in compilers:
        group.share = round(group.units / total, 4)


def _demote(groups: Sequence[_Group]) -> None:
    """Beside a compiler that it yields to, a tool's object marks only show what came with the crt or a library."""
    strong = {group.tool.tool for group in groups if group.role is Role.COMPILER and group.claim is Claim.OBSERVED}
    for group in groups:
        if group.role is Role.COMPILER and group.scope == "object" and strong & set(group.tool.yields_to):
            group.role, group.detail = Role.RUNTIME, "crt, libgcc or bundled C"


def _separate_startup(groups: Sequence[_Group], facts: dict[str, str]) -> None:
    """Of several versions of one compiler, the first in link order of a program is the crt's."""
    if facts.get("type") not in {"executable", "pie"}:
        return
    by_tool: dict[str, list[_Group]] = {}
    for group in groups:
        if group.role is Role.COMPILER and group.scope == "object" and group.version:
            by_tool.setdefault(group.tool.tool, []).append(group)
    for several in by_tool.values():
        if len(several) > 1:
            first = min(several, key=lambda group: group.first_offset)
            first.role, first.detail = Role.RUNTIME, "crt and libgcc"


def _group_again(groups: Iterable[_Group]) -> list[_Group]:
    """Join groups that became alike when their roles were settled."""
    joined: dict[tuple[object, ...], _Group] = {}
    for group in groups:
        key = (group.tool.tool, group.role, group.version, group.claim)
        if key in joined:
            joined[key].absorb(group)
        else:
            joined[key] = group
    return list(joined.values())


def _drop_inferred(groups: list[_Group]) -> None:
    """What is inferred says nothing where the same role was observed."""
    observed = {group.role for group in groups if group.claim is Claim.OBSERVED}
    groups[:] = [group for group in groups if group.claim is not Claim.INFERRED or group.role not in observed]


def _named(template: str | None, version: str | None) -> str | None:
    if template is None:
        return None
    if version is None:
        return template.replace("@{version}", "").replace("{version}", "*")
    return template.replace("{version}", version)


def _flags(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag for item in evidence for flag in item.surface.extra))


def _marks(evidence: Iterable[Evidence]) -> list[Mark]:
    seen: dict[tuple[str, str, str | None], Mark] = {}
    for item in evidence:
        surface = item.surface
        key = (item.rule.id, surface.value, surface.path)
        if key not in seen:
            seen[key] = Mark(
                surface.kind, surface.value, surface.offset, surface.path, item.rule.id, surface.times,
            )
    ordered = sorted(seen.values(), key=lambda m: (-m.count, m.path or "", m.offset or 0, m.rule or "", m.value))
    return ordered[:_MARKS_KEPT]
