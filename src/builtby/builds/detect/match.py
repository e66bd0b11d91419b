"""Rules that are patterns over one event."""

import ipaddress
import re
from collections.abc import Iterator
from fnmatch import translate
from functools import cache, cached_property
from typing import NamedTuple

from builtby.builds.detect.build import Build, Touch
from builtby.builds.detect.globs import matcher
from builtby.builds.detect.model import CHANGES, SIGHTS, Condition, Hit, Rule
from builtby.builds.model import Endpoint, Notable, Process


class Variable(NamedTuple):
    """A program whose environment has another value of a variable than that of the program that started it."""

    process: Process
    name: str
    value: str
    introduced: bool
    """False for the recorded command itself, which has what it was started with."""


Event = Touch | Process | Endpoint | Notable | Variable


def hits(rule: Rule, build: Build) -> Iterator[Hit]:
    """Yield what of a build a rule's conditions meet."""
    when = [_Test(condition, build) for condition in rule.when]
    unless = [_Test(condition, build) for condition in rule.unless]
    for event in _files(rule, build, when) if rule.on == "file" else _events(rule, build):
        if any(test.meets(event) for test in when) and not any(test.meets(event) for test in unless):
            yield _hit(event)


def _files(rule: Rule, build: Build, when: list["_Test"]) -> Iterator[Touch]:
    """Yield the uses of files whose paths fit: most of a build's programs read the same ones, so paths come first."""
    wanted = {one for condition in rule.when for name in condition.access for one in _accesses(name)}
    for access in sorted(wanted or build.by_access):
        for path, touches in build.by_path(access).items():
            if any(test.fits(path) for test in when):
                yield from touches


def _events(rule: Rule, build: Build) -> Iterator[Event]:
    subject, record = rule.on, build.record
    if subject == "process":
        yield from (one for one in record.processes if one.argv)
    elif subject == "network":
        yield from record.network
    elif subject == "notable":
        yield from record.notable
    elif subject == "environment":
        yield from variables(build)


def variables(build: Build) -> Iterator[Variable]:
    """Yield the variables that programs of the build set or change for others."""
    for one in build.record.processes:
        line = build.line(one.id)
        above = next((other for other in line[1:] if other.argv), None)
        if one.argv and (above is None or one.environment != above.environment):
            before = build.values(above) if above else {}
            yield from (Variable(one, name, value, above is not None) for name, value in build.values(one).items()
                        if before.get(name) != value)


def _hit(event: Event) -> Hit:
    if isinstance(event, Touch):
        return Hit(event.use.process, event.path, {"access": event.access}, blocked=event.use.refused)
    if isinstance(event, Process):
        return Hit(event.id, event.executable)
    if isinstance(event, Endpoint):
        where = f"{event.address}:{event.port}" if event.port is not None else event.address
        return Hit(event.process, event.address if event.kind == "unix" else None,
                   {"host": event.host or event.address, "address": where}, blocked=not event.allowed)
    if isinstance(event, Notable):
        return Hit(event.process, None, {"call": event.call, "detail": event.detail}, blocked=event.refused)
    return Hit(event.process.id, None, {"variable": event.name, "value": event.value})


class _Test:
    """One condition, prepared for a build."""

    def __init__(self, condition: Condition, build: Build) -> None:
        self._condition, self._build = condition, build
        self._access = {one for name in condition.access for one in _accesses(name)}
        self._paths: dict[str, bool] = {}
        """Whether a path fits: most of a build's programs read the same files."""

    @cached_property
    def _path(self) -> re.Pattern[str]:
        """The pattern of paths. These three are made when an event first asks for them: most never do."""
        return matcher(self._condition.path, self._build.bases)

    @cached_property
    def _executable(self) -> re.Pattern[str]:
        return matcher(self._condition.executable, self._build.bases)

    @cached_property
    def _address(self) -> re.Pattern[str]:
        return matcher(self._condition.address, self._build.bases)

    def meets(self, event: Event) -> bool:
        """Whether every part that is given matches."""
        if isinstance(event, Touch):
            return self._file(event) and self._actor(event.use.process)
        if isinstance(event, Process):
            return self._process(event) and self._actor(event.id)
        if isinstance(event, Endpoint):
            return self._endpoint(event) and self._actor(event.process)
        if isinstance(event, Notable):
            return self._notable(event) and self._actor(event.process)
        return self._variable(event) and self._process(event.process) and self._actor(event.process.id)

    def _file(self, event: Touch) -> bool:
        if self._access and event.access not in self._access:
            return False
        if not self.fits(event.path):
            return False
        one = self._build.program(event.use.process)
        return one is None or self._process(one)

    def fits(self, path: str) -> bool:
        """Whether files at a path may be meant."""
        if not self._condition.path:
            return True
        known = self._paths.get(path)
        if known is None:
            known = self._paths[path] = self._path.match(path) is not None
        return known

    def _process(self, one: Process) -> bool:
        c = self._condition
        if c.program and not _any(self._build.names(one), c.program):
            return False
        if c.executable and not self._executable.match(one.executable or ""):
            return False
        if c.role and (one.tool is None or one.tool.role not in c.role):
            return False
        if c.asked is not None and self._build.is_asked(one) is not c.asked:
            return False
        if c.changed is not None and (one.as_packaged is False) is not c.changed:
            return False
        if c.argv and not re.search(c.argv, " ".join(one.argv)):
            return False
        return not c.word or any(re.fullmatch(c.word, word) for word in one.argv[1:])

    def _endpoint(self, event: Endpoint) -> bool:
        c = self._condition
        if (c.kind and event.kind not in c.kind) or (c.port and event.port not in c.port):
            return False
        if c.host and not _compiled(c.host).match((event.host or "").lower()):
            return False
        if c.address and not self._address.match(event.address):
            return False
        if c.named is not None and c.named is (event.host is None):
            return False
        return not c.place or place(event.address) in c.place

    def _notable(self, event: Notable) -> bool:
        c = self._condition
        return (not c.call or event.call in c.call) and (not c.detail or bool(re.search(c.detail, event.detail)))

    def _variable(self, event: Variable) -> bool:
        c = self._condition
        if c.introduced and not event.introduced:
            return False
        return (not c.variable or bool(_compiled(c.variable).match(event.name))) and (
            not c.value or bool(re.search(c.value, event.value)))

    def _actor(self, number: int) -> bool:
        c, build = self._condition, self._build
        if not (c.by or c.under or c.started_by or c.within or c.manager):
            return True
        programs = [one for one in build.line(number) if one.argv]
        if c.by and not (programs and _any(build.true_names(programs[0]), c.by)):
            return False
        if c.started_by and not (len(programs) > 1 and _any(build.true_names(programs[1]), c.started_by)):
            return False
        if c.under and not any(_any(build.true_names(one), c.under) for one in programs):
            return False
        owner = build.owner(number)
        return (not c.within or owner.within in c.within) and (not c.manager or owner.manager in c.manager)


def _any(names: frozenset[str], patterns: tuple[str, ...]) -> bool:
    return any(map(_compiled(patterns).match, names))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def _accesses(name: str) -> tuple[str, ...]:
    return {"change": CHANGES, "see": SIGHTS}.get(name, (name,))


@cache
def place(address: str) -> str:
    """Return where an address is: `loopback`, `private`, `link-local`, `public`, or `local` for a socket's path."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "local"
    if found.is_loopback or found.is_unspecified:
        return "loopback"
    if found.is_link_local:
        return "link-local"
    return "private" if found.is_private else "public"
