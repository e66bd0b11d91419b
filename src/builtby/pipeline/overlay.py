"""Layers on layers: what of the lower ones can still be seen. Kept small: a layer may have a million files."""

from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b

OPAQUE = ".wh..wh..opq"
PREFIX = ".wh."


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


class Overlay:
    """Tells which paths of which layers can be seen. `interesting` are the paths that will be asked for."""

    def __init__(self, layers: list[LayerPaths], interesting: Iterable[str]) -> None:
        asked = {path_hash(path) for top in interesting for path in ancestry(top)} | {path_hash("")}
        self._highest = _last(asked, [layer.entries for layer in layers])
        self._removed = _last(asked, [layer.removed for layer in layers])
        self._emptied = _last(asked, [layer.emptied for layer in layers])

    def visible(self, path: str, layer: int) -> bool:
        """Whether what layer number `layer` has at `path` can be seen in the image."""
        for place in ancestry(path):
            known = path_hash(place)
            if self._highest.get(known, -1) > layer or self._removed.get(known, -1) > layer:
                return False
            if place != path and self._emptied.get(known, -1) > layer:
                return False
        return self._emptied.get(path_hash(""), -1) <= layer


def _last(asked: set[int], layers: "list[array[int]]") -> dict[int, int]:
    """Return the number of the highest layer above the lowest that has each of what is asked for."""
    return {entry: number for number, layer in enumerate(layers) if number for entry in layer if entry in asked}


def ancestry(path: str) -> Iterator[str]:
    """Yield a path and the folders it is in, innermost first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
