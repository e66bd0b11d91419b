"""Debian's `.buildinfo` documents: the exact toolchain that was installed where a package was built.

Format: deb-buildinfo(5). Published for every package of Debian and Ubuntu; the archive's own copies are clear-signed.
The signature is not checked here: the claim is `declared`.
"""

import re
from typing import NamedTuple

from builtby.packages.base import decoded, stanzas

MOST_BYTES = 8 << 20
MOST_DEPENDS = 20_000
_DEPENDS = re.compile(r"([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)? \(= ([^\s()]+)\)")
_SHA256 = re.compile(r"([0-9a-f]{64}) +\d+ +(\S+)")


class BuildInfo(NamedTuple):
    """What one document says."""

    source: str
    version: str
    """The source's version."""
    architecture: str
    """Of the binaries: `amd64`, `all`, `amd64 source`."""
    installed: dict[str, str]
    """Installed-Build-Depends: package name to version."""
    build_architecture: str | None = None
    origin: str | None = None
    date: str | None = None
    environment: tuple[str, ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    """The packages that came out: (file name, sha256)."""


def parse(data: bytes) -> BuildInfo | None:
    """Return what a document says, clear-signed or not; None where it is none."""
    for fields in stanzas(_unsigned(decoded(data[:MOST_BYTES])), most=4):
        source = fields.get("source", "").partition(" ")[0]
        version = _source_version(fields)
        installed = fields.get("installed-build-depends", "")
        if source and version and installed:
            matches = _DEPENDS.finditer(installed)
            return BuildInfo(
                source, version, fields.get("architecture", ""),
                {match[1]: match[2] for match, _ in zip(matches, range(MOST_DEPENDS), strict=False)},
                fields.get("build-architecture"), fields.get("build-origin"), fields.get("build-date"),
                tuple(line for line in fields.get("environment", "").split("\n") if line),
                tuple((name, digest) for digest, name in _SHA256.findall(fields.get("checksums-sha256", ""))),
            )
    return None


def _source_version(fields: dict[str, str]) -> str:
    """The source's version stands beside its name where it differs from the binaries' (a binary rebuild)."""
    _, bracket, rest = fields.get("source", "").partition("(")
    return rest.rstrip(") ") if bracket else fields.get("version", "")


def _unsigned(text: str) -> str:
    """Return the text inside a clear signature."""
    if not text.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        return text
    body = text.partition("\n\n")[2].partition("\n-----BEGIN PGP SIGNATURE-----")[0]
    return re.sub(r"^- ", "", body, flags=re.M)
