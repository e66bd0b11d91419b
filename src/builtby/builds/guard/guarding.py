"""Runs a build in a guard, phase by phase, and records each. Linux only."""

import errno
import hashlib
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby.builds.book import PROVENANCE, Book
from builtby.builds.guard import fetching, findings
from builtby.builds.guard.bubblewrap import PORT, Sandbox
from builtby.builds.guard.configured import Asked, hosts
from builtby.builds.guard.confined import Confined
from builtby.builds.guard.environment import cleaned, through_proxy
from builtby.builds.guard.judge import Judge, Rules
from builtby.builds.guard.ladder import Chosen, choose
from builtby.builds.guard.places import tool_of
from builtby.builds.guard.policy import Network, Policy
from builtby.builds.guard.programs import Programs
from builtby.builds.guard.proxy import Hosts, Proxy
from builtby.builds.guard.room import Maker
from builtby.builds.guard.stage import Stage
from builtby.builds.guard.upstream import Upstream
from builtby.builds.hashing import Hasher, Kept
from builtby.builds.masking import Masker
from builtby.builds.model import Guard, Record
from builtby.builds.provenance import provenance
from builtby.builds.recording import keep, remembered
from builtby.builds.seccomp.notify import UnavailableError, machine
from builtby.builds.seccomp.supervisor import Launch, Supervisor
from builtby.builds.seccomp.syscalls import GUARDED, Machine
from builtby.builds.watch.watcher import Watch

BACKEND = "seccomp-notify"


class Order(NamedTuple):
    """What is to be run, and how."""

    command: list[str]
    folder: Path
    """Where the record goes."""
    policy: Policy
    level: int | None
    best_effort: bool
    kept: Kept | None
    caches: Path
    """Where private caches of this project are kept."""
    say: Callable[[str], None]


class Phase(NamedTuple):
    """One command of the build. `name`: `fetch` or `build`."""

    name: str
    command: list[str]
    network: Network
    folder: Path


def guard_build(order: Order) -> tuple[Record, ...]:
    """Run a build to its end, or to the first fetch that fails, and return the records in the order of what ran.

    Raises NoLevelError, UnavailableError and RoomError when the promised protection cannot be given: nothing was run
    then; OSError when a record cannot be written.
    """
    chosen = choose(order.level, best_effort=order.best_effort)
    order.say(f"guard level {chosen.level.number}: {chosen.level.name}")
    for reason in chosen.reasons:
        order.say(f"not {reason}")
    stage = Stage()
    try:
        return _Guarding(order, chosen, stage).run()
    finally:
        stage.close()


