"""Layers on layers: what of the lower ones can still be seen. Kept small: a layer may have a million files."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from hashlib import blake2b

from builtby.pipeline.options import FOLDERS

OPAQUE = ".wh..wh..opq"
PREFIX = ".wh."
RUN = 1 << 19
"""Entries that are sorted at a time, which takes five times their memory."""
_LEVEL = (1 << 9) - 1
"""The bits of an entry's word that hold a layer's number; the others are its hash's."""


def path_hash(path: str) -> int:
    """Return a 64-bit hash of a path, the same in every process."""
    return int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "big")


class LayerPaths:
    """What a layer puts over those below it."""

    def __init__(self) -> None:
        self.entries = array("Q")
        """Hashes of the paths of all that is no folder."""
        self.removed = array("Q")
        """Hashes of the paths of which nothing below this layer is to be seen (whiteouts)."""
        self.emptied = array("Q")
        """Hashes of the folders in which nothing below this layer is to be seen (opaque whiteouts)."""

    def add(self, path: str, *, folder: bool) -> bool:
        """Take in an entry; return whether it is a file to be looked at, not a whiteout."""
        parent, _, name = path.rpartition("/")
        if name == OPAQUE:
            self.emptied.append(path_hash(parent))
        elif name.startswith(PREFIX):
            if not name.startswith(f"{PREFIX}{PREFIX}"):
                hidden = name[len(PREFIX) :]
                self.removed.append(path_hash(f"{parent}/{hidden}" if parent else hidden))
        else:
            if not folder:
                self.entries.append(path_hash(path))
            return True
        return False


class _Highest:
    """Which is the highest layer, above the lowest, that has an entry: 8 bytes for each, in a few sorted runs."""

    def __init__(self, layers: "list[array[int]]") -> None:
        self._runs: list[array[int]] = []
        words = array("Q")
        for number, layer in enumerate(layers):
            for start in range(0, len(layer) if number else 0, RUN):
                words.extend(entry & ~_LEVEL | number for entry in layer[start : start + RUN])
                if len(words) >= RUN:
                    self._runs.append(array("Q", sorted(words)))
                    words = array("Q")
        if words:
            self._runs.append(array("Q", sorted(words)))

    def of(self, entry: int) -> int:
        """Return the layer's number, or -1."""
        highest, wanted = -1, entry | _LEVEL
        for run in self._runs:
            at = bisect_right(run, wanted) - 1
            if at >= 0 and run[at] | _LEVEL == wanted:
                highest = max(highest, run[at] & _LEVEL)
        return highest


class Overlay:
    """Tells which paths of which layers can be seen."""

    def __init__(self, layers: list[LayerPaths]) -> None:
        self._entries = _Highest([layer.entries for layer in layers])
        self._removed = _Highest([layer.removed for layer in layers])
        self._emptied = _Highest([layer.emptied for layer in layers])
        self._top = len(layers) - 1

    def visible(self, path: str, layer: int) -> bool:
        """Whether what layer number `layer` has at `path` can be seen in the image.

        Of what lies too deep to be looked at, only the outer folders are asked after: each has a price.
        """
        if layer == self._top:
            return True
        if path.count("/") > FOLDERS:
            path = "/".join(path.split("/", FOLDERS)[:FOLDERS])
        for place in ancestry(path):
            known = path_hash(place)
            if self._entries.of(known) > layer or self._removed.of(known) > layer:
                return False
            if place != path and self._emptied.of(known) > layer:
                return False
        return self._emptied.of(path_hash("")) <= layer


def ancestry(path: str) -> Iterator[str]:
    """Yield a path and the folders it is in, innermost first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
