"""The judgement: every tool of an artifact, and every installed one, against all that is known of it."""

import os
from datetime import UTC, date, datetime

import msgspec

from builtby.advisories.conditions import Doubt, doubts
from builtby.advisories.match import Match, Matcher
from builtby.advisories.products import Way
from builtby.advisories.rank import rank
from builtby.advisories.reach import Linkage, reach
from builtby.advisories.records import Affected
from builtby.advisories.store import Store
from builtby.advisories.subject import Subject, of_artifact, of_present
from builtby.advisories.support import ended
from builtby.advisories.vendor import word
from builtby.advisories.words import CLASSES
from builtby.model import (
    Action,
    AdvisoryData,
    Artifact,
    Exposure,
    ExposureClass,
    ExposureStatus,
    Present,
    Role,
)

_WHY = {class_: f"{class_.value}: {words}" for class_, words in CLASSES.items()}
_EXPOSED = frozenset({ExposureStatus.AFFECTED, ExposureStatus.UNVERIFIED})
_INSIDE = frozenset({ExposureClass.ARTIFACT_LINKED, ExposureClass.RUNTIME})
_ACTIONS = {
    ExposureClass.BUILD_HOST: Action.UPDATE_BUILDER, ExposureClass.ARTIFACT_CODEGEN: Action.UPDATE_AND_REBUILD,
    ExposureClass.ARTIFACT_LINKED: Action.UPDATE_AND_REBUILD, ExposureClass.RUNTIME: Action.UPDATE_RUNTIME,
    ExposureClass.PLATFORM: Action.UPDATE_BOTH, ExposureClass.UNKNOWN: Action.READ,
}
_WORST = (ExposureStatus.NOT_AFFECTED, ExposureStatus.FIXED_BY_VENDOR, ExposureStatus.UNVERIFIED)
_LINKAGES = {
    Linkage.NOT_LINKED: ExposureStatus.NOT_LINKED, Linkage.OTHER_PLATFORM: ExposureStatus.NOT_AFFECTED,
    Linkage.UNKNOWN: ExposureStatus.UNVERIFIED,
}
_INFERRED = "that this tool made it is inferred, not read from it"
_ELSEWHERE = "runtime: it is not in this artifact, but ran where that was built"
REMEMBERED = 1 << 14
"""Subjects whose exposures are kept: an image has few different tools, however many files."""
Judged = tuple[tuple[Exposure, ...], tuple[Exposure, ...]]


