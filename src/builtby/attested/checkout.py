"""A checkout: which of its files a path of a build means, and what it holds, with other line ends too."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

LARGEST = 64 << 20
"""Bytes of a source that are read."""
MOST_FILES = 2_000_000
_SKIPPED = frozenset((".git", ".hg", ".svn"))
_MARK = b"\xef\xbb\xbf"


class Checkout:
    """The files below a folder. Links are followed to files, not to folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        self._files: dict[str, str] = {}
        for path in _walk(root):
            self._files.setdefault(path.casefold(), path)
            self._by_name[path.rpartition("/")[2].casefold()].append(path)

    def find(self, path: str, *, loose: bool) -> str | None:
        """Return a file by its path relative to the checkout. `loose`: whatever the case of its letters."""
        if (self.root / path).is_file():
            return path
        return self._files.get(path.casefold()) if loose else None

    def root_of(self, path: str, *, loose: bool) -> list[str]:
        """Return the folders of the build that would stand for the checkout if `path` is one of its files."""
        found = []
        given = path.casefold() if loose else path
        for known in self._by_name.get(path.rpartition("/")[2].casefold(), ()):
            wanted = known.casefold() if loose else known
            if given == wanted:
                found.append("")
            elif given.endswith(f"/{wanted}"):
                found.append(path[: -len(wanted)].rstrip("/") or "/")
        return found

    def digests(self, path: str, algorithm: str) -> tuple[str, dict[str, str]]:
        """Return the digest of a file, and of what it would be with other line ends: digest to words.

        Raises OSError when it cannot be read.
        """
        with (self.root / path).open("rb") as file:
            raw = file.read(LARGEST)
        plain = raw.removeprefix(_MARK)
        unix = plain.replace(b"\r\n", b"\n")
        windows = unix.replace(b"\n", b"\r\n")
        others = {
            "the compiler read LF, the checkout has CRLF": unix, "the compiler read CRLF, the checkout has LF": windows,
            "the compiler read it without a byte order mark": plain,
            "the compiler read it with a byte order mark": _MARK + plain,
            "the compiler read LF and a byte order mark": _MARK + unix,
            "the compiler read CRLF and a byte order mark": _MARK + windows,
        }
        return _digest(raw, algorithm), {
            _digest(data, algorithm): words for words, data in reversed(others.items()) if data != raw}


def _digest(data: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def _walk(root: Path) -> Iterable[str]:
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        within = Path(folder).relative_to(root).as_posix()
        for name in sorted(files):
            count += 1
            if count > MOST_FILES:
                return
            yield name if within == "." else f"{within}/{name}"


def roots(checkout: Checkout, paths: Iterable[tuple[str, bool]]) -> str | None:
    """Return the folder of the build that most paths agree stands for the checkout; None when no path fits."""
    votes: Counter[str] = Counter()
    for path, loose in paths:
        votes.update(set(checkout.root_of(path, loose=loose)))
    if not votes:
        return None
    return max(votes, key=lambda root: (votes[root], -len(root), root))
