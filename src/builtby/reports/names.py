"""Names that reports derive from what they show: the same content always gets the same ones."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from builtby.model import Artifact, BuiltBy, Mark, Present, Role, Target

BUILTBY_REF = "tool:builtby"


class ToolKey(NamedTuple):
    """What makes a tool one entry of a bill of materials. Tools of different claims are never one."""

    role: str
    tool: str
    version: str
    range: str
    claim: str
    vendor: str
    detail: str

    @property
    def ref(self) -> str:
        """A name that is unique within the report and readable."""
        return _ref(self)


@lru_cache(maxsize=16384)
def _ref(key: ToolKey) -> str:
    version = f"@{key.version}" if key.version else ""
    return f"{key.role}:{key.tool}{version}:{key.claim}:{short(*key)}"


def tool_key(made: BuiltBy) -> ToolKey:
    """Return the key under which a tool is listed."""
    return ToolKey(
        made.role.value, made.tool, made.version or "", made.version_range or "", made.claim.value,
        made.vendor or "", made.detail or "",
    )


def short(*parts: object) -> str:
    """Return a short name for the parts, the same on every machine."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:20]


def serial(kind: str, digest: str) -> str:
    """Return the UUID of a report of this kind over this content."""
    return str(uuid5(NAMESPACE_URL, f"builtby/{kind}/{digest}"))


def artifact_ref(artifact: Artifact) -> str:
    """Return the name of an artifact: where it is and what it is, not only its bytes."""
    return f"file:{short(artifact.target, artifact.layer, artifact.path, artifact.sha256)}"


def present_ref(targets: tuple[Target, ...], present: Present) -> str:
    """Return the name of an installed tool."""
    return f"present:{short(present.tool, present.version, place(targets, present.target, present.path))}"


def place(targets: tuple[Target, ...], target: int, path: str) -> str:
    """Return where something is: its path, with the target in front when there are several, but once if it is both."""
    ref = targets[target].ref
    if not path:
        return ref
    if len(targets) == 1:
        return path
    return ref if f"/{ref}".replace("\\", "/").endswith(f"/{path}") else f"{ref}:{path}"


def label(made: BuiltBy) -> str:
    """Return a tool in words: `gcc 12.2.0 (compiler, observed)`."""
    version = made.version or made.version_range or "unknown version"
    return f"{made.tool} {version} ({made.role.value}, {made.claim.value})"


def first_mark(made: BuiltBy) -> Mark | None:
    """Return the mark that says most, if there is one."""
    return made.marks[0] if made.marks else None


def mark_text(mark: Mark) -> str:
    """Return a mark in one line: `elf.comment: GCC: (Debian 12.2.0-14) 12.2.0`."""
    return f"{mark.surface}: {mark.value}"


def makers(artifact: Artifact) -> Iterable[BuiltBy]:
    """Return the tools that took part in making it, less what was left inside."""
    return (made for made in artifact.built_by if made.role is not Role.RUNTIME)


def leftovers(artifact: Artifact) -> Iterable[BuiltBy]:
    """Return what tools left inside: crt and libgcc, standard libraries, interpreters."""
    return (made for made in artifact.built_by if made.role is Role.RUNTIME)