class Judge:
    """Judges records by a store's data. `today` decides what is out of support; default: SOURCE_DATE_EPOCH, or now."""

    def __init__(self, store: Store, today: date | None = None) -> None:
        self._store, self._today = store, today or _today()
        self._asks: dict[str, bool] = {}
        self._matchers: dict[Way, Matcher] = {}
        self._alike: dict[tuple[Subject, ...], Judged] = {}
        self._known: dict[Subject, list[tuple[Exposure, Match | None]]] = {}
        self._no_data: set[str] = set()
        self._undecided: dict[str, set[str]] = {}
        self._last: tuple[Artifact, Judged] | None = None

    @property
    def info(self) -> AdvisoryData:
        """The data, and the tools met so far of which it holds nothing."""
        undecided = {tool: tuple(sorted(names)) for tool, names in sorted(self._undecided.items())}
        return msgspec.structs.replace(
            self._store.info, no_data=tuple(sorted(self._no_data)), undecided=undecided,
        )

    def artifact(self, artifact: Artifact) -> Artifact:
        """Return the artifact with its exposures."""
        if not artifact.built_by:
            return artifact
        if self._last is None or not _of_one_kind(artifact, self._last[0]):
            subjects = tuple(self._bare(of_artifact(artifact, tool)) for tool in artifact.built_by)
            self._last = artifact, self._judged_together(artifact, subjects)
        exposures, others = self._last[1]
        if not exposures and not others:
            return artifact
        return msgspec.structs.replace(artifact, exposures=exposures, not_exposed=others)

    def _judged_together(self, artifact: Artifact, subjects: tuple[Subject, ...]) -> Judged:
        """Return the exposures of all tools; those of Go programs depend on what each links, the others are kept."""
        alike = "go.packages" not in artifact.facts
        known = self._alike.get(subjects) if alike else None
        if known is not None:
            return known
        found: dict[tuple[str, str, str | None], Exposure] = {}
        for subject in subjects:
            for exposure, match in self._of(subject):
                _add(found, _linked(exposure, match, artifact) if match is not None else exposure)
        judged = _sorted(found)
        if alike:
            if len(self._alike) >= REMEMBERED:
                self._alike.clear()
            self._alike[subjects] = judged
        return judged

    def present(self, present: Present) -> Present:
        """Return an installed tool with its exposures."""
        found: dict[tuple[str, str, str | None], Exposure] = {}
        for exposure, _ in self._of(of_present(present)):
            _add(found, exposure)
        exposures, others = _sorted(found)
        return msgspec.structs.replace(present, exposures=exposures, not_exposed=others)

    def _of(self, subject: Subject) -> list[tuple[Exposure, Match | None]]:
        known = self._known.get(subject)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[subject] = self._judged(subject)
        return known

    def _judged(self, subject: Subject) -> list[tuple[Exposure, Match | None]]:
        if not self._store.knows(subject.tool):
            self._no_data.add(subject.tool)
        found: list[tuple[Exposure, Match | None]] = []
        if subject.version is None and subject.version_range is None:
            return found
        over = ended(self._store, subject, self._today)
        line = self._store.products.line_of(subject.tool, subject.version or "")
        if line is not None:
            subject = subject._replace(version=None, version_range=line)
        for way in self._store.products.of(subject.tool):
            if way.roles and not subject.installed and subject.role.value not in way.roles:
                continue
            for match in self._matcher(way).matches(subject):
                if match.affected is None:
                    self._undecided.setdefault(subject.tool, set()).add(match.names.name)
                elif _means_something(match, subject) and _holds(match.affected, way, subject):
                    found.append((self._exposure(match, match.affected, subject), match))
        found += [(over, None)] if over is not None else []
        return [(_supposed(exposure), match) for exposure, match in found] if subject.inferred else found

    def _bare(self, subject: Subject) -> Subject:
        """Return the subject without what no advisory of its tool asks for, so that more subjects are alike."""
        if subject.tool not in self._asks:
            ways = self._store.products.of(subject.tool)
            self._asks[subject.tool] = any(
                part.conditional for way in ways for one in self._store.of_product(way.product) for part in one.affected
            )
        if self._asks[subject.tool]:
            return subject
        return subject._replace(machine=None, system=None, flags=())

    def _matcher(self, way: Way) -> Matcher:
        if way not in self._matchers:
            self._matchers[way] = Matcher(self._store.of_product(way.product), way)
        return self._matchers[way]

    def _exposure(self, match: Match, affected: Affected, subject: Subject) -> Exposure:
        advisory = match.advisory
        class_, why = _class(advisory.class_, subject)
        status, reason, fixed = self._status(match, affected, class_, subject)
        return Exposure(
            match.names.name, match.names.aliases, subject.tool, subject.version, class_, status,
            _action(class_, subject) if status in _EXPOSED else Action.NONE, advisory.score, advisory.rating,
            advisory.cvss, match.names.name in self._store.exploited,
            ((fixed,) if fixed else ()) + match.fixed_in, advisory.published, advisory.product,
            f"{match.rule} ({advisory.product}); {why}", reason, advisory.links[0] if advisory.links else None,
            version_range=None if subject.version else subject.version_range,
        )

    def _status(
        self, match: Match, affected: Affected, class_: ExposureClass, subject: Subject,
    ) -> tuple[ExposureStatus, str | None, str | None]:
        said = word(self._store, match.names.name, subject)
        if match.plain and class_ is not ExposureClass.ARTIFACT_CODEGEN:
            return said.status, said.reason, said.fixed
        against = doubts(affected, class_, subject)
        if match.partly:
            against.append(Doubt(ExposureStatus.UNVERIFIED, f"of the version, only {subject.version_range} is known"))
        functions = next((item.symbols for item in affected.imports if not item.path), ())
        if functions:
            names = ", ".join(functions[:3])
            against.append(Doubt(ExposureStatus.UNVERIFIED, f"only where {names} is used, which is not known"))
        if class_ is ExposureClass.ARTIFACT_CODEGEN:
            against.append(Doubt(ExposureStatus.UNVERIFIED, "whether it wrote any of this code badly cannot be seen"))
        if match.advisory.disputed:
            against.append(Doubt(ExposureStatus.AFFECTED, "the project disputes it"))
        if affected.basis:
            against.append(Doubt(ExposureStatus.AFFECTED, "the range of versions is not the project's own word"))
        if said.reason:
            against.insert(0, Doubt(said.status, said.reason))
        status = next((worst for worst in _WORST if any(doubt.status is worst for doubt in against)), said.status)
        notes = (status, ExposureStatus.AFFECTED) if status in _EXPOSED else (status,)
        return status, "; ".join(doubt.reason for doubt in against if doubt.status in notes) or None, said.fixed


