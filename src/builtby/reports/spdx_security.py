"""The security profile of SPDX 3.0.1: vulnerabilities, their scores, and what each means for what it was found in."""

from collections.abc import Callable, Iterator
from itertools import groupby
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from builtby.advisories.rank import RATINGS
from builtby.model import Artifact, Exposure, Present, Role
from builtby.reports import names
from builtby.reports.exposed import BUILDER_ONLY, Found, concerned, found, link
from builtby.reports.results import Results
from builtby.reports.spool import Spool
from builtby.reports.stream import JsonWriter
from builtby.reports.vex_status import AFFECTED, FIXED, NOT_AFFECTED, Stance, for_tool, stance

Element = dict[str, Any]
Make = Callable[..., Element]

_KINDS = {
    AFFECTED: ("VexAffected", "affects", "security_actionStatement"),
    NOT_AFFECTED: ("VexNotAffected", "doesNotAffect", "security_impactStatement"),
    FIXED: ("VexFixed", "fixedIn", "security_statusNotes"),
}
_UNDER_INVESTIGATION = ("VexUnderInvestigation", "underInvestigationFor", "security_statusNotes")


class Long:
    """A relationship whose list is too long to hold."""

    def __init__(self, element: Element, refs: Callable[[], Iterator[str]]) -> None:
        self._element, self._refs = element, refs

    def write(self, stream: IO[bytes]) -> None:
        """Write it, one name after the other."""
        out = JsonWriter(stream)
        for name, value in self._element.items():
            out.member(name, value)
        out.array("to", self._refs())
        out.end()


class _Row(msgspec.Struct, frozen=True):
    statement: int
    ref: str


class Security:
    """Who is affected by what. `present_ref` names an installed tool within the document."""

    def __init__(self, results: Results, space: str, present_ref: Callable[[Present], str]) -> None:
        self._space, self._present_ref = space, present_ref
        self._targets = [f"{space}target-{number}" for number in range(len(results.targets))]
        self._rows = Spool(_Row, lambda row: (row.statement, row.ref))
        self.advisories: dict[str, Exposure] = {}
        said: dict[tuple[str, Stance], None] = {}
        for one, what in _statements(results):
            self.advisories.setdefault(one.exposure.id, one.exposure)
            said.setdefault((one.exposure.id, what))
        self._said = sorted(said)
        places = {key: place for place, key in enumerate(self._said)}
        for one, what in _statements(results):
            for ref in self._refs(one):
                self._rows.add(_Row(places[one.exposure.id, what], space + ref))

    def _refs(self, one: Found) -> set[str]:
        if isinstance(one.record, Present):
            return {self._present_ref(one.record)}
        return _tools(one.record, one.exposure) or {names.artifact_ref(one.record)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._rows.close()

    def parts(self, make: Make) -> Iterator[Element | Long]:
        """Yield the elements; `make` gives one its frame."""
        for name, exposure in sorted(self.advisories.items()):
            yield self._vulnerability(make, name, exposure)
            yield from self._score(make, name, exposure)
        for place, rows in groupby(self._rows, key=lambda row: row.statement):
            yield self._statement(make, place, (row.ref for row in rows))

    def _vulnerability(self, make: Make, name: str, exposure: Exposure) -> Element:
        kind = "cve" if name.startswith("CVE-") else "securityOther"
        others = [{"type": "ExternalIdentifier", "externalIdentifierType": "securityOther", "identifier": alias}
                  for alias in sorted(set(exposure.aliases))]
        own = {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": name,
               "identifierLocator": [link(exposure)]}
        return make("security_Vulnerability", _ref(name), name=name, externalIdentifier=[own, *others],
                    comment="known to be exploited" if exposure.kev else None)

    def _score(self, make: Make, name: str, exposure: Exposure) -> Iterator[Element]:
        if exposure.cvss is None or exposure.severity is None or exposure.rating not in RATINGS[:-1]:
            return
        version = exposure.cvss[5] if exposure.cvss.startswith(("CVSS:3", "CVSS:4")) else "2"
        severity = {} if version == "2" else {"security_severity": exposure.rating}
        yield make(f"security_CvssV{version}VulnAssessmentRelationship", f"score-{_ref(name)}",
                   relationshipType="hasAssessmentFor", security_score=exposure.severity,
                   security_vectorString=exposure.cvss, **severity,
                   ) | {"from": self._space + _ref(name), "to": self._targets}

    def _statement(self, make: Make, place: int, refs: Iterator[str]) -> Long:
        name, what = self._said[place]
        kind, relation, words = _KINDS.get(what.status, _UNDER_INVESTIGATION)
        justified = {"security_justificationType": "vulnerableCodeNotPresent"} if what.status == NOT_AFFECTED else {}
        element = make(f"security_{kind}VulnAssessmentRelationship", f"vex-{names.short(name, *what)}",
                       relationshipType=relation, **{words: what.text}, **justified)
        return Long(element | {"from": self._space + _ref(name)}, lambda: refs)


def _statements(results: Results) -> Iterator[tuple[Found, Stance]]:
    for one in found(results, none_too=True):
        of_tool = isinstance(one.record, Artifact) and bool(_tools(one.record, one.exposure))
        what = for_tool(one.exposure) if of_tool else stance(one.record, one.exposure)
        if what is not None:
            yield one, what


def _tools(artifact: Artifact, exposure: Exposure) -> set[str]:
    """Return the tools that made an artifact and have the hole themselves; none when it is in the artifact."""
    if exposure.class_ not in BUILDER_ONLY:
        return set()
    return {names.tool_key(made).ref for made in concerned(artifact, exposure) if made.role is not Role.RUNTIME}


def _ref(name: str) -> str:
    return f"vulnerability-{names.short(name)}"
