"""The nouns of builtby: immutable, typed, serialisable. No input or output, and nothing of ours imported.

Field order is the order of the published JSON (`builtby/scan/1`).
"""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What part a tool took in making an artifact."""

    COMPILER = "compiler"
    ASSEMBLER = "assembler"
    LINKER = "linker"
    RUNTIME = "runtime"
    """Code that the tool left inside: crt and libgcc, a standard library, an embedded interpreter."""
    BUILD_SYSTEM = "build-system"
    PACKAGER = "packager"
    GENERATOR = "generator"
    IMAGE_BUILDER = "image-builder"
    PACKAGE_MANAGER = "package-manager"


class Claim(StrEnum):
    """How we know, strongest first. Claims of different kinds are never mixed into one."""

    OBSERVED = "observed"
    """Read from the artifact's own bytes."""
    RECORDED = "recorded"
    """Seen while it was built."""
    DECLARED = "declared"
    """An SBOM, a provenance or a manifest says so."""
    INFERRED = "inferred"
    """Concluded from something else, such as the distribution's default toolchain or the file's layout."""


class Value(msgspec.Struct, frozen=True, omit_defaults=False):
    """Base of every noun: immutable, compared by value."""


class Mark(Value, frozen=True, omit_defaults=True):
    """A piece of evidence in an artifact."""

    surface: str
    """Where such marks stand: `elf.comment`, `go.buildinfo`, `jar.manifest` …"""
    value: str
    """The text read there, at most 4 KiB, undecodable bytes escaped."""
    offset: int | None = None
    """Byte offset from the artifact's start, where there is one."""
    path: str | None = None
    """The member of the archive that holds it, when the artifact is an archive."""
    rule: str | None = None
    """The mark's rule, as `tool/rule-id`."""
    count: int = 1
    """How often the same value stands on this surface (compilation units, classes)."""


class BuiltBy(Value, frozen=True):
    """A tool that took part in making an artifact."""

    tool: str
    version: str | None
    """The upstream version as the tool itself prints it; None when the marks do not tell."""
    role: Role
    version_range: str | None = None
    """What the marks do tell when the exact version is unknown, such as `>=1.13,<1.18`."""
    vendor: str | None = None
    """Who packaged or patched the tool, as the mark says: `Debian 12.2.0-14+deb12u1`, `Apple`."""
    language: str | None = None
    detail: str | None = None
    """What the role was in particular: `crt and libgcc`, `bundled C`."""
    purl: str | None = None
    cpe: str | None = None
    claim: Claim = Claim.OBSERVED
    confidence: float = 0.9
    share: float | None = None
    """The part of the artifact's compilation units that this tool made, 0 to 1; None when unknown."""
    flags: tuple[str, ...] = ()
    """The tool's flags, where the artifact carries them."""
    marks: tuple[Mark, ...] = ()


class Artifact(Value, frozen=True):
    """A built thing, named by its digest. `built_by` is ranked: the compiler of the code comes first."""

    target: int
    path: str
    layer: str | None
    sha256: str
    size: int
    format: str
    package: str | None = None
    built_by: tuple[BuiltBy, ...] = ()
    facts: dict[str, str] = {}
    exposures: tuple[str, ...] = ()


class Present(Value, frozen=True):
    """A tool that is installed in a target. This says nothing of what made the target."""

    target: int
    tool: str
    version: str | None
    role: Role
    path: str
    package: str | None = None
    purl: str | None = None
    claim: Claim = Claim.OBSERVED
    layer: str | None = None
    exposures: tuple[str, ...] = ()


class Skipped(Value, frozen=True):
    """Something that was not, or not wholly, looked at, and why."""

    target: int
    path: str
    reason: str
    expected: bool = False
    """Skipped because the caller asked for it (`--exclude`, `--max-size`): no failure."""


class Target(Value, frozen=True):
    """What was asked to be scanned."""

    ref: str
    kind: str
    """`file`, `directory`, `archive`, `oci-layout`, `docker-archive`, `stdin`."""
    digest: str | None = None


Record = Artifact | Present | Skipped


def text(raw: bytes | str, limit: int = 4096) -> str:
    r"""Return printable text for bytes of unknown encoding: undecodable bytes become `\xNN`."""
    if isinstance(raw, bytes):
        return raw[:limit].decode("utf-8", "backslashreplace")[:limit]
    return raw[:limit] if raw.isascii() else raw.encode("utf-8", "backslashreplace").decode("utf-8")[:limit]
