"""Makes events of what other recorders tell: who is who, and since when."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from builtby.builds.events import Absent, Connected, Ended, Event, Noted, Ran, Started, Surroundings, Used
from builtby.builds.imports.calls import absolute
from builtby.builds.masking import Masker

MOST_EVENTS = 5_000_000
"""Events that are taken from logs; more than that is no build."""


class TooMuchError(RuntimeError):
    """There are more events than one record holds."""


@dataclass(slots=True)
class Actor:
    """A process as a log names it. `id` is its entry in the record."""

    id: int
    pid: int
    ran: bool = False
    cwd: str | None = None
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """What a process runs, as far as a log tells."""

    argv: tuple[str, ...]
    executable: str | None = None
    cwd: str | None = None
    sha256: str | None = None
    environment: tuple[str, ...] = ()


class Scene:
    """Takes facts in the order of the log. Times are seconds since 1970; events count from the first."""

    def __init__(self, tell: Callable[[Event], None], masker: Masker) -> None:
        self._tell_on, self._masker = tell, masker
        self._actors: dict[Hashable, Actor] = {}
        self._environments: dict[tuple[object, ...], int] = {}
        self._last = 0
        self._told = 0
        self.began: float | None = None
        self.ended = 0.0
        self.now = 0.0

    def at(self, moment: float | None) -> None:
        """Say when the following happened; None when the log does not tell."""
        if moment is not None:
            if self.began is None:
                self.began = moment
            self.ended = max(self.ended, moment)
            self.now = max(round(moment - self.began, 6), 0.0)

    def _tell(self, event: Event) -> None:
        self._told += 1
        if self._told > MOST_EVENTS:
            raise TooMuchError(f"more than {MOST_EVENTS:,} events")
        self._tell_on(event)

    def find(self, key: Hashable) -> Actor | None:
        """Return the process that goes by a key."""
        return self._actors.get(key)

    def actor(self, key: Hashable, pid: int, parent: Hashable = None, program: Program | None = None) -> Actor:
        """Return a process; one that was not seen before appears, with what is known of the program it runs."""
        known = self._actors.get(key)
        if known is None:
            known = self._appear(key, pid, self._actors.get(parent) if parent is not None else None)
            if program is not None and (program.argv or program.executable):
                self._run(known, program, None)
        return known

    def runs(self, key: Hashable, pid: int, program: Program, parent: Hashable = None,
             instead: Hashable = None) -> Actor:
        """A process runs a program. `instead`: the key that the same process went by before."""
        before = self._actors.get(instead if instead is not None else key)
        above = self._actors.get(parent) if parent is not None else None
        if before is None:
            actor = self._appear(key, pid, above)
            self._run(actor, program, None)
            return actor
        if not before.ran:
            self._actors[key] = before
            self._run(before, program, None)
            return before
        actor = self._appear(key, pid, above)
        self._run(actor, program, before.id)
        return actor

    def _appear(self, key: Hashable, pid: int, above: Actor | None) -> Actor:
        self._last += 1
        actor = self._actors[key] = Actor(self._last, pid, cwd=above.cwd if above else None)
        self._tell(Started(self.now, actor.id, pid, above.id if above else 0, "recorded" if above else "inferred"))
        return actor

    def _run(self, actor: Actor, program: Program, replaces: int | None) -> None:
        actor.ran, actor.cwd = True, program.cwd or actor.cwd
        path = program.executable or (program.argv[0] if program.argv else "?")
        self._tell(Ran(
            self.now, actor.id, self._masker.argv(program.argv or (path,)), actor.cwd, absolute(path, actor.cwd),
            program.sha256, self._environment(program.environment), replaces))

    def _environment(self, pairs: tuple[str, ...]) -> int:
        names, values = self._masker.environment(pairs)
        key = (names, *values.items())
        number = self._environments.get(key)
        if number is None:
            number = self._environments[key] = len(self._environments)
            self._tell(Surroundings(self.now, 0, number, names, values))
        return number

    def ends(self, key: Hashable, code: int | None) -> None:
        """A process ends; without a code when a signal ended it, or none is known."""
        actor = self._actors.pop(key, None)
        if actor is not None:
            self._tell(Ended(self.now, actor.id, code))

    def uses(self, actor: Actor, path: str, accesses: Iterable[str], *, to: str | None = None,
             refused: bool = False) -> None:
        """A process does something with a file."""
        for access in accesses:
            target = to if access == "symlink" or to is None else absolute(to, actor.cwd)
            self._tell(Used(self.now, actor.id, absolute(path, actor.cwd), access, to=target, refused=refused))

    def misses(self, actor: Actor) -> None:
        """A process asks for a file that is not there."""
        self._tell(Absent(self.now, actor.id))

    def asks(self, actor: Actor, name: str, resolver: str = "") -> None:
        """A process asks a resolver for a name."""
        actor.asked = name
        self._tell(Connected(self.now, actor.id, "dns", resolver, 53, name, "recorded"))

    def turns(self, actor: Actor, kind: str, address: str, port: int | None, *, refused: bool = False,
              host: str | None = None) -> None:
        """A process turns to an address."""
        name = host or (actor.asked if kind != "unix" and port != 53 else None)  # DNS
        claim = ("recorded" if host else "inferred") if name else None
        self._tell(Connected(self.now, actor.id, kind, address, port, name, claim, refused))

    def notes(self, actor: Actor, call: str, detail: str, *, refused: bool = False) -> None:
        """A process does something that matters in itself."""
        self._tell(Noted(self.now, actor.id, call, self._masker.text(detail), refused))
