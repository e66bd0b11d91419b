"""Compares what a compiler read with what a checkout holds."""

import hashlib
import posixpath
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

from builtby.attested.checkout import Checkout, roots
from builtby.attested.model import SCHEMA, Attested, Check, Source, Status
from builtby.attested.read import read
from builtby.sources.view import FileView

_ORDER = (Status.CHANGED, Status.MISSING, Status.UNKNOWN, Status.LINE_ENDINGS, Status.GENERATED, Status.MATCHED,
          Status.OUTSIDE)
"""Worst first."""


def check(artifact: Path, folder: Path, root: str | None = None, generated: tuple[str, ...] = ()) -> Check:
    """Return how the sources of an artifact compare with a checkout.

    `root`: the folder of the build that the checkout stands for; None: what most sources agree on. `generated`:
    patterns of files, relative to the checkout, that need not be in it. Raises OSError when the artifact cannot be
    read.
    """
    with artifact.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = read(FileView(file.fileno(), artifact.stat().st_size, b""))
    checkout = Checkout(folder)
    problems = list(found.problems)
    paths = [_plain(one.path) for one in found.sources]
    chosen = plain(root) if root is not None else roots(checkout, paths)
    if found.sources and chosen is None:
        problems.append("none of its sources is in this checkout: give the folder that it was built in with --root")
    comparer = _Comparer(checkout, chosen, generated)
    sources = tuple(sorted((comparer.source(one) for one in found.sources),
                           key=lambda one: (_ORDER.index(one.status), one.path)))
    counts = Counter(one.status.value for one in sources)
    return Check(SCHEMA, str(artifact), digest, found.kind, str(folder), (chosen,) if chosen is not None else (),
                 dict(sorted(counts.items())), sources, tuple(problems))


def plain(path: str) -> str:
    """Return a path with `/`, without `.` and `..`, of whatever system it comes."""
    return posixpath.normpath(path.replace("\\", "/")) if path else ""


def _plain(path: str) -> tuple[str, bool]:
    """Return a path, and whether the case of its letters means nothing, as on Windows."""
    return plain(path), "\\" in path or path[1:2] == ":"


class _Comparer:
    def __init__(self, checkout: Checkout, root: str | None, generated: tuple[str, ...]) -> None:
        self._checkout, self._root, self._generated = checkout, root, generated

    def source(self, one: Attested) -> Source:
        path, loose = _plain(one.path)
        within = self._within(path, loose=loose)
        if within is None:
            return self._told(one, Status.OUTSIDE, None)
        file = self._checkout.find(within, loose=loose)
        if file is None:
            made = any(fnmatchcase(within, pattern) for pattern in self._generated) or within.startswith("<")
            return self._told(one, Status.GENERATED if made else Status.MISSING, within)
        if one.algorithm is None or one.digest is None:
            return self._told(one, Status.UNKNOWN, file, reason=one.why)
        try:
            found, others = self._checkout.digests(file, one.algorithm)
        except OSError as error:
            return self._told(one, Status.UNKNOWN, file, reason=f"cannot be read: {error.strerror}")
        if found == one.digest:
            return self._told(one, Status.MATCHED, file, found)
        if one.digest in others:
            return self._told(one, Status.LINE_ENDINGS, file, found, others[one.digest])
        return self._told(one, Status.CHANGED, file, found)

    def _within(self, path: str, *, loose: bool) -> str | None:
        """Return the path relative to the folder of the build; None when it is not below it."""
        if self._root is None or path.startswith("../"):
            return None
        if self._root == "":
            return None if path.startswith("/") or path[1:2] == ":" else path
        start = self._root.rstrip("/") + "/"
        given, wanted = (path.casefold(), start.casefold()) if loose else (path, start)
        return path[len(start):] if given.startswith(wanted) else None

    @staticmethod
    def _told(one: Attested, status: Status, file: str | None, found: str | None = None, reason: str = "") -> Source:
        return Source(one.path, status, file, one.algorithm, one.digest, found, reason)
