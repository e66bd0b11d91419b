"""What a guarded build sees and may change: worked out from the policy, for a level to put into force."""

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from builtby.builds.guard.places import below, expand, is_there, places
from builtby.builds.guard.policy import Policy
from builtby.builds.guard.sockets import Socket, standing
from builtby.builds.guard.stage import Stage

GUARD_RUN = "/run/builtby"
"""Where the way to the proxy stands in a sandbox with file systems of its own."""


class RoomError(ValueError):
    """A policy asks for what cannot be; the message says what."""


class Bind(NamedTuple):
    """A place of this machine, and where the build sees it."""

    outside: str
    inside: str
    writable: bool


class Room(NamedTuple):
    """The whole of it. Paths are as the build sees them, links followed."""

    folder: str
    home: str
    tmp: str
    masks: tuple[str, ...]
    """What must not be seen."""
    binds: tuple[Bind, ...]
    """In the order in which they lie over each other."""
    private: tuple[str, ...]
    """Where writing is allowed and changes nothing of the user's."""
    protected: tuple[str, ...]
    """What must not be written though it lies in something writable."""
    canaries: dict[str, str]
    secrets: tuple[str, ...]
    """Real credentials, of which reading is to be told. Empty where they are out of sight."""
    unseen: tuple[str, ...]
    """What must not be read though it is in sight, but for what is bound."""
    hidden: tuple[str, ...] = ()
    """What the policy hides, and sockets: masked over everything else."""
    sockets: frozenset[tuple[int, int]] = frozenset()
    """Device and inode of sockets in the project behind which others listen."""

    def outside(self, path: str) -> str:
        """Return where a path of the build's is found from here."""
        bind = self._bound(path)
        return bind.outside + path[len(bind.inside) :] if bind else path

    def may_write(self, path: str) -> bool:
        """Whether a path is in something writable."""
        bind = self._bound(path)
        return bind.writable if bind else any(below(path, place) for place in self.private)

    def is_private(self, path: str) -> bool:
        """Whether what is at a path is the build's alone, and gone after it."""
        bind = self._bound(path)
        return bind.inside in self.private if bind else any(below(path, place) for place in self.private)

    def _bound(self, path: str) -> Bind | None:
        """Return the innermost bind that a path is in."""
        found = [bind for bind in self.binds if below(path, bind.inside)]
        return max(found, key=lambda bind: len(bind.inside)) if found else None


