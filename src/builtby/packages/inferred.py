"""The suite's default toolchain, for a distribution's files that carry no mark: an `inferred` claim, never more.

A distribution does not compile every package anew for a release. What was the default *on the day* decides: packaged
files keep the date of their package's last change. An update to a stable release is compiled by that release's own.
"""

import re
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple

from builtby.marks.load import tables
from builtby.model import BuiltBy, Claim, Mark, Role
from builtby.packages.base import Distro, Package
from builtby.packages.facts import Packaged

MARGIN = timedelta(days=14)
"""So long may pass between a change's date and the build: before a transition, the version is not told."""
_SUITES = ("debian-suites", "ubuntu-suites")
DATED, UPDATED, UNDATED = 0.6, 0.6, 0.4
"""Confidence: by the file's date, by an update's version, and by the suite alone."""


class _Told(NamedTuple):
    version: str | None
    range: str | None
    confidence: float
    basis: str


def inferred(distro: Distro | None, package: Package, artifact: Packaged, modified: int | None) -> tuple[BuiltBy, ...]:
    """Return the compiler and linker that made a packaged file, as its suite lets suppose; empty where it does not.

    `modified` is the file's time of change in seconds, as the package holds it; None or 0 where it is not known.
    """
    if distro is None or package.type != "deb" or artifact.compiled or not (artifact.is_c or artifact.is_static):
        return ()
    if package.keeper is not None and not _own(distro, package.keeper):
        return ()
    source = package.source or package.name
    exceptions = tables().get("not-default-compiler", {})
    if any(fnmatchcase(source, pattern) for pattern in exceptions):
        return ()
    linked = any(tool.role is Role.LINKER and (tool.tool != "ld" or tool.version) for tool in artifact.observed)
    wanted = [] if artifact.by_llvm else [("gcc", "gcc", Role.COMPILER)]
    wanted += [] if linked or artifact.is_static else [("binutils", "ld", Role.LINKER)]
    claims = (_claim(distro, package, artifact, modified, *item) for item in wanted)
    return tuple(claim for claim in claims if claim)


def _own(distro: Distro, keeper: str) -> bool:
    """Whether a distribution keeps a package itself, as far as is known: others bring what they built elsewhere."""
    pattern = next((found for name in _SUITES if (found := tables().get(name, {}).get(f"{distro.id} keepers"))), None)
    return pattern is not None and re.fullmatch(pattern, keeper) is not None


def _claim(distro: Distro, package: Package, artifact: Packaged, modified: int | None, product: str, tool: str,
           role: Role) -> BuiltBy | None:
    told = _told(distro.release, package.source_version or package.version, modified, product)
    if told is None:
        return None
    name = {"gcc": "gcc", "ld": "binutils"}[tool]
    return BuiltBy(
        tool=tool, version=told.version, role=role, version_range=told.range, vendor=distro.id.capitalize(),
        language=artifact.language if role is Role.COMPILER else None,
        purl=f"pkg:generic/{name}@{told.version}" if told.version else f"pkg:generic/{name}",
        cpe=f"cpe:2.3:a:gnu:{name}:{told.version or '*'}:*:*:*:*:*:*:*",
        claim=Claim.INFERRED, confidence=told.confidence,
        marks=(Mark("package.suite", f"{distro.release} {package.name} {package.version}: {told.basis}"),),
    )


def _told(release: str, version: str, modified: int | None, product: str) -> _Told | None:
    entries = next((found for name in _SUITES if f"{release} {product}" in (found := tables().get(name, {}))), None)
    if entries is None:
        return None
    default, update = entries[f"{release} {product}"], entries.get(f"{release} update")
    if update and re.search(update, version):
        return _told_as(default, UPDATED, "an update of this release, compiled by its default toolchain")
    dated = f"{release} {product} 2"
    history = {key.rpartition(" ")[2]: value for key, value in entries.items() if key.startswith(dated)}
    if not modified or not history:
        return _Told(None, None, UNDATED, "the release's default toolchain, at a time that is not known")
    return _dated(history, modified)


def _dated(history: dict[str, str], modified: int) -> _Told | None:
    """What was the default at a time; before the history, at a transition, and after it, no version is told."""
    try:
        built = datetime.fromtimestamp(modified, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    changes = sorted((datetime.fromisoformat(f"{day}T00:00:00+00:00"), version) for day, version in history.items())
    before = [version for day, version in changes if day <= built]
    after = [version for day, version in changes if day <= built + MARGIN]
    if not before or before[-1] != after[-1] or not before[-1]:
        return _Told(None, None, UNDATED, "the default toolchain of the day, of which no version is known")
    return _told_as(before[-1], DATED, f"the default toolchain on {built:%Y-%m-%d}")


def _told_as(text: str, confidence: float, basis: str) -> _Told:
    ranged = text.startswith((">", "<"))
    return _Told(None if ranged else text, text if ranged else None, confidence, basis)
