"""Looks at a build's surroundings before it, while it runs, and after it. Linux only."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from builtby.builds.events import Event
from builtby.builds.hashing import Digest
from builtby.builds.learnt import Learnt
from builtby.builds.model import Change, FileUse
from builtby.builds.watch import gitindex, snapshot
from builtby.builds.watch.inotify import Inotify, most_watches
from builtby.builds.watch.kept import KeptSources
from builtby.builds.watch.places import roots
from builtby.builds.watch.sources import baseline
from builtby.builds.watch.uses import Uses
from builtby.builds.watch.verdict import judged
from builtby.builds.watch.watched import Watched


class Watch:
    """One build's surroundings. Made before the build starts: from then on nothing is missed."""

    def __init__(self, folder: Path, environment: Mapping[str, str], leave_out: Path, *,
                 sources: KeptSources | None = None, digests: Mapping[tuple[int, int, int, int], Digest] | None = None,
                 learnt: Learnt | None = None) -> None:
        """Take the baseline. `leave_out`: the record's own folder, in which no change is one."""
        self._own = str(leave_out.resolve())
        self._told: list[str] = []
        self._learnt = learnt or Learnt()
        self._digests = digests or {}
        self._search = environment.get("PATH", os.defpath)
        checkout = gitindex.top(folder)
        self._roots = roots(folder, checkout, _git(checkout), environment)
        self._sources = baseline(folder, sources, (self._own,))
        self._told += self._sources.told
        self._inotify = self._watched()
        self._places, self._tools = self._snapshots()

    def _watched(self) -> Inotify | None:
        """Watch the folders of the sources; what changed since the baseline was taken is seen by its ctime."""
        if not self._sources.files:
            return None
        try:
            found = Inotify()
        except OSError as error:
            self._told.append(f"changes while they happen: inotify is not available here ({error.strerror}); "
                              "they are seen by comparing before with after")
            return None
        missed = found.watch(_folders(self._sources.files, self._sources.root), dict(self._sources.files))
        if missed:
            self._told.append(f"changes while they happen in {missed:,} source folders: one user may watch "
                              f"{most_watches()} (fs.inotify.max_user_watches)")
        return found

    def _snapshots(self) -> tuple[dict[str, snapshot.Seen], dict[str, snapshot.Seen]]:
        return (snapshot.persistence(self._roots, leave_out=self._own),
                snapshot.toolchain(self._roots, self._search, self._digests, learnt=self._learnt))

    def through(self, tell: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a taker of events that also empties the kernel's queue of changes, now and then."""
        watching = self._inotify
        if watching is None:
            return tell

        def told(event: Event) -> None:
            watching.tick()
            tell(event)

        return told

    def finish(self, uses: Iterable[FileUse]) -> Watched:
        """Look again when the build has ended, and say what changed; `uses`: what programs did with files."""
        known = Uses(uses, self._sources.files)
        found: list[Change] = []
        if self._inotify:
            self._inotify.drain()
        found += judged(self._sources, self._inotify, known)
        if self._inotify:
            if self._inotify.overflowed:
                self._told.append("some changes while they happened: there were more than the kernel holds "
                                  "(fs.inotify.max_queued_events)")
            self._inotify.close()
        places, tools = self._snapshots()
        sources = {change.path for change in found}
        for before, after, place in ((self._places, places, "persistence"), (self._tools, tools, "toolchain")):
            found += (known.blamed(change) for change in snapshot.changes(before, after, place)
                      if place == "persistence" or change.path not in sources)
        return Watched(tuple(found), tuple(self._told))

    def abandon(self) -> None:
        """Watch no more: nothing was run."""
        if self._inotify:
            self._inotify.close()


def _git(checkout: Path | None) -> Path | None:
    if checkout is not None:
        with suppress(gitindex.NoIndexError):
            return gitindex.git_folder(checkout)
    return None


def _folders(files: Iterable[str], root: str) -> list[str]:
    """Return the folders of files, and those above them up to the root, sorted."""
    found = {root}
    for folder in {path[: path.rindex("/")] for path in files}:
        while folder.startswith(root) and folder not in found:
            found.add(folder)
            folder = folder[: folder.rindex("/")]  # noqa: PLW2901
    return sorted(found)