class _Guarding:
    def __init__(self, order: Order, chosen: Chosen, stage: Stage) -> None:
        self._order, self._chosen, self._stage = order, chosen, stage
        self._policy, self._level = order.policy, chosen.level.number
        self._real = Path.cwd()
        maker = Maker(order.policy, stage, os.environ, self._real, order.caches)
        self._home = maker.real_home
        self._proxy = Proxy(Hosts(()), str(stage.run / "proxy") if self._level == 1 else None, Upstream(os.environ))
        self._port = self._proxy.port or PORT
        stage.configure(self._home, order.policy.home.credentials, self._port)
        self._room = maker.with_mounts() if self._level == 1 else maker.without_mounts()
        self._named = maker.named(self._room)
        self._store = maker.store(self._room.home) if self._level == 1 else str(stage.store)

    def run(self) -> tuple[Record, ...]:
        records: list[Record] = []
        try:
            for number, step in enumerate(self._policy.fetch, start=1):
                words = fetching.words(step, self._order.command, self._store, self._stage.store) if fetching.wanted(
                    step, Path(self._room.outside(self._room.folder))) else None
                if words:
                    folder = self._order.folder / f"fetch-{number}"
                    network = Network(tools=step.tools, hosts=step.hosts, hooks=step.hooks)
                    records.append(self._phase(Phase("fetch", words, network, folder)))
                    if records[-1].exit_code != 0:
                        self._order.say(f"fetching failed; the command was not run; the record is in {folder}")
                        return tuple(records)
            command = [*self._order.command, *self._policy.arguments]
            records.append(self._phase(Phase("build", command, self._policy.network, self._order.folder)))
            if records[-1].exit_code == 0:
                self._outputs()
            return tuple(records)
        finally:
            self._proxy.close()

    def _phase(self, phase: Phase) -> Record:
        allowed = self._hosts(phase)
        self._order.say(f"{phase.name}: {' '.join(Masker(os.environ).argv(phase.command))}")
        self._order.say("network: none" if not allowed else f"network: {', '.join(allowed)}")
        self._proxy.allow(Hosts(allowed))
        environment, secrets = self._environment(phase, allowed)
        masker = Masker(os.environ)
        new = not phase.folder.exists()
        book = Book(phase.folder, masker.argv(phase.command), BACKEND, self._room.outside)
        digests = self._order.kept.load() if self._order.kept else {}
        hasher, memory = Hasher(digests), remembered(self._order.kept)
        watch = Watch(self._real, os.environ, phase.folder, digests=digests, learnt=memory)
        judge = Judge(self._room, self._rules(phase), Programs(self._room, self._policy.programs),
                      watch.through(book.take))
        try:
            outcome = Supervisor(phase.command, judge, masker, hasher, self._launch(environment), self._known()).run()
        except UnavailableError:
            watch.abandon()
            book.discard(folder=new)
            raise
        record = book.finish(outcome.status, outcome.seconds, outcome.lost, outcome.survivors, watch,
                             lambda found: self._settle(found, judge, phase, allowed, secrets), learnt=memory,
                             hasher=hasher)
        book.add(PROVENANCE, provenance(record))
        if self._order.kept is not None:
            keep(record, self._order.kept, hasher, memory)
        return record

    def _hosts(self, phase: Phase) -> tuple[str, ...]:
        tools = set(phase.network.tools)
        if phase.network.command:
            tools |= {tool for tool in (tool_of(phase.command),) if tool}
        asked = Asked(tuple(phase.command), self._real, os.environ, self._home)
        return tuple(sorted({*hosts(sorted(tools), asked), *phase.network.hosts}))

    def _environment(self, phase: Phase, allowed: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
        environment, secrets = cleaned(os.environ, self._policy.environment)
        environment = {**self._named, **environment}
        environment.update(HOME=self._room.home, TMPDIR=self._room.tmp, PWD=self._room.folder)
        through_proxy(environment, self._port, used=bool(allowed))
        if phase.name == "build":
            environment.update({name: value.replace("{store}", self._store)
                                for name, value in self._policy.environment.set.items()})
        return environment, secrets

    def _rules(self, phase: Phase) -> Rules:
        return Rules(self._port, own_loopback=self._level == 1, sockets=self._level > 1,
                     refusal=errno.EROFS if self._level == 1 else errno.EACCES, hooks=phase.network.hooks)

    def _launch(self, environment: dict[str, str]) -> Launch:
        if self._level == 1:
            return Sandbox(self._room, self._stage.run, environment, self._proxy.start)
        return Confined(self._room, environment, self._port, self._level == 2, self._proxy.start)

    def _known(self) -> Machine:
        known = machine()
        return known._replace(calls={**known.calls, **GUARDED[platform.machine()]})

    def _settle(self, record: Record, judge: Judge, phase: Phase, allowed: tuple[str, ...],
                secrets: tuple[str, ...]) -> Record:
        """Add what was refused, and say of what the rules found whether it was without effect."""
        wishes = self._proxy.wishes()
        refused: set[tuple[int | None, str | None]] = {
            (use.process, path) for use in record.files if use.refused for path in (use.path, use.to)}
        refused |= {(turn.process, turn.address) for turn in record.network if not turn.allowed}
        found = [findings.blocked(one, refused, self._room, own_loopback=self._level == 1)
                 for one in record.findings if not findings.is_way_out(one, self._port)]
        level, text = self._chosen.level, msgspec.json.encode(self._policy)
        return msgspec.structs.replace(
            record, findings=(*found, *findings.of_denials(judge.denials, found), *findings.of_wishes(wishes)),
            unobserved=(*record.unobserved, *(f"left open by the guard: {one}" for one in level.leaves_open)),
            guard=Guard(level.number, level.name, self._policy.name, hashlib.sha256(text).hexdigest(), phase.name,
                        allowed, tuple(f"{one.host}:{one.port}" for one in wishes if not one.allowed), level.promises,
                        level.leaves_open, self._chosen.reasons, secrets))

    def _outputs(self) -> None:
        """Bring what was asked for out of the copy."""
        for name in self._policy.files.outputs:
            source, target = Path(self._room.outside(f"{self._room.folder}/{name}")), self._real / name
            if source.is_dir() and not source.is_symlink():
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target, follow_symlinks=False)
