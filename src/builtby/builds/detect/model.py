"""A rule, as `rules/*.toml` hold it. Every field of a condition that is given must match."""

import msgspec

SEVERITIES = ("critical", "high", "medium", "low", "info")
CONFIDENCES = ("high", "medium", "low")
SUBJECTS = ("file", "process", "network", "notable", "environment", "build")
"""What a rule looks at, one by one; `build` for rules whose detector is code, and that look at all of it."""
CHANGES = ("write", "rename", "link", "symlink", "truncate", "replace")
"""What `access = ["change"]` stands for: something else is there afterwards."""
SIGHTS = ("read", "linked", "moved")
"""What `access = ["see"]` stands for: its content became known, or got another name."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What must hold of one event. Lists are alternatives; paths, names and hosts are shell patterns."""

    path: tuple[str, ...] = ()
    """`**` goes over folders, `*` does not. `~/` is any user's home, `$TREE/` where the build ran, `$TMP/` temp."""
    access: tuple[str, ...] = ()
    """As in `FileUse`; of a rename or link its old name is `moved` or `linked`. `change`, `see` stand for several."""
    program: tuple[str, ...] = ()
    """Any name that a process goes by: first word, executable, script, tool."""
    argv: str | None = None
    """Regular expression over the words, joined by spaces."""
    word: str | None = None
    """Regular expression that one whole word after the first matches."""
    executable: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    """Role of the tool that the executable is."""
    kind: tuple[str, ...] = ()
    """Of a network endpoint: `connect`, `datagram`, `dns`, `unix`."""
    host: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    """Pattern of an address, or path of a socket."""
    place: tuple[str, ...] = ()
    """`loopback`, `private`, `link-local`, `public`, by the address."""
    named: bool | None = None
    """Whether a name was seen that leads to the address."""
    port: tuple[int, ...] = ()
    call: tuple[str, ...] = ()
    detail: str | None = None
    """Regular expression that is found in what a notable call says."""
    variable: tuple[str, ...] = ()
    value: str | None = None
    """Regular expression that is found in a variable's value."""
    introduced: bool = True
    """Whether a program of the build must have set the variable, and not who started the build."""
    by: tuple[str, ...] = ()
    """Names of the acting program that it cannot choose by itself: its executable, or an interpreter's script."""
    under: tuple[str, ...] = ()
    """The same, of the acting program or one that it descends from."""
    started_by: tuple[str, ...] = ()
    """The same, of the program that started the acting one."""
    within: tuple[str, ...] = ()
    """`hook`: code of a dependency, run to install or build it. `own-hook`: the project's own. `none`: neither."""
    asked: bool | None = None
    """Whether it is the recorded command itself, or what a shell was told to run by it."""
    changed: bool | None = None
    """Whether its executable is known to differ from what its package shipped."""
    manager: tuple[str, ...] = ()
    """The package manager whose hook it is: `npm`, `pip` …"""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule. Its page, `docs/findings/<id>.md`, is generated from it."""

    id: str
    title: str
    """What was found, in a few words."""
    why: str
    """What it would mean."""
    history: str
    """An attack that did it."""
    false_alarm: str
    """Who does it honestly, and how to tell."""
    remedy: str
    severity: str
    confidence: str
    on: str
    message: str
    """Fields in braces are filled in: `program`, `path`, `argv`, `host`, `address`, `detail`, `variable`, `value` …"""
    when: tuple[Condition, ...] = ()
    """Alternatives; empty for a rule whose detector is code."""
    unless: tuple[Condition, ...] = ()
    """Honest reasons; any of them keeps the rule quiet."""
    in_hooks: str | None = None
    """The severity when a hook of a dependency does it, where that is worse."""
    example: tuple[str, ...] = ()
    """Builds, as `examples.py` reads them, in which the rule must fire."""
    near: tuple[str, ...] = ()
    """Builds in which it must not."""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of `rules/`."""

    rule: tuple[Rule, ...]


class Hit(msgspec.Struct, frozen=True):
    """A rule met an event."""

    process: int | None
    path: str | None = None
    values: dict[str, str] = {}
    """Fields of the rule's message."""
    blocked: bool = False
    severity: str | None = None
    """Another severity than the rule's, where a detector knows better."""
    confidence: str | None = None
    """Another confidence than the rule's."""
