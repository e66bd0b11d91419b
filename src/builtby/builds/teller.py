"""What back ends that watch processes have in common: entries of a record, environments told once, what was lost."""

from collections.abc import Callable
from dataclasses import dataclass, field

from builtby.builds.events import Event, Started, Surroundings
from builtby.builds.masking import Masker

MOST_GIVEN = 256
"""Environments of which it is remembered that they were masked already: most programs get their parent's."""


@dataclass(slots=True)
class Actor:
    """A process while it lives. `id` is its entry in the record; it changes when it runs another program."""

    id: int
    pid: int
    parent: int
    claim: str = "recorded"
    ran: bool = False
    asked: str | None = None
    """The last name that it asked a resolver for."""
    resolvers: set[int] = field(default_factory=set)
    """Descriptors that it connected to a resolver."""


class Teller:
    """Numbers what it tells of. `tell` takes every event."""

    def __init__(self, tell: Callable[[Event], None], masker: Masker) -> None:
        self.tell, self.masker = tell, masker
        self._last = 0
        self._environments: dict[tuple[object, ...], int] = {}
        self._given: dict[tuple[str, ...], int] = {}
        self.lost: dict[str, int] = {}
        """What could not be observed, in words, and how often."""

    def now(self) -> float:
        """Return the seconds since the build began."""
        raise NotImplementedError

    def number(self) -> int:
        """Return the number of a new entry."""
        self._last += 1
        return self._last

    def runs(self, entry: Actor) -> int | None:
        """Note that a process runs a program; return the entry that it replaces, None when it is its first."""
        before = entry.id if entry.ran else None
        if before is not None:
            entry.id = self.number()
            self.tell(Started(self.now(), entry.id, entry.pid, entry.parent, entry.claim))
        entry.ran = True
        return before

    def environment(self, pairs: list[str]) -> int:
        """Return the number of an environment; one not seen before is told."""
        given = tuple(pairs)
        number = self._given.get(given)
        if number is None:
            if len(self._given) >= MOST_GIVEN:
                self._given.clear()
            number = self._given[given] = self._told(given)
        return number

    def _told(self, pairs: tuple[str, ...]) -> int:
        names, values = self.masker.environment(pairs)
        key = (names, *values.items())
        number = self._environments.get(key)
        if number is None:
            number = self._environments[key] = len(self._environments)
            self.tell(Surroundings(self.now(), 0, number, names, values))
        return number

    def loses(self, what: str) -> None:
        """Count something that could not be observed."""
        self.lost[what] = self.lost.get(what, 0) + 1
