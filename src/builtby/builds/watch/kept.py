"""Digests of sources that outlive a build: fifty thousand files need not be hashed for each."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from builtby.builds.hashing import SETTLED
from builtby.builds.watch.private import read_private, write_private

if TYPE_CHECKING:
    from builtby.builds.watch.sources import Source

LEAST = 200
"""Files of the smallest checkout for which it is worth while."""
_Entry = tuple[int, int, int, bytes]


class KeptSources:
    """One file for each checkout, in a folder of the user's own. Forged digests give false alarms, and hide nothing:
    a swapped file has another ctime all the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, root: str) -> Path:
        """Return where the digests of a checkout are kept."""
        return self._folder / f"{hashlib.sha256(root.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.msgpack"

    def load(self, root: str) -> dict[str, _Entry]:
        """Return inode, ctime, size and digest by path; nothing when the file is missing, damaged or not private."""
        raw = read_private(self.file(root))
        try:
            found: dict[str, Any] = msgspec.msgpack.decode(raw, type=dict[str, _Entry]) if raw else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return {f"{root}/{name}": entry for name, entry in found.items()}

    def save(self, root: str, files: Mapping[str, "Source"]) -> None:
        """Keep digests. That it cannot be done costs time only."""
        if len(files) < LEAST:
            return
        start = len(root) + 1
        settled = time.time_ns() - int(SETTLED * 1e9)
        entries = {path[start:]: (one.mark.inode, one.mark.ctime, one.mark.size, one.sha256)
                   for path, one in files.items() if one.sha256 is not None and one.mark.ctime < settled}
        with suppress(OSError, UnicodeEncodeError):
            write_private(self.file(root), msgspec.msgpack.encode(entries))
