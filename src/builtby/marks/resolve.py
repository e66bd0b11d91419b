"""From evidence to a ranked list of tools: who compiled the code, who only left the crt behind, who linked."""

from collections.abc import Iterable

from builtby.marks.engine import Evidence
from builtby.marks.group import SCOPES, Group, group, regroup
from builtby.marks.roles import settle_roles
from builtby.model import BuiltBy, Claim, Mark, Role

_ROLE_ORDER = {role: index for index, role in enumerate(Role)}
_CLAIM_ORDER = {claim: index for index, claim in enumerate(Claim)}
_MARKS_KEPT = 16
_FLAGS_KEPT = 64


def resolve(evidence: Iterable[Evidence], facts: dict[str, str]) -> tuple[BuiltBy, ...]:
    """Return the tools that the evidence proves, ranked: the compiler of the code first."""
    groups = group(evidence)
    settle_roles(groups, facts)
    groups = _without_inferred(regroup(groups))
    return tuple(_built_by(one) for one in sorted(groups, key=_rank))


def _rank(one: Group) -> tuple[object, ...]:
    return (
        _ROLE_ORDER[one.role], _CLAIM_ORDER[one.claim], one.second, -(one.share or 0.0), SCOPES[one.scope],
        -one.confidence, one.tool.tool, tuple(-part for part in one.age), one.version or "",
    )


def _without_inferred(groups: list[Group]) -> list[Group]:
    """What is inferred says nothing where the same role was observed."""
    observed = {one.role for one in groups if one.claim is Claim.OBSERVED}
    return [one for one in groups if one.claim is not Claim.INFERRED or one.role not in observed]


def _built_by(one: Group) -> BuiltBy:
    tool, version = one.tool, one.version
    return BuiltBy(
        tool=tool.tool,
        version=version,
        role=one.role,
        version_range=one.range if version is None else None,
        vendor=one.vendor,
        language=one.language,
        detail=one.detail,
        purl=_named(tool.purl, version),
        cpe=_named(tool.cpe, version),
        claim=one.claim,
        confidence=one.confidence,
        share=one.share,
        flags=_flags(one.evidence),
        marks=tuple(_marks(one.evidence)),
    )


def _named(template: str | None, version: str | None) -> str | None:
    if template is None:
        return None
    if version is None:
        return template.replace("@{version}", "").replace("{version}", "*")
    return template.replace("{version}", version)


def _flags(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag for item in evidence for flag in item.surface.extra))[:_FLAGS_KEPT]


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