def _supposed(exposure: Exposure) -> Exposure:
    """Say of an exposure that it is not even sure that the tool took part."""
    if exposure.status is not ExposureStatus.AFFECTED:
        return exposure
    reason = f"{_INFERRED}; {exposure.reason}" if exposure.reason else _INFERRED
    return msgspec.structs.replace(exposure, status=ExposureStatus.UNVERIFIED, reason=reason)


def _means_something(match: Match, subject: Subject) -> bool:
    """Whether an advisory says anything of this artifact.

    What a tool left inside was written elsewhere: its build hosts are not this artifact's. Library code is in what is
    linked. An interpreter that is not inside matters where it ran; of one whose version is a guess, that is too much.
    """
    if subject.installed:
        return True
    class_ = match.advisory.class_
    if subject.role is Role.RUNTIME:
        return class_ in _INSIDE
    if class_ is ExposureClass.ARTIFACT_LINKED:
        return subject.linked
    return class_ is not ExposureClass.RUNTIME or subject.version is not None


def _holds(affected: Affected, way: Way, subject: Subject) -> bool:
    """Whether code in the subject's language can hold what is affected: none but C++ holds libstdc++."""
    only = dict(way.only_in)
    if subject.installed or not affected.components or not set(affected.components) <= only.keys():
        return True
    if subject.language is None:  # what GCC's start-up code left is C
        return subject.role is not Role.RUNTIME
    return subject.language in {only[name] for name in affected.components}


def _class(class_: ExposureClass, subject: Subject) -> tuple[ExposureClass, str]:
    """Return what a class in the data means for this subject, and why."""
    if class_ is ExposureClass.RUNTIME and not subject.installed and subject.role is not Role.RUNTIME:
        return ExposureClass.BUILD_HOST, _ELSEWHERE
    return class_, _WHY[class_]


def _action(class_: ExposureClass, subject: Subject) -> Action:
    if class_ is ExposureClass.RUNTIME and not subject.installed:
        return Action.UPDATE_AND_REBUILD
    return _ACTIONS[class_]


def _linked(exposure: Exposure, match: Match, artifact: Artifact) -> Exposure:
    """Judge an advisory of Go's library by what is really linked into the artifact."""
    if match.affected is None or exposure.class_ is not ExposureClass.ARTIFACT_LINKED or exposure.tool != "go":
        return exposure
    said = reach(match.affected.imports, artifact.facts)
    if exposure.status not in _EXPOSED:
        return exposure
    status = _LINKAGES.get(said.linkage, exposure.status)
    reason = f"{said.reason}; {exposure.reason}" if exposure.reason else said.reason
    action = exposure.action if status in _EXPOSED else Action.NONE
    return msgspec.structs.replace(exposure, status=status, reason=reason, action=action)


def _add(found: dict[tuple[str, str, str | None], Exposure], exposure: Exposure) -> None:
    """Keep one exposure for an advisory, product and version (javac is of the JDK): the one that asks for most."""
    key = exposure.id, exposure.product, exposure.version
    other = found.get(key)
    if other is None or rank(exposure)[:4] < rank(other)[:4]:
        found[key] = exposure


def _sorted(found: dict[tuple[str, str, str | None], Exposure]) -> Judged:
    ranked = sorted(found.values(), key=rank)
    return (
        tuple(one for one in ranked if one.status in _EXPOSED),
        tuple(one for one in ranked if one.status not in _EXPOSED),
    )


def _of_one_kind(one: Artifact, other: Artifact) -> bool:
    """Whether two artifacts share what a thousand .pyc files of one Python share; seen at once, without comparing."""
    return one.built_by is other.built_by and one.facts is other.facts and one.format == other.format


def _today() -> date:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return moment.date()


