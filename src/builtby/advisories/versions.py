"""Version schemes: which of two versions of a tool is the older one.

A scheme turns a version into a key; keys of one scheme compare. Where univers or packaging know a scheme, theirs is
taken; Go's, OpenJDK's and that of GNU and its like are ours, for nobody has them.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from builtby.advisories.records import Interval

Key = Any
"""Something that compares with other keys of its scheme."""


class Unordered(ValueError):  # noqa: N818  # a statement about the version
    """A version that its scheme cannot put in order; the message says so."""


_GO = re.compile(r"(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-?(rc|beta)\.?(\d+)|-(\d+)(?:\.\d+)*)?(?=$|[\s+-])")
_GO_STAGES = {"beta": 1, "rc": 2}
_SEMVER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")
_JDK_8 = re.compile(r"(?:1\.)?(\d+)(?:\.0)?(?:[_u](\d+))(?:[-+b].*)?$")
_JDK_DOTTED = re.compile(r"(?:1\.(?=[1-8](?:\.|$)))?(\d+(?:\.\d+)*)(?:[-+_].*)?$")
_TOKEN = re.compile(r"\d+|[a-z]+")
_STAGES = {"dev": 0, "snapshot": 0, "nightly": 0, "git": 0, "svn": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "pre": 3,
           "preview": 3, "m": 3, "rc": 4, "cr": 4}
_LETTER_RELEASES = frozenset({"a", "b"})
"""After a number these are releases (`1.0.2b`) unless a number follows (`3.12.0b1`)."""


def _go(version: str) -> Key:
    """Go's: `1.21rc2` before `1.21` which is `1.21.0`; `1.20.0-0` is the database's word for before any 1.20."""
    match = _GO.match(version.strip())
    if match is None:
        raise Unordered(f"no version of Go: {version!r}")
    major, minor, patch, stage, number, before = match.groups()
    last = (_GO_STAGES[stage], int(number)) if stage else (0, int(before)) if before is not None else (3, 0)
    return int(major), int(minor or 0), int(patch or 0), last


def _semver(version: str) -> Key:
    """SemVer's, with as many or few numbers as there are; what stands before a release comes before it."""
    match = _SEMVER.match(version.strip())
    if match is None:
        raise Unordered(f"no semantic version: {version!r}")
    *numbers, pre = match.groups()
    if pre is None:
        return tuple(int(number or 0) for number in numbers), (1,)
    parts = ((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split("."))
    return tuple(int(number or 0) for number in numbers), (0, *parts)


def _dotted(version: str) -> Key:
    """Numbers and words as they come: `12.2.0`, `2.38.90`, `1.0.2k`, `16.0.0-rc1`; zeros at the end say nothing."""
    tokens = _TOKEN.findall(version.lower().removeprefix("v"))
    if not tokens or not tokens[0].isdigit():
        raise Unordered(f"no number: {version!r}")
    key: list[tuple[int, int, int, str]] = []
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token.isdigit():
            if len(token) > 18:
                raise Unordered(f"a number of {len(token)} digits")
            key.append((2, int(token), 0, ""))
        else:
            while key and key[-1] == (2, 0, 0, ""):
                key.pop()
            released = token not in _STAGES or (token in _LETTER_RELEASES and not following.isdigit())
            key.append((1, 0, 1, token) if released else (0, 0, _STAGES[token], ""))
    while key and key[-1] == (2, 0, 0, ""):
        key.pop()
    return (*key, (1, 0, 0, ""))


def _openjdk(version: str) -> Key:
    """OpenJDK's: `8u491`, `1.8.0_491` and `8.0.491` are one; a build (`+9`) says nothing."""
    text = version.strip().lower().removeprefix("jdk-").removeprefix("jdk")
    match = _JDK_8.match(text)
    if match is not None and int(match[1]) <= 8:
        return _dotted(f"{match[1]}.0.{match[2]}")
    match = _JDK_DOTTED.match(text)
    if match is None:
        raise Unordered(f"no version of OpenJDK: {version!r}")
    return _dotted(match[1])


def _pep440(version: str) -> Key:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion as error:
        raise Unordered(str(error)) from error


def _gem(version: str) -> Key:
    """RubyGems': words come before numbers, and so before the release; zeros before them and at the end say nothing."""
    tokens = _TOKEN.findall(version.lower().partition("+")[0])
    if not tokens or not tokens[0].isdigit() or any(len(token) > 18 for token in tokens):
        raise Unordered(f"no version of a gem: {version!r}")
    found: list[tuple[int, int, str]] = []
    for token in [*tokens, ""]:
        if not token.isdigit():
            while found and found[-1] == (1, 0, ""):
                found.pop()
            found.append((0, 0, token) if token else (1, 0, ""))
        else:
            found.append((2, int(token), "") if int(token) else (1, 0, ""))
    return tuple(found)


def _maven(version: str) -> Key:
    from univers.maven import Version

    return Version(version)


def _dpkg(version: str) -> Key:
    from univers.debian import Version

    try:
        return Version.from_string(version)
    except ValueError as error:
        raise Unordered(str(error)) from error


def _rpm(version: str) -> Key:
    from univers.rpm import RpmVersion

    try:
        return RpmVersion.from_string(version)
    except (ValueError, AttributeError, TypeError) as error:
        raise Unordered(str(error)) from error


def _apk(version: str) -> Key:
    from univers.versions import AlpineLinuxVersion, InvalidVersion

    try:
        return AlpineLinuxVersion(version)
    except InvalidVersion as error:
        raise Unordered(str(error)) from error


_SCHEMES: dict[str, Callable[[str], Key]] = {
    "go": _go, "semver": _semver, "pep440": _pep440, "gem": _gem, "maven": _maven, "dpkg": _dpkg, "rpm": _rpm,
    "apk": _apk, "openjdk-normalised": _openjdk, "as upstream": _dotted, "perl": _dotted, "pvp": _dotted,
    "opam": _dotted, "julia jll": _dotted,
}
"""By the first words of the data's name for them; `git` is none, for commits have no order that a version tells."""


def _scheme(name: str) -> Callable[[str], Key] | None:
    return _SCHEMES.get(name) or _SCHEMES.get(name.partition(" (")[0]) or _SCHEMES.get(name.partition(":")[0])


def is_ordered(scheme: str) -> bool:
    """Whether versions of the scheme have an order that they tell."""
    return _scheme(scheme) is not None


@lru_cache(maxsize=1 << 16)
def key(scheme: str, version: str) -> Key:
    """Return the version's key. Raises Unordered when the scheme cannot order it."""
    make = _scheme(scheme)
    if make is None:
        raise Unordered(f"versions of the scheme {scheme!r} have no order")
    if len(version) > 256:
        raise Unordered("a version of more than 256 characters")
    try:
        return make(version)
    except Unordered:
        raise
    except (ValueError, TypeError, IndexError, AttributeError) as error:  # a library, on what it never met
        raise Unordered(f"{version!r} is no version of the scheme {scheme!r}: {error}") from error


def within(scheme: str, version: str, interval: Interval) -> bool:
    """Whether a version lies in an interval. Raises Unordered when that cannot be told."""
    mine = key(scheme, version)
    if interval.introduced != "0" and mine < key(scheme, interval.introduced):
        return False
    if interval.fixed is not None:
        return bool(mine < key(scheme, interval.fixed))
    return interval.last is None or bool(mine <= key(scheme, interval.last))


_BOUND = re.compile(r"(>=|<=|<|>|==?)\s*([^,\s]+)")


def covers(scheme: str, range_: str, interval: Interval) -> bool | None:
    """Whether an interval covers all (True), none (False) or some (None) of a range such as `>=1.13,<1.18`."""
    bounds = dict(_BOUND.findall(range_))
    low, high = bounds.get(">="), bounds.get("<")
    least = key(scheme, low) if low is not None else None
    begun = interval.introduced == "0" or (least is not None and least >= key(scheme, interval.introduced))
    end = interval.fixed or interval.last
    if end is not None and least is not None and least >= key(scheme, end):
        return False
    if high is not None and interval.introduced != "0" and key(scheme, high) <= key(scheme, interval.introduced):
        return False
    ended = end is None or (high is not None and key(scheme, high) <= key(scheme, end))
    return True if begun and ended else None
