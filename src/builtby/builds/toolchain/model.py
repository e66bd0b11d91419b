"""What is found of the toolchain, `builtby/toolchain/1`. Field order is the order of the JSON."""

from typing import NamedTuple

import msgspec

SCHEMA = "builtby/toolchain/1"
STATES = ("changed", "missing", "gone", "new", "unowned", "unverifiable", "upgraded", "accepted", "unread", "same")
"""From worst to best. `gone`, `new`, `upgraded`, `accepted` are said beside a baseline only."""


class ShippedFile(NamedTuple):
    """A file as its package shipped it."""

    path: str
    """From the root, without a leading slash."""
    algorithm: str | None
    """As hashlib names it; None when the database keeps no digest of it."""
    digest: str | None
    """Hexadecimal; of a symbolic link's text where `link` is set."""
    link: bool = False
    config: bool = False
    """Made to be edited by the administrator."""
    target: str | None = None
    """What a symbolic link must say, where the database tells."""


class Shipped(NamedTuple):
    """An installed package with its files."""

    type: str
    name: str
    version: str
    arch: str | None
    source: str
    """Name of what it was built from."""
    files: tuple[ShippedFile, ...]
    provides: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()


class FileState(msgspec.Struct, frozen=True):
    """What was found of one file."""

    path: str
    state: str
    """One of STATES."""
    reason: str
    package: str | None = None
    """Package URL of its owner."""
    wanted: str | None = None
    """`md5:…`, as the package or the baseline has it."""
    found: str | None = None
    config: bool = False


class Verification(msgspec.Struct, frozen=True):
    """A whole look at a toolchain."""

    schema: str
    root: str
    databases: tuple[str, ...]
    """The package databases that were read: `dpkg`, `rpm`, `apk`, `pypi`, `npm`."""
    baseline: str | None
    packages: int
    """Packages that make up the toolchain."""
    counts: dict[str, int]
    """Files by state."""
    files: tuple[FileState, ...]
    """Those that are not `same`, the worst first."""
    problems: tuple[str, ...] = ()
    """What could not be read; then the answer is incomplete."""
