"""Compares files with what their packages shipped, and with a baseline."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from builtby.builds.toolchain.gather import Gathered
from builtby.builds.toolchain.model import SCHEMA, STATES, FileState, Shipped, ShippedFile, Verification
from builtby.builds.toolchain.tree import Tree, digests, merged
from builtby.builds.watch.places import data


class Kept(NamedTuple):
    """A file in a baseline: what it held, and whose it was."""

    digest: str
    """`sha256:…`, or `link:…` with what a symbolic link says."""
    package: str | None


def verified(root: Path, found: Gathered, baseline: Mapping[str, Kept] | None = None,
             name: str | None = None) -> Verification:
    """Return what is found of a toolchain; `name` is the baseline's, for people."""
    look = _Look(root, found, hashed=baseline is not None)
    states = {merged(one.path): one for one in look.all()}
    if baseline is not None:
        states = dict(_beside(states, look.held, baseline))
    counts = Counter(one.state for one in states.values())
    shown = sorted((one for one in states.values() if one.state != "same"),
                   key=lambda one: (STATES.index(one.state), one.path))
    unread = tuple(f"/{one.path}: {one.reason}" for one in shown if one.state == "unread")
    return Verification(SCHEMA, str(root), found.databases, name, len(found.packages),
                        {state: counts[state] for state in STATES if counts[state]}, tuple(shown),
                        (*found.problems, *unread))


def held(root: Path, found: Gathered) -> dict[str, Kept]:
    """Return what a baseline keeps: every file of the toolchain."""
    look = _Look(root, found, hashed=True)
    states = {merged(one.path): one for one in look.all()}
    return {path: Kept(digest, states[path].package) for path, digest in sorted(look.held.items())}


class _Look:
    """One look at every file. `held`: what each holds, by its merged name, where it was asked for."""

    def __init__(self, root: Path, found: Gathered, *, hashed: bool) -> None:
        self._found, self._tree, self._hashed = found, Tree(root), hashed
        self._skipped = tuple(data()["toolchain"]["documentation"])
        self.held: dict[str, str] = {}

    def all(self) -> Iterator[FileState]:
        for package in self._found.packages:
            purl = self._found.purl(package)
            for file in package.files:
                if not file.path.startswith(self._skipped):
                    yield self._file(package, purl, file)
        for path in self._found.loose:
            yield self._loose(path)

    def _file(self, package: Shipped, purl: str, file: ShippedFile) -> FileState:
        wanted = f"{file.algorithm}:{file.digest}" if file.digest else f"link:{file.target}" if file.target else None
        state, reason, found = self._judged(file)
        if state == "changed" and file.config:
            state, reason = "accepted", "a configuration file, made to be edited"
        return FileState(file.path, state, reason, purl, wanted, found, file.config)

    def _judged(self, file: ShippedFile) -> tuple[str, str, str | None]:
        """Return state, reason, and what was found."""
        try:
            place = self._tree.place(file.path)
            full = self._tree.full(place)
            mode = os.lstat(full).st_mode
            if stat.S_ISLNK(mode):
                return self._link(file, full)
            if stat.S_ISDIR(mode):
                return ("changed", "a folder is in its place", None) if file.digest else ("same", "", None)
            return self._regular(file, full)
        except (FileNotFoundError, NotADirectoryError):
            return ("unverifiable", "not there; a link or folder, which the package may make itself", None) if (
                not file.digest and not file.target) else ("missing", "its package ships it", None)
        except OSError as error:
            return "unread", error.strerror or "cannot be read", None

    def _regular(self, file: ShippedFile, full: str) -> tuple[str, str, str | None]:
        kinds = frozenset({file.algorithm} if file.algorithm else ()) | (
            frozenset({"sha256"}) if self._hashed else frozenset())
        found = digests(full, kinds) if kinds else {}
        if self._hashed:
            self.held[merged(file.path)] = f"sha256:{found['sha256']}"
        if file.target:
            return "changed", "a file is in place of a link", None
        if not file.algorithm:
            return "unverifiable", "its package keeps no digest of it", None
        digest = f"{file.algorithm}:{found[file.algorithm]}"
        return ("same", "", digest) if found[file.algorithm] == file.digest else (
            "changed", "not what its package shipped", digest)

    def _link(self, file: ShippedFile, full: str) -> tuple[str, str, str | None]:
        text = os.readlink(full)  # noqa: PTH115
        self.held[merged(file.path)] = f"link:{text}"
        said = f"link:{text}"
        if file.target is not None:
            return ("same", "", said) if text == file.target else ("changed", "leads elsewhere", said)
        if file.digest:
            own = file.algorithm and hashlib.new(file.algorithm, text.encode("utf-8", "surrogateescape"),
                                                 usedforsecurity=False).hexdigest()
            return ("same", "", said) if own == file.digest else ("changed", "a link is in its place", said)
        return self._led(file.path, said)

    def _led(self, path: str, said: str) -> tuple[str, str, str | None]:
        """Judge a link of which the database tells nothing by where it leads."""
        real = self._tree.real(path)
        if merged(real) in self._found.owned:
            return "same", "", said
        if not os.path.lexists(self._tree.full(real)):
            return "unverifiable", "a link that leads nowhere", said
        return "unverifiable", f"a link to /{real}, which no package lists", said

    def _loose(self, path: str) -> FileState:
        full = self._tree.full(path)
        try:
            if os.path.islink(full):  # noqa: PTH114
                said = f"link:{os.readlink(full)}"  # noqa: PTH115
                reason = f"no package lists it; it leads to /{self._tree.real(path)}"
            else:
                said = f"sha256:{digests(full, frozenset({'sha256'}))['sha256']}" if self._hashed else ""
                reason = "no package lists it"
        except OSError as error:
            return FileState(path, "unread", error.strerror or "cannot be read")
        if self._hashed:
            self.held[merged(path)] = said
        return FileState(path, "unowned", reason, None, None, said or None)


