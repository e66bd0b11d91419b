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
        self.removed: list[str] = []
        self.emptied: list[str] = []
        """Folders of which nothing below this layer is to be seen (opaque whiteouts)."""

    def add(self, path: str, *, folder: bool) -> bool:
        """Take in an entry; return whether it is a file to be looked at, not a whiteout."""
        parent, _, name = path.rpartition("/")
        if name == OPAQUE:
            self.emptied.append(parent)
        elif name.startswith(PREFIX):
            if not name.startswith(f"{PREFIX}{PREFIX}"):
                self.removed.append(f"{parent}/{name[len(PREFIX):]}" if parent else name[len(PREFIX) :])
        else:
            if not folder:
                self.entries.append(path_hash(path))
            return True
        return False


class Overlay:
    """Tells which paths of which layers can be seen. `interesting` are the paths that will be asked for."""

    def __init__(self, layers: list[LayerPaths], interesting: Iterable[str]) -> None:
        asked = {path_hash(path) for top in interesting for path in ancestry(top)}
        self._highest: dict[int, int] = {}
        self._removed: dict[str, int] = {}
        self._emptied: dict[str, int] = {}
        for number, layer in enumerate(layers):
            for entry in layer.entries:
                if entry in asked:
                    self._highest[entry] = number
            self._removed |= dict.fromkeys(layer.removed, number)
            self._emptied |= dict.fromkeys(layer.emptied, number)

    def visible(self, path: str, layer: int) -> bool:
        """Whether what layer number `layer` has at `path` can be seen in the image."""
        for place in ancestry(path):
            if self._highest.get(path_hash(place), -1) > layer or self._removed.get(place, -1) > layer:
                return False
            if place != path and self._emptied.get(place, -1) > layer:
                return False
        return self._emptied.get("", -1) <= layer


def ancestry(path: str) -> Iterator[str]:
    """Yield a path and the folders it is in, innermost first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
