"""The shape of a mark file. msgspec refuses anything else: an unknown key is an error, not a silence."""

from typing import Literal

import msgspec

from builtby.model import Claim, Role

Scope = Literal["file", "unit", "object", "inside"]
"""What one occurrence speaks for.

file: the whole artifact (Go's build information, a wheel's Generator).
unit: one compilation unit, counted; units give shares (a DWARF producer).
object: some object that was linked in; it may be the crt's or libgcc's (a `.comment` string).
inside: code that the tool left inside (an embedded interpreter).
"""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A real text that the rule must fire on, what it must yield, and where the text came from."""

    value: str
    source: str
    version: str | None = None
    vendor: str | None = None
    language: str | None = None
    range: str | None = None


class NearMiss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that looks like the mark and is none."""

    value: str
    why: str


class MarkRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mark: where it stands, how it reads, what it proves.

    `pattern` is a Python regular expression, searched in the surface's text. Named groups `version`, `vendor`,
    `language` and `key` are taken from it; `v1`, `v2` and `v3` are a version's numbers where no dots join them;
    `key` is looked up in the table named `table` to give the version.
    `needles` are literals of at least four characters, one of which stands in every match: a surface that is a
    region of bytes is searched for them, and the pattern is tried on the text around each hit.
    `surface` names one or several kinds; a kind with no dot means the last part of any (`data`: `elf.data` …).
    `requires` must all hold and `unless` must all not hold: `tool/rule` (another rule fired on this file),
    `surface:KIND`, `fact:KEY=VALUE`, `fact:KEY>=NUMBER`.
    """

    id: str
    surface: str | list[str]
    pattern: str
    example: list[Example]
    role: Role = Role.COMPILER
    scope: Scope = "file"
    needles: list[str] = []
    once: bool = False
    """One hit is enough: presence is all that counts."""
    language: str | None = None
    languages: dict[str, str] = {}
    """Maps what the group `language` caught to the language's common name."""
    vendor: str | None = None
    version: str | None = None
    range: str | None = None
    ranges: dict[str, str] = {}
    """Maps what the group `key` caught to a version range, where only that much is told."""
    table: str | None = None
    detail: str | None = None
    claim: Claim = Claim.OBSERVED
    confidence: float = 0.95
    requires: list[str] = []
    unless: list[str] = []
    near_miss: list[NearMiss] = []
    note: str | None = None


class ToolFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool: its names in the world, its marks, and how it looks when it is installed."""

    tool: str
    title: str
    homepage: str
    purl: str | None = None
    """With `{version}` where it goes: `pkg:generic/gcc@{version}`."""
    cpe: str | None = None
    language: str | None = None
    yields_to: list[str] = []
    """Beside a compiler of these, this one's `object` marks are only what crt, libgcc or bundled C left."""
    crt: bool = False
    """crt and libgcc are this tool's: of several versions in one program, one is theirs."""
    through: list[str] = []
    """The compilers that finish what this one begins (Nim writes C): they are compilers too, and come second."""
    joined_if: str | None = None
    """A flag of this tool, in whose presence the compilers that yield to it stay compilers (Go with cgo)."""
    main: list[str] = []
    """One of these rules fires on every program whose main part is this tool's; else the tool made only a part."""
    codegen: str | None = None
    """The generator of its code, as the fact `codegen` names it: a library whose first code is another's is not its."""
    linker: str | None = None
    """The linker that is released together with this compiler, under the same version."""
    mark: list[MarkRule] = []
    present: list[MarkRule] = []
    """The same shape, over the surfaces `path` (of a file), `package.deb`, `package.apk`, `package.rpm` … ."""
