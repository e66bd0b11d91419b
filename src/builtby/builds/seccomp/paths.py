"""From the path that a call names to the file that it means."""

import os
import stat
from typing import NamedTuple

from builtby.builds.seccomp.peer import Peer
from builtby.builds.seccomp.rooted import open_in

_PATH_ONLY = os.O_PATH | os.O_CLOEXEC
PSEUDO = ("/proc/", "/sys/", "/dev/")
_OWN = (b"/proc/self/", b"/proc/thread-self/", b"/dev/fd/", b"/dev/std")
_OF_CALLER = {"/proc/self/": "", "/proc/thread-self/": "", "/dev/fd/": "fd/"}
"""Names of what is the caller's own, and where that is in its folder of /proc: to us they would be ours."""
_STREAMS = {"/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"}


class Place(NamedTuple):
    """A file as a call means it. `info` is None when it is not there."""

    path: str
    reach: str
    """The path by which the recorder itself reaches it, whatever the caller's working directory."""
    info: os.stat_result | None

    @property
    def is_file(self) -> bool:
        return self.info is not None and stat.S_ISREG(self.info.st_mode)

    @property
    def is_pseudo(self) -> bool:
        return self.path.startswith(PSEUDO)


def place(peer: Peer, descriptor: int, name: bytes | None, *, follow: bool = True, exact: bool = True) -> Place | None:
    """Return what a path, relative to a descriptor, means; None when the caller's memory could not be read.

    `follow`: whether a symbolic link at its end stands for what it leads to. An empty name is the descriptor itself.
    `exact`: whether the full path is wanted of what is not there, too: half of what a build looks for.
    """
    if name is None:
        return None
    if b"self/" in name and not name.startswith(_OWN):
        name = _plain(peer, descriptor, name)
    if peer.root and name and not name.startswith(_OWN):
        return _elsewhere(peer, descriptor, os.fsdecode(name), follow=follow)
    if peer.elsewhere and name and not name.startswith(_OWN):
        return _in_its_root(peer, descriptor, os.fsdecode(name), follow=follow)
    reach = _reach(peer, descriptor, os.fsdecode(name))
    try:
        held = os.open(reach, _PATH_ONLY | (0 if follow else os.O_NOFOLLOW))
    except OSError:
        return Place(_missing(peer, descriptor, os.fsdecode(name), follow=follow) if exact else reach, reach, None)
    try:
        return Place(os.readlink(f"/proc/self/fd/{held}"), reach, os.fstat(held))  # noqa: PTH115  # hot path
    finally:
        os.close(held)


def _plain(peer: Peer, descriptor: int, name: bytes) -> bytes:
    """Return a path to the caller's own folder of /proc as it is mostly written; any other as it is.

    `//proc/self/fd/3`, or `proc/self/fd/3` from the root folder, would lead us into the recorder's.
    """
    above = b"" if name.startswith(b"/") else os.fsencode(peer.shown(descriptor) or "")
    plain = b"/" + os.path.normpath(b"/".join((above, name))).lstrip(b"/")
    return plain if plain.startswith(_OWN) else name


def _reach(peer: Peer, descriptor: int, name: str) -> str:
    if name.startswith("/"):
        if name in _STREAMS:
            return f"/proc/{peer.tid}/{_STREAMS[name]}"
        for own, inside in _OF_CALLER.items():
            if name.startswith(own):
                return f"/proc/{peer.tid}/{inside}{name.removeprefix(own)}"
        return name
    folder = peer.folder(descriptor)
    return f"{folder}/{name}" if name else folder


def _missing(peer: Peer, descriptor: int, name: str, *, follow: bool) -> str:
    """Return the full path of what is not there, as far as its folders tell."""
    if not name.startswith("/"):
        name = os.path.join(peer.shown(descriptor) or "?", name)  # noqa: PTH118  # bytes of any encoding, hot path
    if follow:
        return os.path.realpath(name)
    folder, base = os.path.split(name.rstrip("/") or "/")
    return os.path.join(os.path.realpath(folder), base)  # noqa: PTH118


def _in_its_root(peer: Peer, descriptor: int, name: str, *, follow: bool) -> Place:
    """Return what a path means to a process that went into a root of its own, where absolute links lead as well."""
    root = f"/proc/{peer.tid}/root"
    try:
        start = os.open(root, _PATH_ONLY | os.O_DIRECTORY)
    except OSError:
        return Place(name, name, None)
    try:
        above = os.readlink(root).rstrip("/")  # noqa: PTH115
        if not name.startswith("/"):
            name = os.path.join((peer.shown(descriptor) or "?").removeprefix(above), name)  # noqa: PTH118
        try:
            held = open_in(start, name, follow=follow)
        except OSError:
            path = _missing_elsewhere(start, name, above)
            return Place(path, root + path.removeprefix(above), None)
        try:
            path = os.readlink(f"/proc/self/fd/{held}")  # noqa: PTH115
            return Place(path, root + path.removeprefix(above), os.fstat(held))
        finally:
            os.close(held)
    finally:
        os.close(start)


def _elsewhere(peer: Peer, descriptor: int, name: str, *, follow: bool) -> Place:
    """Return what a path means to a process with another root than ours; it is named as that process sees it."""
    if not name.startswith("/"):
        name = os.path.join(peer.shown(descriptor) or "?", name)  # noqa: PTH118
    try:
        held = open_in(peer.root, name, follow=follow)
    except OSError:
        path = _missing_elsewhere(peer.root, name)
        return Place(path, peer.root + path, None)
    try:
        path = os.readlink(f"/proc/self/fd/{held}")  # noqa: PTH115
        return Place(path, peer.root + path, os.fstat(held))
    finally:
        os.close(held)


def _missing_elsewhere(root: str | int, name: str, above: str = "") -> str:
    """Return the full path of what is not there: its folder's, if that is. `above`: where the root is."""
    folder, base = os.path.split(name.rstrip("/") or "/")
    try:
        held = open_in(root, folder, follow=True)
    except OSError:
        return above + os.path.normpath(name)
    try:
        return os.path.join(os.readlink(f"/proc/self/fd/{held}"), base)  # noqa: PTH115, PTH118
    finally:
        os.close(held)
