"""Whom an advisory is asked about: one tool of one artifact, or one that is installed."""

from typing import NamedTuple
from urllib.parse import unquote

from builtby.advisories.machines import target_of
from builtby.model import Artifact, BuiltBy, Claim, Present, Role

_UNLINKED = frozenset({"ar", "bitcode", "coff", "object", "archive", "pyc"})
_SYSTEMS = {"pe": "windows", "macho": "macos", "elf": "linux"}


class Subject(NamedTuple):
    """A tool as it was used, with all that conditions of advisories ask for.

    vendor: who packaged or patched it, as its mark says. packaged: its package's version. distro: the release that the
    package is of, as `debian-12`; without a number when only the vendor is known. machine, system: what code the
    artifact holds; of an installed tool, the machine that it writes code for, where its file is named by a triple, as
    GCC's are. installed: it is not of an artifact.
    """

    tool: str
    version: str | None
    version_range: str | None
    role: Role
    vendor: str | None = None
    packaged: str | None = None
    distro: str | None = None
    machine: str | None = None
    system: str | None = None
    flags: tuple[str, ...] = ()
    installed: bool = False
    linked: bool = True
    """Whether the artifact is linked: an object or an archive of them holds none of a library's code yet."""
    language: str | None = None
    inferred: bool = False
    """Whether that it took part is only concluded, as from a distribution's default toolchain."""

    @property
    def shown(self) -> str:
        """The version, in words."""
        return self.version or self.version_range or "unknown version"


def of_artifact(artifact: Artifact, tool: BuiltBy) -> Subject:
    """Return the subject for a tool that took part in making an artifact."""
    distro, packaged = _vendor(tool.vendor)
    return Subject(
        tool.tool, tool.version, tool.version_range, tool.role, tool.vendor, packaged, distro,
        artifact.facts.get("machine"), _system(artifact), tool.flags,
        linked=artifact.format not in _UNLINKED and artifact.facts.get("type") not in _UNLINKED,
        language=tool.language, inferred=tool.claim is Claim.INFERRED,
    )


def of_present(present: Present) -> Subject:
    """Return the subject for an installed tool."""
    distro, packaged, vendor = None, None, None
    purl = present.package or ""
    if purl.startswith(("pkg:deb/", "pkg:rpm/", "pkg:apk/")):
        name, _, qualifiers = purl.partition("?")
        vendor = name.split("/")[1] if name.count("/") > 1 else name[4:7]
        packaged = unquote(name.partition("@")[2]) or None
        distro = next((part[7:] for part in qualifiers.split("&") if part.startswith("distro=")), vendor)
        if purl.startswith("pkg:rpm/") and packaged and (epoch := _qualifier(qualifiers, "epoch")):
            packaged = f"{epoch}:{packaged}"
    return Subject(
        present.tool, present.version, None, present.role, vendor, packaged, distro, target_of(present.path),
        installed=True,
    )


def _qualifier(qualifiers: str, name: str) -> str | None:
    return next((part.partition("=")[2] for part in qualifiers.split("&") if part.startswith(f"{name}=")), None)


def _vendor(vendor: str | None) -> tuple[str | None, str | None]:
    """Return distribution and package version of a vendor's words, such as `Debian 12.2.0-14+deb12u1`."""
    if not vendor:
        return None, None
    name, _, rest = vendor.partition(" ")
    if vendor.startswith("Red Hat"):
        name, rest = "redhat", vendor[8:]
    version = rest.strip()
    return name.lower(), version if version[:1].isdigit() else None


def _system(artifact: Artifact) -> str | None:
    told = artifact.facts.get("os", "")
    return told.partition("-")[0] or _SYSTEMS.get(artifact.format)
