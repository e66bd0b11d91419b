"""What back ends tell, whichever they are: one event for each thing that a process does."""

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event"):
    """Base: when, in seconds since the build began, and by which entry of the record's processes."""

    time: float
    process: int


class Started(Event, frozen=True, omit_defaults=True, tag="process"):
    """A process was first seen."""

    pid: int
    parent: int
    parent_claim: str = "recorded"


class Ran(Event, frozen=True, omit_defaults=True, tag="exec"):
    """A process is about to run a program."""

    argv: tuple[str, ...]
    cwd: str | None
    executable: str
    sha256: str | None
    environment: int
    replaces: int | None = None
    script: str | None = None
    script_sha256: str | None = None


class Ended(Event, frozen=True, omit_defaults=True, tag="exit"):
    """A process ends; without a code when a signal ended it."""

    exit_code: int | None


class Used(Event, frozen=True, omit_defaults=True, tag="file"):
    """A process is about to do something with a file."""

    path: str
    access: str
    sha256: str | None = None
    size: int | None = None
    to: str | None = None
    refused: bool = False
    """Whether a guard had the call fail."""


class Absent(Event, frozen=True, omit_defaults=True, tag="absent"):
    """A process asked for files, or for a program, that are not there. Counted, and not kept in the log."""

    times: int = 1


class Connected(Event, frozen=True, omit_defaults=True, tag="network"):
    """A process turns to an address."""

    kind: str
    address: str
    port: int | None = None
    host: str | None = None
    host_claim: str | None = None
    refused: bool = False
    """Whether a guard had the call fail."""


class Noted(Event, frozen=True, omit_defaults=True, tag="notable"):
    """A call that matters in itself."""

    call: str
    detail: str
    refused: bool = False


class Surroundings(Event, frozen=True, omit_defaults=True, tag="environment"):
    """An environment that was not seen before; `Ran.environment` is its number."""

    number: int
    names: tuple[str, ...]
    values: dict[str, str]
