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


class ExposureClass(StrEnum):
    """What an exposure means; it decides what must be done."""

    BUILD_HOST = "build-host"
    """The machine that ran the tool was exposed."""
    ARTIFACT_CODEGEN = "artifact-codegen"
    """The tool wrote bad code."""
    ARTIFACT_LINKED = "artifact-linked"
    """The tool left vulnerable library code inside."""
    RUNTIME = "runtime"
    """An interpreter or virtual machine, which is shipped."""
    PLATFORM = "platform"
    """A container engine and the like: a build host and a production risk."""
    UNKNOWN = "unknown"
    END_OF_LIFE = "end-of-life"
    """Nobody patches this version any more."""


class ExposureStatus(StrEnum):
    """How sure an exposure is, or why it is none."""

    AFFECTED = "affected"
    UNVERIFIED = "unverified"
    """The version is in the range, but whether this build of the tool or this artifact is affected cannot be told."""
    NOT_LINKED = "not-linked"
    """The vulnerable packages or functions are not in the artifact."""
    NOT_AFFECTED = "not-affected"
    """A condition of the advisory (machine, option, platform) does not hold."""
    FIXED_BY_VENDOR = "fixed-by-vendor"
    """Whoever packaged the tool has patched this version."""
    IGNORED = "ignored"
    """Affected, and accepted by the caller's ignore file, for a reason and until a day."""


class Action(StrEnum):
    """What to do about an exposure."""

    UPDATE_BUILDER = "update-builder"
    UPDATE_AND_REBUILD = "update-and-rebuild"
    UPDATE_RUNTIME = "update-runtime"
    UPDATE_BOTH = "update-both"
    READ = "read"
    """Nothing in the data decides: read the advisory."""
    NONE = "none"


class Exposure(Value, frozen=True):
    """A tool of an artifact, or an installed one, that an advisory speaks of.

    In `exposures`, its status is `affected` or `unverified`; in `not_exposed`, one of the others.
    """

    id: str
    """The CVE where there is one, else the advisory's own name; `EOL-go-1.19` for a version that has no support."""
    aliases: tuple[str, ...]
    tool: str
    version: str | None
    """The version judged: the tool's, or its package's where the distribution's own data decided."""
    class_: ExposureClass = msgspec.field(name="class")
    status: ExposureStatus
    action: Action
    severity: float | None
    """CVSS base score, 0 to 10; None when nobody scored it."""
    rating: str
    """`critical`, `high`, `medium`, `low`, `none` or `unknown`."""
    cvss: str | None
    """The vector that `severity` is computed from."""
    kev: bool
    """Known to be exploited (CISA's catalogue)."""
    fixed_in: tuple[str, ...]
    """First fixed versions, in order; the one of the tool's own package leads. Empty when none is there, or known."""
    published: str | None
    """Day, as `2023-06-08`."""
    product: str
    """The advisory data's name of what is affected: `go-stdlib`."""
    rule: str
    """What decided that the version is affected, and the class, in words."""
    reason: str | None = None
    """Why the status is not `affected`, or what else is to be known, in words."""
    url: str | None = None
    new: bool | None = None
    """Whether the `--baseline` lacks it; None where there was no baseline."""
    version_range: str | None = None
    """What is known of the version where `version` is not: `>=4.13,<4.14`."""

    @property
    def judged(self) -> str | None:
        """The version judged, or the range that it is known to be in."""
        return self.version or self.version_range


class AdvisoryData(Value, frozen=True):
    """Which advisory data a result was judged by."""

    kind: str
    """`embedded`, `downloaded` or `imported`."""
    dated: str
    """Day of the newest fact in it, as `2026-08-23`."""
    records: int
    no_data: tuple[str, ...] = ()
    """Tools of this result for which there is no advisory data: that is no statement that they are safe."""
    undecided: dict[str, tuple[str, ...]] = {}
    """By tool of this result: advisories that name no versions to compare with, such as commits."""


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
    exposures: tuple[Exposure, ...] = ()
    """Ranked: what is to be done first comes first."""
    not_exposed: tuple[Exposure, ...] = ()


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
    exposures: tuple[Exposure, ...] = ()
    not_exposed: tuple[Exposure, ...] = ()


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
