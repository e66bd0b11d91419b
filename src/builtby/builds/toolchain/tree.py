"""A file system that begins at a folder: links lead to where they would if it were `/`."""

import hashlib
import os
import stat
from pathlib import Path

MOST_LINKS = 40
_MERGED = ("bin/", "sbin/", "lib/", "lib64/", "lib32/", "libx32/")


def merged(path: str) -> str:
    """Return the one name of a file on systems where `/bin` is `/usr/bin`."""
    return f"usr/{path}" if path.startswith(_MERGED) else path


class Tree:
    """Paths are from the root, without a leading slash."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, str] = {"": ""}

    def place(self, path: str) -> str:
        """Return where a path leads, links of its folders followed, not the last part. Raises OSError for a loop."""
        folder, _, name = path.rpartition("/")
        real = self._folder(folder, 0)
        return f"{real}/{name}" if real else name

    def real(self, path: str) -> str:
        """Return where a path leads, all links followed. Raises OSError for a loop."""
        return self._followed(path, 0)

    def full(self, place: str) -> str:
        """Return the path on this machine of what `place` or `real` returned."""
        return os.path.join(self.root, place)  # noqa: PTH118  # hot

    def _folder(self, folder: str, depth: int) -> str:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._followed(folder, depth)
        return known

    def _followed(self, path: str, depth: int) -> str:
        if depth > MOST_LINKS:
            raise OSError(40, "links lead in a circle")
        folder, _, name = path.rpartition("/")
        real = self._folder(folder, depth + 1) if folder else ""
        place = os.path.normpath(f"{real}/{name}").lstrip("/") if real else name
        if place in ("..", ".") or place.startswith("../"):
            return ""
        try:
            text = os.readlink(self.full(place))  # noqa: PTH115
        except OSError:
            return place
        target = text if text.startswith("/") else f"{real}/{text}"
        return self._followed(os.path.normpath(f"/{target}").lstrip("/"), depth + 1)


def digests(path: str, kinds: frozenset[str]) -> dict[str, str]:
    """Return the digests of a regular file, of all kinds in one reading. Raises OSError."""
    made = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # hot
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(22, "no regular file")
        while data := file.read(1 << 20):
            for one in made.values():
                one.update(data)
    return {kind: one.hexdigest() for kind, one in made.items()}
