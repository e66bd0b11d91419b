"""The nouns of an audit, which are also its JSON contract `builtby/audit/1`. No I/O."""

from enum import StrEnum

from msgspec import Struct

SCHEMA = "builtby/audit/1"
SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first."""


class When(StrEnum):
    """At what moment code runs."""

    INSTALL = "install"
    BUILD = "build"
    START = "start"
    """Whenever the interpreter or the tool starts."""
    TEST = "test"
    VCS = "vcs"
    """Whenever git commits, checks out, shows a status."""
    OPEN = "open"
    """As soon as an editor, a shell or an agent opens the folder."""


class Certainty(StrEnum):
    """Whether it runs."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    """It runs under a condition that stands in `how`, such as that no wheel fits the machine."""
    INFERRED = "inferred"
    """What stands in the lock file suggests it, and does not say it."""
    UNKNOWN = "unknown"
    """The lock file does not tell; the package's own files would."""
    PREVENTED = "prevented"
    """It would run; a setting of the project, named in `how`, prevents it."""


class Hook(Struct, frozen=True, kw_only=True):
    """One way in which a package or a project gets to run its own code."""

    kind: str
    """Such as `npm-script`, `build.rs`, `pth`."""
    when: When
    how: str
    """What runs, in words or as the file has it."""
    path: str
    line: int | None = None
    certainty: Certainty = Certainty.CERTAIN


class Dependency(Struct, frozen=True, kw_only=True):
    """Whose code it is. One without hooks is only counted."""

    ecosystem: str
    name: str
    version: str | None = None
    purl: str | None = None
    path: str
    """The lock file or manifest that names it."""
    hooks: tuple[Hook, ...] = ()
    project: bool = False
    """Whether it is the audited project itself and no dependency of it."""


class Setting(Struct, frozen=True, kw_only=True):
    """What the configuration of a tool allows, and the line that would allow less."""

    rule: str
    severity: str
    """`info` when the setting is safe."""
    title: str
    value: str | None
    """As it stands; None: it is not set and the tool's default holds."""
    safe: bool
    path: str
    line: int | None = None
    why: str = ""
    safer: str = ""
    """The exact line to write."""
    safer_path: str = ""
    """The file to write it to."""


class Finding(Struct, frozen=True, kw_only=True):
    """Something that should not be so, of which no setting is the cause."""

    rule: str
    severity: str
    confidence: str
    title: str
    message: str
    path: str
    line: int | None = None
    why: str = ""
    remedy: str = ""


class Skipped(Struct, frozen=True, kw_only=True):
    """What could not be read, with a reason that a person understands."""

    path: str
    reason: str


class Kind(Struct, frozen=True, kw_only=True):
    """What is known of a way in which code runs, and what prevents it."""

    title: str
    safer: str
    """The exact line to write, or the command."""
    safer_path: str = ""
    """The file to write it to."""


Entry = Dependency | Setting | Finding | Skipped


class Count(Struct, kw_only=True):
    """How many packages of an ecosystem run code, by the strongest certainty of their hooks."""

    dependencies: int = 0
    certain: int = 0
    possible: int = 0
    inferred: int = 0
    unknown: int = 0
    prevented: int = 0


class Audit(Struct, kw_only=True):
    """The result."""

    schema: str = SCHEMA
    targets: list[str]
    counts: dict[str, Count]
    dependencies: list[Dependency]
    """Those with at least one hook; `counts` has them all."""
    settings: list[Setting]
    findings: list[Finding]
    skipped: list[Skipped]
    kinds: dict[str, Kind] = {}
    """Of every kind of hook above, what it is and what prevents it."""
