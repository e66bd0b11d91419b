"""Full paths of files that were opened by the same name before: compilers open the same headers over and over."""

import os
import stat

from builtby.builds.seccomp.paths import PSEUDO, Place
from builtby.builds.seccomp.peer import Peer

MOST = 50_000
_PSEUDO = tuple(os.fsencode(folder) for folder in PSEUDO)
"""Where one name means something else to each process."""


class Known:
    """What absolute names led to, for processes that have one root in common.

    A file with one name only stays at its place until it or a folder above it is moved. So only the way to it is
    remembered; that it is still the one that the name means, and was not moved, which would give it another ctime, is
    asked each time.
    """

    def __init__(self) -> None:
        self._places: dict[bytes, tuple[str, str, int, int, int]] = {}

    def find(self, peer: Peer, name: bytes | None) -> Place | None:
        """Return what a name means, links followed; None when that must be found out."""
        known = self._places.get(name) if name is not None and not peer.elsewhere else None
        if known is None:
            return None
        path, reach, device, inode, ctime = known
        try:
            info = os.stat(reach)  # noqa: PTH116  # hot path
        except OSError:
            return None
        same = info.st_ino == inode and info.st_ctime_ns == ctime and info.st_dev == device
        return Place(path, reach, info) if same else None

    def learn(self, peer: Peer, name: bytes | None, where: Place) -> None:
        """Remember what an absolute name meant."""
        info = where.info
        if (name is not None and name.startswith(b"/") and not name.startswith(_PSEUDO) and not peer.elsewhere
                and info is not None and stat.S_ISREG(info.st_mode) and info.st_nlink == 1):
            if len(self._places) >= MOST:
                self._places.clear()
            self._places[name] = where.path, where.reach, info.st_dev, info.st_ino, info.st_ctime_ns

    def moved(self, *places: Place) -> None:
        """Forget all when a folder was moved."""
        if any(one.info is not None and stat.S_ISDIR(one.info.st_mode) for one in places):
            self._places.clear()
