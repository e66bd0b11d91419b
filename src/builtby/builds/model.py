"""The build record, `builtby/record/1`. Field order is the order of the JSON."""

import msgspec

SCHEMA = "builtby/record/1"


class Noun(msgspec.Struct, frozen=True, omit_defaults=False):
    """Base of every noun: immutable, compared by value."""


class ToolUsed(Noun, frozen=True):
    """The tool that an executable is, by the marks of `builtby scan` for what is installed."""

    tool: str
    version: str | None
    role: str
    purl: str | None = None
    claim: str = "recorded"


class Process(Noun, frozen=True):
    """One program that ran. A process that runs one program after the other gives one entry for each."""

    id: int
    """Number in this record, from 1 in order of appearance."""
    parent: int
    """The entry that started it; 0 for the command itself."""
    pid: int
    argv: tuple[str, ...]
    """Secrets are masked. Empty for one that was forked and never ran a program of its own."""
    cwd: str | None
    executable: str | None
    """The file that the kernel ran, links followed; of a script, its interpreter."""
    sha256: str | None
    """Of the executable, read just before it was run."""
    tool: ToolUsed | None
    package: str | None
    """Package URL of the package that owns the executable."""
    as_packaged: bool | None
    """Whether the executable still has the checksum that its package shipped; None when no package tells."""
    script: str | None
    script_sha256: str | None
    environment: int
    """Index into `environments`."""
    started: float
    """Seconds since the build began."""
    ended: float | None
    exit_code: int | None
    """What it gave to exit_group; None when it was killed by a signal, or is not known."""
    replaces: int | None = None
    """The entry of the program that ran in the same process before."""
    parent_claim: str = "recorded"
    """`inferred` when the parent had ended before, and only the process group tells."""
    absent: int = 0
    """Files that it asked for and that were not there."""


class FileUse(Noun, frozen=True):
    """What one program did with one file."""

    path: str
    access: str
    """`read`, `write`, `rename`, `remove`, `link`, `symlink`, `mode`, `truncate`."""
    sha256: str | None
    """read: of the bytes at that moment. write, rename: of what the build left there; None when it is gone."""
    process: int
    size: int | None = None
    times: int = 1
    to: str | None = None
    """Where it was renamed or linked to; what a symbolic link says."""
    refused: bool = False
    """Whether a guard had it fail."""
    time: float = 0.0
    """Seconds since the build began, of the first time."""


class Endpoint(Noun, frozen=True):
    """An address that a program turned to. Whether anybody answered is not seen."""

    host: str | None
    """The name that it asked a resolver for; None when none was seen."""
    address: str
    """`192.0.2.1`, `2001:db8::1`, or the path of a local socket."""
    port: int | None
    process: int
    allowed: bool = True
    kind: str = "connect"
    """`connect`, `datagram`, `dns` (a name asked for), `unix`."""
    host_claim: str | None = None
    """`recorded`: it stands in the request. `inferred`: the last name that the program asked for before."""
    times: int = 1
    time: float = 0.0
    """Seconds since the build began, of the first time."""


class Notable(Noun, frozen=True):
    """A call that matters in itself: memory of others read, the view of the file system changed, tracers evaded."""

    call: str
    process: int
    detail: str
    refused: bool = False
    time: float = 0.0


class Finding(Noun, frozen=True):
    """Something that should not be there."""

    rule: str
    severity: str
    confidence: str
    process: int | None
    path: str | None
    message: str
    blocked: bool = False
    owner: str | None = None
    """Package URL of the dependency whose code did it, by what its program descends from."""
    hook: str | None = None
    """Which of its hooks: `postinstall`, `build.rs` …"""


class Change(Noun, frozen=True):
    """What became, during the build, of a file that no build should change unasked."""

    path: str
    place: str
    """`source`, `toolchain`, `persistence`."""
    what: str
    """`created`, `changed`, `removed`, `rewritten` (with the same content), `swapped-and-put-back`."""
    before: str | None
    """sha256 when the build began; of a symbolic link, of its text. None when it was not there or was not hashed."""
    after: str | None
    """sha256 when the build had ended; None when it is gone."""
    seen_by: tuple[str, ...]
    """`ctime`, `inotify`, `hash` (a program read other bytes than there were at the beginning)."""
    process: int | None = None
    """The last program of the build that was seen writing it. None: no program of the build was."""
    kind: str | None = None
    """Of persistence, the kind of place: `cron`, `git-hooks` …"""
    mtime_kept: bool = False
    """The time of last modification is what it was, although the file was changed."""
    read_as: tuple[str, ...] = ()
    """sha256 of what programs of the build read there, and that was not there when the build began."""
    readers: tuple[int, ...] = ()
    """The programs that read that."""
    detail: str | None = None


class Environment(Noun, frozen=True):
    """The environment that programs were given: all names, and the values of those that steer builds."""

    names: tuple[str, ...]
    values: dict[str, str]


class Guard(Noun, frozen=True):
    """What a build was kept from, and how."""

    level: int
    """1: bubblewrap; 2: Landlock; 3: looking only."""
    name: str
    policy: str
    policy_sha256: str
    phase: str
    """`fetch` or `build`."""
    hosts: tuple[str, ...]
    """What the proxy let pass, as `host:port`."""
    refused_hosts: tuple[str, ...]
    """What was asked of the proxy and refused."""
    promises: tuple[str, ...]
    leaves_open: tuple[str, ...]
    reasons: tuple[str, ...]
    """Why not a higher level."""
    secrets: tuple[str, ...]
    """Names of variables that were taken away."""


class Record(Noun, frozen=True):
    """One build."""

    schema: str
    backend: str
    complete: bool
    """Whether the recorder saw the build to its end without losing anything that it can see."""
    unobserved: tuple[str, ...]
    """What this back end could not observe, in words."""
    command: tuple[str, ...]
    cwd: str
    exit_code: int | None
    started: str
    """As `2026-01-31T12:00:00Z`."""
    seconds: float
    host: dict[str, str]
    processes: tuple[Process, ...] = ()
    files: tuple[FileUse, ...] = ()
    network: tuple[Endpoint, ...] = ()
    notable: tuple[Notable, ...] = ()
    findings: tuple[Finding, ...] = ()
    environments: tuple[Environment, ...] = ()
    survivors: tuple[int, ...] = ()
    """Entries of `processes` that still ran when the command had ended, and were ended by the recorder."""
    changes: tuple[Change, ...] = ()
    """Of sources, the toolchain and places of persistence, by comparing before with after and by inotify."""
    guard: Guard | None = None
    """How the build was guarded; None when it was recorded only."""