class Maker:
    """Makes a room."""

    def __init__(self, policy: Policy, stage: Stage, environment: Mapping[str, str], folder: Path,
                 caches: Path) -> None:
        self._policy, self._stage, self._environment, self._caches = policy, stage, environment, caches
        self._real_folder = str(folder)
        self._real_home = os.path.realpath(environment.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)
        if below(self._real_home, self._real_folder):
            raise RoomError(f"the working directory {folder} holds the home folder; start it in the project's folder")

    @property
    def real_home(self) -> Path:
        return Path(self._real_home)

    def with_mounts(self) -> Room:
        """Return the room of a sandbox with file systems of its own: everything stands where it did."""
        stage = self._stage
        masks = self._masks()
        binds = [Bind(str(stage.tmp), "/tmp", True), Bind(str(stage.var_tmp), "/var/tmp", True),  # noqa: S108
                 Bind(str(stage.run), GUARD_RUN, False), Bind(str(stage.home), self._real_home, True),
                 *self._toolchains(masks), *self._caches_at(self._real_home), *self._source(),
                 *self._asked(self._policy.files.read, writable=False),
                 *self._asked(self._policy.files.write, writable=True),
                 Bind(str(stage.store), self.store(self._real_home), True)]
        protected = self._protected()
        binds += [Bind(self._at_source(path), path, False) for path in protected
                  if os.path.lexists(self._at_source(path))]
        canaries = self._canaries(binds, self._real_home)
        sockets = self._sockets()
        masked = (*self._hidden(), *(one.path for one in sockets if self._policy.files.source != "copy"))
        return Room(self._real_folder, self._real_home, "/tmp", masks, tuple(binds),  # noqa: S108
                    ("/tmp", "/var/tmp", self._real_home, "/dev/shm"), protected, canaries, (), (), masked,  # noqa: S108
                    _identities(sockets))

    def without_mounts(self) -> Room:
        """Return the room of one that sees our file systems: home and /tmp are elsewhere, the rest is forbidden."""
        stage = self._stage
        home, folder = str(stage.home), self._real_folder
        if self._policy.files.source == "copy":
            folder = str(stage.copy(Path(self._real_folder)))
        masks = tuple({*self._masks(), "/tmp", "/var/tmp", self._real_home})  # noqa: S108
        linked = [bind for bind in (*self._toolchains(masks), *self._caches_at(home)) if bind.outside]
        for bind in linked:
            self._link(bind, home)
        binds = [Bind(bind.outside, bind.outside, bind.writable) for bind in linked]
        binds += [Bind(folder, folder, self._policy.files.source != "read-only"), Bind(home, home, True),
                  Bind(str(stage.tmp), str(stage.tmp), True), Bind(str(stage.store), str(stage.store), True),
                  *self._asked(self._policy.files.read, writable=False),
                  *self._asked(self._policy.files.write, writable=True)]
        canaries = self._canaries([], home)
        real = tuple(f"{self._real_home}/{canary.path[2:]}" for canary in places().canary if "{" not in canary.path)
        return Room(folder, home, str(stage.tmp), masks, tuple(binds),
                    (home, str(stage.tmp), "/dev/shm"), self._protected(folder), canaries,  # noqa: S108
                    (*real, f"{self._real_home}/.netrc", f"{self._real_home}/.npmrc",
                     f"{self._real_home}/.cargo/credentials.toml", *self._hidden()), masks,
                    sockets=_identities(self._sockets()))

    def named(self, room: Room) -> dict[str, str]:
        """Return the variables that name toolchains which stand in the private home by a link only.

        Without them rustup would name its compilers by the private home, which is in a temporary folder.
        """
        linked = {bind.outside for bind in room.binds if not bind.writable} if room.home != self._real_home else set()
        found = {name: os.path.realpath(self._real_home + path[1:]) for name, path in places().toolchain_homes.items()}
        return {name: path for name, path in found.items() if path in linked}

    def store(self, home: str) -> str:
        """Return where the folder stands that fetching fills."""
        return f"{home}/.builtby-store"

    def _masks(self) -> tuple[str, ...]:
        homes = (pwd.getpwuid(os.getuid()).pw_dir,)
        return tuple(dict.fromkeys(
            os.path.realpath(path) for path in (*places().hidden, *homes)
            if path and path != "/" and is_there(path)))

    def _hidden(self) -> tuple[str, ...]:
        asked = (expand(path, self._real_home, self._environment, self._real_folder)
                 for path in self._policy.files.hide)
        return tuple(os.path.realpath(path) for path in asked if path and is_there(path))

    def _sockets(self) -> tuple[Socket, ...]:
        """Return the sockets in the project, but for those that the policy names."""
        asked = (expand(path, self._real_home, self._environment, self._real_folder)
                 for path in self._policy.files.write)
        return standing(self._real_folder, (path for path in asked if path))

    def _toolchains(self, masks: tuple[str, ...]) -> list[Bind]:
        """Return the toolchains that would be out of sight: known folders at home, and what is in PATH."""
        if not self._policy.home.toolchains:
            return []
        homes = dict.fromkeys((self._real_home, os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)))
        named = [os.path.join(home, path[2:]) for home in homes for path in places().toolchains]  # noqa: PTH118
        named += [self._environment.get(name, "") for name in places().toolchain_variables]
        named += self._environment.get("PATH", "").split(os.pathsep)
        found: dict[str, None] = {}
        unseen = (*masks, self._real_home, "/tmp", "/var/tmp")  # noqa: S108
        for path in named:
            real = _whole(os.path.realpath(path)) if path.startswith("/") else ""
            if real and is_there(real, folder=True) and any(below(real, mask) and real != mask for mask in unseen):
                found[real] = None
        kept = [path for path in found if not any(path != other and below(path, other) for other in found)]
        return [Bind(path, path, False) for path in kept if not below(self._real_home, path)
                and not below(path, self._real_folder)]

    def _caches_at(self, home: str) -> list[Bind]:
        """Return the caches: apart for each project, for whoever can write one can poison what the next build takes."""
        mode = self._policy.home.caches
        if mode == "empty":
            return []
        binds = []
        for cache in places().cache:
            for path in cache.paths:
                outside = Path(self._real_home if mode == "user" else self._caches) / path[2:]
                with suppress(OSError):
                    outside.mkdir(0o700, parents=True, exist_ok=True)
                    binds.append(Bind(str(outside), f"{home}/{path[2:]}", True))
        return binds

    def _source(self) -> list[Bind]:
        folder, mode = self._real_folder, self._policy.files.source
        outside = str(self._stage.copy(Path(folder))) if mode == "copy" else folder
        self._copied = outside
        return [Bind(outside, folder, mode != "read-only")]

    def _at_source(self, path: str) -> str:
        return self._copied + path[len(self._real_folder) :]

    def _asked(self, paths: tuple[str, ...], *, writable: bool) -> list[Bind]:
        full = (expand(path, self._real_home, self._environment, self._real_folder) for path in paths)
        found = [os.path.realpath(path) for path in full if path]
        for path in found:
            if writable and path in ("/", "/usr", "/etc", "/bin", "/lib", self._real_home):
                raise RoomError(f"files.write: {path} may not be writable as a whole")
            if writable and below(path, self._real_folder) and not is_there(path):
                Path(path).mkdir(parents=True, exist_ok=True)
        return [Bind(path, path, writable) for path in found if is_there(path)]

    def _protected(self, folder: str | None = None) -> tuple[str, ...]:
        asked = {expand(path, self._real_home, self._environment, self._real_folder)
                 for path in self._policy.files.write}
        return tuple(path for one in places().protected
                     if (path := f"{folder or self._real_folder}/{one}") not in asked)

    def _canaries(self, binds: list[Bind], home: str) -> dict[str, str]:
        if not self._policy.home.canaries:
            return {}
        taken = [bind.inside.removeprefix(f"{home}/") for bind in binds if bind.inside.startswith(f"{home}/")]
        return {f"{home}/{path}": name for path, name in self._stage.canaries(taken).items()}

    def _link(self, bind: Bind, home: str) -> None:
        """Have something of the user's stand in the private home by a link: nothing can be mounted."""
        inside = bind.inside
        if not below(inside, home):
            inside = home + inside[len(self._real_home) :] if below(inside, self._real_home) else ""
        if inside and not os.path.lexists(inside):
            Path(inside).parent.mkdir(parents=True, exist_ok=True)
            Path(inside).symlink_to(bind.outside)


def _identities(sockets: tuple[Socket, ...]) -> frozenset[tuple[int, int]]:
    return frozenset((one.device, one.inode) for one in sockets)


def _whole(folder: str) -> str:
    """Return the virtual environment whose programs a folder holds, or the folder: without the rest, none runs."""
    around = os.path.dirname(folder)  # noqa: PTH120
    return around if is_there(f"{around}/pyvenv.cfg") else folder
