"""Where in a target a file stands, and what that means for it."""

from typing import NamedTuple

from builtby.pipeline.budget import Budget
from builtby.pipeline.lent import Lent


class Place(NamedTuple):
    """A file's place.

    path: within the target; `!/` goes into an archive. inner: the path within the innermost archive, or the same.
    level: how many archives it is in. lent: the archive that it may speak for.
    tree: the target is a file system in an archive, and the path one in it, so that package databases and installed
    tools may be told by it. wrapped: the bytes are those of a compressed file, plain.
    modified: when the file was last changed, in seconds since 1970, as far as that is known.
    """

    path: str
    inner: str
    budget: Budget
    level: int = 0
    tree: bool = False
    lent: Lent | None = None
    layer: str | None = None
    wrapped: bool = False
    modified: int | None = None

    @property
    def shown(self) -> str:
        """The path to name this file by."""
        return f"{self.path}!/{self.inner.rpartition('/')[2]}" if self.wrapped else self.path

    def member(self, name: str, lent: Lent | None, *, tree: bool) -> "Place":
        """Return the place of a member of the archive at this place."""
        return Place(f"{self.path}!/{name}", name, self.budget, self.level + 1, tree, lent, self.layer)

    def within(self, lent: Lent | None) -> "Place":
        """Return the place of what a compressed file holds: the same, but one level deeper."""
        return Place(
            self.path, plain_name(self.inner), self.budget, self.level + 1, self.tree, lent, self.layer, wrapped=True,
            modified=self.modified,
        )


def plain_name(path: str) -> str:
    """Return a compressed file's name without the compression: `x.tgz` is `x.tar`, `x.ko.xz` is `x.ko`."""
    stem, dot, end = path.rpartition(".")
    if end.lower() in {"tgz", "txz", "tbz2", "tzst"}:
        return f"{stem}.tar"
    return stem if dot and end.lower() in {"gz", "xz", "bz2", "zst", "zstd", "lzma"} else path
