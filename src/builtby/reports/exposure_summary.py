"""What the exposures of a scan come to: by tool and version, then by what to do; each advisory counted once in each."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from builtby.advisories.rank import rank
from builtby.advisories.words import stable
from builtby.model import Action, Artifact, Exposure, ExposureStatus, Present
from builtby.reports import names
from builtby.reports.exposed import is_vulnerability, version_of
from builtby.reports.results import Results

_NUMBERS = re.compile(r"(\d{1,18})", re.ASCII)


class Touched:
    """How many artifacts and installed tools something speaks of, and one of them."""

    def __init__(self, sample: str) -> None:
        self.artifacts = self.installed = 0
        self.sample = sample

    def add(self, record: Artifact | Present) -> None:
        """Count one."""
        if isinstance(record, Artifact):
            self.artifacts += 1
        else:
            self.installed += 1


class Worst(NamedTuple):
    """An exposure to deal with first, what it touches, and all that ask the same of the same version, it first."""

    exposure: Exposure
    touched: Touched
    alike: list[Exposure]


class Todo(Touched):
    """One thing to do about one version of a tool: its advisories, worst first, and what they touch."""

    def __init__(self, action: Action, sample: str) -> None:
        super().__init__(sample)
        self.action = action
        self._found: dict[str, Exposure] = {}

    def take(self, exposure: Exposure) -> None:
        """Take an advisory in; of two words about the same one, the graver counts."""
        held = self._found.get(exposure.id)
        if held is None or (held != exposure and rank(exposure) < rank(held)):
            self._found[exposure.id] = exposure

    @property
    def exposures(self) -> list[Exposure]:
        """One exposure an advisory, in the order of what is to be done first."""
        return sorted(self._found.values(), key=rank)

    def ratings(self) -> Counter[str]:
        """Return how many advisories have which rating."""
        return Counter(exposure.rating for exposure in self._found.values())


class Holder:
    """One version of a tool, with what is to be done about it."""

    def __init__(self, tool: str, version: str | None) -> None:
        self.tool, self.version = tool, version
        self.todos: dict[Action, Todo] = {}

    def ordered(self) -> list[Todo]:
        """Return what is to be done, most pressing first."""
        return sorted(self.todos.values(), key=lambda todo: rank(todo.exposures[0]))

    def all(self) -> list[Exposure]:
        """Return every exposure, each advisory once for each action."""
        return [exposure for todo in self.todos.values() for exposure in todo.exposures]


class Exposures:
    """Exposures over all the records of a scan, gathered in one pass; memory goes with tools, not with artifacts."""

    def __init__(self, results: Results) -> None:
        self.ids: set[str] = set()
        self.kev: set[str] = set()
        self.none: Counter[ExposureStatus] = Counter()
        self.artifacts = self.installed = 0
        self._holders: dict[tuple[str, str, bool], Holder] = {}
        self._worst: dict[tuple[str, str], tuple[Exposure, Touched]] = {}
        self._not: set[tuple[str, ExposureStatus]] = set()
        for spool in (results.artifacts, results.present):
            for record in spool:
                self._take(record, names.place(results.targets, record.target, record.path))
        for _, status in self._not:
            self.none[status] += 1

    def _take(self, record: Artifact | Present, place: str) -> None:
        self._not.update((exposure.id, exposure.status) for exposure in record.not_exposed)
        todos: dict[tuple[str, str, bool, Action], Todo] = {}
        for exposure in record.exposures:
            version = version_of(record, exposure) or exposure.version_range
            key = (exposure.tool, version or "", is_vulnerability(exposure))
            todo = todos.get((*key, exposure.action)) or self._todo(key, version, exposure.action, place)
            todos[(*key, exposure.action)] = todo
            todo.take(exposure)
        for todo in todos.values():
            todo.add(record)
        self._count(record, place)

    def _todo(self, key: tuple[str, str, bool], version: str | None, action: Action, place: str) -> Todo:
        holder = self._holders.setdefault(key, Holder(key[0], version))
        return holder.todos.setdefault(action, Todo(action, place))

    def _count(self, record: Artifact | Present, place: str) -> None:
        holes = {(e.id, e.tool): e for e in sorted(record.exposures, key=rank, reverse=True) if is_vulnerability(e)}
        if holes:
            self.artifacts += isinstance(record, Artifact)
            self.installed += isinstance(record, Present)
        for name, exposure in holes.items():
            self.ids.add(exposure.id)
            if exposure.kev:
                self.kev.add(exposure.id)
            held = self._worst.get(name)
            if held is None or rank(exposure) < rank(held[0]):
                self._worst[name] = (exposure, held[1] if held else Touched(place))
            self._worst[name][1].add(record)

    def holders(self, *, end_of_life: bool = False) -> list[Holder]:
        """Return the tools with vulnerabilities, or those without support, most pressing first."""
        chosen = [holder for key, holder in self._holders.items() if key[2] is not end_of_life]
        return sorted(chosen, key=lambda holder: rank(holder.ordered()[0].exposures[0]))

    def worst(self, number: int) -> list[Worst]:
        """Return what to deal with first, each advisory once, and once all that one remedy of one version serves."""
        ordered = sorted(self._worst.values(), key=lambda pair: rank(pair[0]))
        distinct = {pair[0].id: pair for pair in reversed(ordered)}
        found: dict[tuple[str, str | None, Action], Worst] = {}
        for exposure, touched in (pair for pair in ordered if distinct[pair[0].id] is pair):
            key = exposure.tool, exposure.judged, exposure.action
            found.setdefault(key, Worst(exposure, touched, [])).alike.append(exposure)
        return list(found.values())[:number]


def fixed_by(exposures: Iterable[Exposure]) -> tuple[str | None, int]:
    """Return the first release that fixes all that can be fixed, and how many have no fix.

    It is the newest of the last fixed releases: an older branch may have its own fixes, but not of everything.
    """
    known = list(exposures)
    last = [stable(exposure.fixed_in)[-1] for exposure in known if exposure.fixed_in]
    return (max(last, key=_natural) if last else None), len(known) - len(last)


def _natural(version: str) -> list[tuple[int, int, str]]:
    """Order numbers as numbers, and `1.21.0-rc.1` before `1.21.0`, whose end stands below any other part."""
    parts = (part for part in _NUMBERS.split(version.replace("-", "~")) if part)
    key = [(1, int(part), "") if part.isdecimal() else (0 if "~" in part else 1, -1, part) for part in parts]
    return [*key, (1, -2, "")]