def _beside(states: Mapping[str, FileState], now: Mapping[str, str],
            baseline: Mapping[str, Kept]) -> Iterator[tuple[str, FileState]]:
    """Yield states with what the baseline says of them."""
    packages = {kept.package for kept in baseline.values()} - {None}
    for path, state in states.items():
        kept = baseline.get(path)
        yield path, _told(state, now.get(path), kept, packages) if kept or path in now else state
    present = {state.package for state in states.values()}
    for path, kept in baseline.items():
        if path not in states:
            removed = kept.package is not None and kept.package not in present
            yield path, FileState(path, "upgraded" if removed else "gone",
                                  "its package was removed or upgraded since" if removed else "the baseline has it",
                                  kept.package, kept.digest)


def _told(state: FileState, now: str | None, kept: Kept | None, packages: set[str | None]) -> FileState:
    if kept is None:
        if state.state == "same":
            return _as(state, "upgraded", "not in the baseline; as its package ships it", None)
        return _as(state, "new", "not in the baseline", None) if state.state != "changed" else state
    if now is None:
        return state
    if now == kept.digest:
        return _as(state, "accepted" if state.state == "changed" else "same" if state.state != "missing" else
                   "missing", "not what its package shipped, but so it was in the baseline", kept.digest)
    if state.state == "same" and state.package != kept.package:
        return _as(state, "upgraded", "another version of its package, as that ships it", kept.digest)
    return _as(state, "changed", "not what it was in the baseline" + (
        ", though its package's digest fits and the version is the same" if state.state == "same" else ""),
        kept.digest, now)


def _as(state: FileState, name: str, reason: str, wanted: str | None, found: str | None = None) -> FileState:
    return FileState(state.path, name, reason, state.package, wanted or state.wanted, found or state.found,
                     state.config)
