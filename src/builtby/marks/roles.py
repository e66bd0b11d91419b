"""Who compiled the code, who only left the crt behind, who compiled a part of it.

This is where every peer is wrong: a `.comment` string proves that some object in the link was made by that compiler,
and every program is linked with the crt and libgcc of somebody else.
"""

from collections.abc import Sequence

from builtby.marks.group import Group
from builtby.model import Claim, Role

_LINKED = {"executable", "pie", "shared"}
_UNLINKED = {"object", "archive"}
"""What no crt was linked into: each compiler there compiled something of it."""
_PROGRAMS = {"executable", "pie"}
_WHOLE = {*_PROGRAMS, "module"}
"""What has a main part."""
_STRONG = 0.85
"""Evidence less sure than this does not make others step back."""
_FEW_UNITS = 3
"""The crt has no more compilation units than these."""
_CXX = "c++"
"""No crt is written in it: it is code."""
_MUCH = 200
"""Texts that a tool left all over so many places speak for more than a part."""
_CRT, _REST, _PART = "crt and libgcc", "crt, libgcc or bundled C", "compiled a part of it"


def settle_roles(groups: Sequence[Group], facts: dict[str, str]) -> None:
    """Give each group its role; compilers of a mere part of the artifact become `second`."""
    _know_crt(groups)
    _mark_guests(groups, facts)
    if facts.get("type") not in _UNLINKED:
        _demote(groups, facts)
    if facts.get("type") in _LINKED:
        _separate_startup(groups)
    _prefer_released_together(groups)
    _mark_helpers(groups)
    _share(groups)


def _compilers(groups: Sequence[Group]) -> list[Group]:
    return [one for one in groups if one.role is Role.COMPILER and one.claim is Claim.OBSERVED]


def _know_crt(groups: Sequence[Group]) -> None:
    """A version of which a rule says that it is the crt's compiled nothing else, where no unit of code shows it."""
    known = {(one.tool.tool, one.version): one.detail for one in groups
             if one.role is Role.RUNTIME and one.detail in (_CRT, _REST)}
    for one in _compilers(groups):
        if (one.tool.tool, one.version) in known and not one.units:
            one.role, one.detail = Role.RUNTIME, known[one.tool.tool, one.version]


def _mark_guests(groups: Sequence[Group], facts: dict[str, str]) -> None:
    """In a program, a tool that leaves its start-up code in every program of its own, but not here, made a part."""
    if facts.get("type") == "shared":
        _mark_parts(_compilers(groups), facts.get("codegen"))
    if facts.get("type") not in _PROGRAMS:
        return
    compilers = _compilers(groups)
    for one in compilers:
        if not one.tool.main or one.units > _FEW_UNITS or any(map(one.fired, one.tool.main)):
            continue
        one.second = any(_rivals(one, other) for other in compilers)
        if not one.second and all(item.rule.mark.needles for item in one.evidence):
            one.role, one.detail = Role.RUNTIME, _PART


def _mark_parts(compilers: Sequence[Group], codegen: str | None) -> None:
    """In a library, a tool made a part if the code linked first, the library's own, is another generator's."""
    for one in compilers:
        others = any(other.tool.crt for other in compilers if other is not one)
        if others and one.tool.codegen and not one.units and codegen not in (None, "mixed", one.tool.codegen):
            one.second, one.detail = True, _PART


def _rivals(one: Group, other: Group) -> bool:
    """Whether the other may have made the main part: what is left of a crt is no rival to units of code, or to much."""
    if other.tool is one.tool or other.version is None:
        return False
    return other.units > 0 or (not one.units and (one.hits < _MUCH or other.language is not None))


def _demote(groups: Sequence[Group], facts: dict[str, str]) -> None:
    """Beside a compiler that it yields to, a tool's object marks only show what came with the crt or a library.

    Units show more, yet not who made the main part: a release's own code has none, the C libraries in it may have many.
    """
    for one in _compilers(groups):
        hosts = [other for other in _compilers(groups) if other.tool.tool in one.tool.yields_to
                 and not other.second and other.confidence >= _STRONG]
        if not hosts:
            continue
        if one.units > _FEW_UNITS and facts.get("type") in _WHOLE and any(map(_owns, hosts)):
            one.second, one.detail = True, "C++ parts" if one.language == _CXX else "C parts"
            continue
        if one.units and any(host.units for host in hosts):
            continue
        if one.scope == "object" or one.units <= _FEW_UNITS:
            if any(_joins(host) for host in hosts):
                one.second, one.detail = True, "C parts"
            elif one.language == _CXX and all(host.language != _CXX for host in hosts):
                one.second, one.detail = True, "C++ parts"
            else:
                one.role, one.detail = Role.RUNTIME, _REST


def _owns(host: Group) -> bool:
    return any(map(host.fired, host.tool.main))


def _joins(host: Group) -> bool:
    flag = host.tool.joined_if
    return flag is not None and any(flag in item.surface.extra for item in host.evidence)


def _separate_startup(groups: Sequence[Group]) -> None:
    """Of several versions of one compiler that owns a crt, the oldest came with the system's crt and libraries.

    It mostly stands first in the order of the link, as the crt does (RHEL 8's toolsets, musl-gcc), but what it left
    may also be in libraries alone, and so stand last (the toolsets of manylinux2014). Units of code outweigh age.
    """
    several = [one for one in _compilers(groups) if one.tool.crt and one.version and one.place]
    if len(several) < 2:
        return
    oldest = min(several, key=lambda one: one.age)
    rest = [one for one in several if one is not oldest]
    if oldest.units > max(_FEW_UNITS, sum(one.units for one in rest)):
        return
    oldest.role, oldest.detail = Role.RUNTIME, _CRT
    for one in rest:
        if len(rest) > 1 or one.place < oldest.place:
            one.doubt = 0.9


def _prefer_released_together(groups: Sequence[Group]) -> None:
    """Of several versions of one compiler, the one that its own linker shares the version with made the main part."""
    linked = {(one.tool.tool, one.version) for one in groups if one.role is Role.LINKER}
    for one in _compilers(groups):
        others = [other for other in _compilers(groups) if other.tool is one.tool and other is not one]
        if any((other.tool.linker, other.version) in linked for other in others) and not one.units:
            one.second = True


def _mark_helpers(groups: Sequence[Group]) -> None:
    """A compiler that only finished what another one began comes after it."""
    finished = {name for one in _compilers(groups) for name in one.tool.through}
    for one in _compilers(groups):
        if one.tool.tool in finished and not one.tool.through:
            one.second = True


def _share(groups: Sequence[Group]) -> None:
    """Compilation units give shares, among all that compiled any."""
    compiled = [one for one in groups if one.role in (Role.COMPILER, Role.RUNTIME) and one.units]
    total = sum(one.units for one in compiled)
    for one in compiled:
        one.share = round(one.units / total, 4)
