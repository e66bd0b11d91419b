"""The figures of the HTML report, gathered in one pass; memory goes with advisories and tools, not with artifacts."""

from collections import Counter
from enum import StrEnum

from builtby.advisories.rank import rank
from builtby.model import (
    Action,
    AdvisoryData,
    Artifact,
    Claim,
    Exposure,
    ExposureClass,
    ExposureStatus,
    Present,
)
from builtby.reports.exposed import is_vulnerability, version_of
from builtby.reports.names import place
from builtby.reports.results import Results

SAMPLE = 40
"""Places that an advisory lists; of the rest the number is given."""
_HELD = 400
"""Characters of a place that are kept."""
_VERSIONS = 200


class State(StrEnum):
    """What must be done about an artifact: the most pressing thing, in this order."""

    REBUILD = "rebuild"
    CHECK = "check"
    RUNTIME = "runtime"
    BUILDER = "builder"
    UNSUPPORTED = "unsupported"
    NONE = "none-known"
    NO_DATA = "no-data"
    UNMARKED = "unmarked"


_BY_ACTION = {
    Action.UPDATE_AND_REBUILD: State.REBUILD, Action.UPDATE_RUNTIME: State.RUNTIME, Action.UPDATE_BOTH: State.RUNTIME,
    Action.UPDATE_BUILDER: State.BUILDER, Action.READ: State.CHECK, Action.NONE: State.NONE,
}
_ORDER = {state: index for index, state in enumerate(State)}


def state_of_exposure(exposure: Exposure) -> State:
    """Return what one exposure asks for. What is not sure to need a new build is to be checked first."""
    if not is_vulnerability(exposure):
        return State.UNSUPPORTED
    state = _BY_ACTION[exposure.action]
    unsure = exposure.status is ExposureStatus.UNVERIFIED and state is State.REBUILD
    return State.CHECK if unsure else state


def state_of(artifact: Artifact, data: AdvisoryData | None) -> State:
    """Return what must be done about an artifact, or why nothing is known of it."""
    if artifact.exposures:
        return min(map(state_of_exposure, artifact.exposures), key=_ORDER.__getitem__)
    if all(made.claim is Claim.INFERRED for made in artifact.built_by):
        return State.UNMARKED
    known = data is not None and any(made.tool not in data.no_data for made in artifact.built_by)
    return State.NONE if known else State.NO_DATA


class Advised:
    """One advisory in one class: what it touches."""

    def __init__(self, exposure: Exposure) -> None:
        self.worst = exposure
        self.artifacts = self.installed = self.unverified = self.new = 0
        self.tools: dict[tuple[str, str], None] = {}
        self.places: list[str] = []

    def take(self, record: Artifact | Present, where: str, exposure: Exposure) -> None:
        """Count one artifact or installed tool."""
        if exposure != self.worst and rank(exposure) < rank(self.worst):
            self.worst = exposure
        self.artifacts += isinstance(record, Artifact)
        self.installed += isinstance(record, Present)
        self.unverified += exposure.status is ExposureStatus.UNVERIFIED
        self.new += exposure.new is True
        if len(self.tools) < _VERSIONS:
            self.tools[exposure.tool, exposure.judged or ""] = None
        if len(self.places) < SAMPLE:
            self.places.append(where)

    @property
    def touched(self) -> int:
        """Artifacts and installed tools together."""
        return self.artifacts + self.installed


class Rebuilt:
    """The artifacts that one version of a tool makes it necessary to rebuild."""

    def __init__(self) -> None:
        self.artifacts = 0
        self.fixed: dict[str, Exposure] = {}


class Figures:
    """Counts over all records of a scan."""

    def __init__(self, results: Results) -> None:
        self.data = results.advisories
        self.states: Counter[State] = Counter()
        self.rebuilt: dict[tuple[str, str], Rebuilt] = {}
        self.tool_states: dict[tuple[str, str], State] = {}
        self.settled: Counter[tuple[str, str, ExposureStatus]] = Counter()
        self.reasons: dict[tuple[str, str, ExposureStatus], str] = {}
        self._advised: dict[tuple[str, ExposureClass], Advised] = {}
        for artifact in results.artifacts:
            self.states[state_of(artifact, self.data)] += 1
            self._take(artifact, results)
            self._rebuild(artifact)
        for present in results.present:
            self._take(present, results)

    def _take(self, record: Artifact | Present, results: Results) -> None:
        for none in record.not_exposed:
            key = (none.id, none.tool, none.status)
            self.settled[key] += 1
            self.reasons.setdefault(key, none.reason or "")
        if not record.exposures:
            return
        where = place(results.targets, record.target, record.path)
        where = where if len(where) <= _HELD else f"{where[: _HELD // 2]}…{where[-_HELD // 2 :]}"
        gravest = {(one.id, one.class_): one for one in sorted(record.exposures, key=rank, reverse=True)}
        for exposure in gravest.values():
            held = self._advised.setdefault((exposure.id, exposure.class_), Advised(exposure))
            held.take(record, where, exposure)
        for exposure in record.exposures:
            self._tool(exposure, judged_version(record, exposure))

    def _tool(self, exposure: Exposure, version: str) -> None:
        key, state = (exposure.tool, version), state_of_exposure(exposure)
        held = self.tool_states.get(key, State.NONE)
        unsupported = State.UNSUPPORTED in (state, held)
        self.tool_states[key] = State.UNSUPPORTED if unsupported else min(state, held, key=_ORDER.__getitem__)

    def _rebuild(self, artifact: Artifact) -> None:
        seen = set()
        for exposure in artifact.exposures:
            if state_of_exposure(exposure) is State.REBUILD:
                key = (exposure.tool, judged_version(artifact, exposure))
                rebuilt = self.rebuilt.setdefault(key, Rebuilt())
                rebuilt.fixed[exposure.id] = exposure
                rebuilt.artifacts += key not in seen
                seen.add(key)

    def advised(self) -> list[Advised]:
        """Return the advisories, what is to be done first at the front; ends of support are not among them."""
        return self._ordered(end_of_life=False)

    def unsupported(self) -> list[Advised]:
        """Return the release lines that nobody patches."""
        return self._ordered(end_of_life=True)

    def _ordered(self, *, end_of_life: bool) -> list[Advised]:
        chosen = [one for one in self._advised.values() if is_vulnerability(one.worst) is not end_of_life]
        return sorted(chosen, key=lambda one: rank(one.worst))

    def tool_state(self, tool: str, version: str) -> State:
        """Return how a version of a tool stands: without support, exposed, nothing known against it, or no data."""
        found = self.tool_states.get((tool, version))
        if found is not None:
            return found
        return State.NO_DATA if self.data is None or tool in self.data.no_data or not version else State.NONE


def judged_version(record: Artifact | Present, exposure: Exposure) -> str:
    """Return the upstream version of the very tool that was judged; a file may have several versions of it."""
    versions = [m.version for m in record.built_by if m.tool == exposure.tool] if isinstance(record, Artifact) else ()
    return (exposure.version if exposure.version in versions else version_of(record, exposure)) \
        or exposure.version_range or ""
