"""What the distribution that packaged a tool says of an advisory: it patches old versions without a new number."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from builtby.advisories.snapshot import DistroStatus
from builtby.advisories.store import Store
from builtby.advisories.subject import Subject
from builtby.advisories.versions import Unordered, key
from builtby.model import ExposureStatus

_LINE = re.compile(r"(?:^|[a-z]-?)(\d[\d.]*)(?=-|$)")
_SCHEMES = {"debian": "dpkg", "ubuntu": "dpkg", "almalinux": "rpm", "azurelinux": "rpm", "redhat": "rpm",
            "fedora": "rpm", "alpine": "apk"}
_FAITHFUL = re.compile(r"(?i)eclipse adoptium|temurin|oracle|azul|amazon|microsoft|sun microsystems|sap se|bellsoft")
"""Vendors of builds that have upstream's versions and fixes, under upstream's numbers."""
_TITLES = {"debian": "Debian", "ubuntu": "Ubuntu", "almalinux": "AlmaLinux", "azurelinux": "Azure Linux"}
_WORDS = {
    "no-dsa": "affected, no advisory of its own planned (no-dsa)", "ignored": "affected, will not be fixed (ignored)",
    "unimportant": "affected, without security support for it (unimportant)",
    "open": "affected or not yet assessed (open)",
}


class Word(NamedTuple):
    """What a vendor's data makes of an exposure. `fixed`: the package version to go to. reason None: nothing to say."""

    status: ExposureStatus
    reason: str | None
    fixed: str | None = None


def word(store: Store, name: str, subject: Subject) -> Word:
    """Return what is to be said of a version that is in upstream's range, given who packaged the tool."""
    if subject.vendor is None or (subject.distro is not None and _FAITHFUL.search(subject.vendor)):
        return Word(ExposureStatus.AFFECTED, _note(store, name, subject))
    for row in _rows(store, name, subject, subject.distro or ""):
        said = _judged(row, subject)
        if said is not None:
            return said
    return Word(ExposureStatus.UNVERIFIED,
                f"vendor-patched: unverified. {subject.vendor} may have fixed it under the same number")


def _judged(row: DistroStatus, subject: Subject) -> Word | None:
    where = f"{_title(row.distro)}, {row.package}"
    if row.status in _WORDS:
        return Word(ExposureStatus.AFFECTED, f"{where}: {_WORDS[row.status]}")
    if row.status == "not-affected":
        return Word(ExposureStatus.NOT_AFFECTED, f"{where}: not affected")
    if row.fixed is None or subject.packaged is None:
        return None
    scheme = _SCHEMES.get(row.distro.partition("-")[0])
    try:
        patched = scheme is not None and key(scheme, subject.packaged) >= key(scheme, row.fixed)
    except Unordered:
        return None
    if patched and not _same_line(subject.packaged, row.fixed):
        return None
    if patched:
        return Word(ExposureStatus.FIXED_BY_VENDOR, f"{where}: fixed in {row.fixed}; this is {subject.packaged}")
    return Word(ExposureStatus.AFFECTED, f"{where}: fixed in {row.fixed}, and this is {subject.packaged}", row.fixed)


def _same_line(version: str, fixed: str) -> bool:
    """Whether two versions of a package begin with the same number.

    Debian's fix in its 18.20.4 says nothing of the 20.20.2 that somebody else packaged.
    """
    mine, other = (one.rpartition(":")[2].partition(".")[0] for one in (version, fixed))
    return mine == other


def _note(store: Store, name: str, subject: Subject) -> str | None:
    """Say what a distribution says, in case the tool is of its package: the mark does not tell who packaged it."""
    for row in _rows(store, name, subject, "debian"):
        said = _WORDS.get(row.status) or (f"fixed in {row.fixed}" if row.fixed else row.status)
        return f"if the tool is {_title(row.distro)}'s {row.package}: {said}"
    return None


def _rows(store: Store, name: str, subject: Subject, distro: str) -> Sequence[DistroStatus]:
    """Return a distribution's rows for an advisory and the source package that the tool may be of."""
    rows = store.words_of(distro, name)
    prefixes = store.products.packages(subject.tool) if rows else ()
    if not prefixes:
        return ()
    version = (subject.version or _least(subject.version_range or "")).replace("_", ".")
    plain = f"{version.removeprefix('1.') if version.startswith('1.8') else version}."
    return [row for row in rows if row.package.startswith(prefixes) and plain.startswith(_line(row.package) or "")]


def _least(range_: str) -> str:
    return range_.partition(",")[0].removeprefix(">=") if range_.startswith(">=") else ""


@lru_cache(maxsize=4096)
def _line(package: str) -> str | None:
    """Return the beginning of the versions of a source package such as `gcc-12`: `12.`; None where it names none."""
    match = _LINE.search(package)
    if match is None:
        return None
    line = match[1].rstrip(".")
    return f"{line.removeprefix('1.') if line.startswith('1.8') else line}."


def _title(distro: str) -> str:
    name, _, release = distro.partition("-")
    return f"{_TITLES.get(name, name)} {release}".strip()


def word_for_end(subject: Subject) -> tuple[ExposureStatus, str | None]:
    """Return status and reason for a line whose upstream support has ended: a distribution may go on with it."""
    if subject.vendor is None or _FAITHFUL.search(subject.vendor):
        return ExposureStatus.AFFECTED, None
    return ExposureStatus.UNVERIFIED, f"upstream's support ended; {subject.vendor} may patch it still"
