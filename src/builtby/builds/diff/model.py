"""The nouns of a comparison of two records, which are also its JSON contract `builtby/record-diff/1`. No I/O."""

from enum import StrEnum

from msgspec import Struct

SCHEMA = "builtby/record-diff/1"


class Kind(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Build(Struct, frozen=True):
    """One of the two builds."""

    command: tuple[str, ...]
    cwd: str
    started: str
    backend: str
    complete: bool
    exit_code: int | None


class Program(Struct, frozen=True):
    """What stood at a place that programs were run from."""

    tool: str | None
    version: str | None
    package: str | None
    as_packaged: bool | None
    sha256: tuple[str, ...]
    """Sorted; more than one when it changed during the build, or when several temporary names are one here."""


class ToolChange(Struct, frozen=True):
    """A program that ran in one build only, or is another in each."""

    kind: Kind
    path: str
    """Temporary names in it are `*`, and the working directory is left out."""
    old: Program | None
    new: Program | None
    made: bool
    """Whether the build itself put it there: fetched, unpacked or compiled it."""


class PackageChange(Struct, frozen=True):
    """A Python package that a build used from a place that it filled itself, such as pip's build environments."""

    kind: Kind
    name: str
    old: tuple[str, ...]
    """Versions, sorted."""
    new: tuple[str, ...]


class FileChange(Struct, frozen=True):
    """A file that was read, or left, in one build only, or with other content."""

    kind: Kind
    path: str
    old: tuple[str, ...]
    """sha256, sorted."""
    new: tuple[str, ...]


class EndpointChange(Struct, frozen=True):
    """An address that only one of the builds turned to. `host`: its name, or the address where no name was seen."""

    kind: Kind
    host: str
    port: int | None
    what: str
    """`connect`, `datagram`, `dns`, `unix`."""
    processes: tuple[str, ...]
    """The executables that turned to it."""


class ValueChange(Struct, frozen=True):
    """A value that steers builds, by the names of what has it."""

    kind: Kind
    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class FindingChange(Struct, frozen=True):
    """A finding that only one of the builds has."""

    kind: Kind
    rule: str
    severity: str
    path: str | None
    message: str


class Diff(Struct, frozen=True):
    """What changed. `outputs` do not count as a change: what is not reproducible differs without a cause."""

    schema: str
    old: Build
    new: Build
    changed: bool
    build: tuple[ValueChange, ...]
    """Command, exit code, back end, completeness, kind of machine."""
    toolchain: tuple[ToolChange, ...]
    packages: tuple[PackageChange, ...]
    fetched: tuple[FileChange, ...]
    """Archives that package managers fetched, now or before; of pip, npm, cargo, Go, Maven, Gradle."""
    inputs: tuple[FileChange, ...]
    network: tuple[EndpointChange, ...]
    environment: tuple[ValueChange, ...]
    findings: tuple[FindingChange, ...]
    outputs: tuple[FileChange, ...]
