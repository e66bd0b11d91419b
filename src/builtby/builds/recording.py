"""Records a build with the back end that this machine allows. Linux only."""

import os
from pathlib import Path

from builtby.builds import learnt
from builtby.builds.backend import choose
from builtby.builds.book import PROVENANCE, Book
from builtby.builds.hashing import Hasher, Kept
from builtby.builds.masking import Masker
from builtby.builds.model import Record
from builtby.builds.provenance import provenance
from builtby.builds.seccomp.notify import UnavailableError
from builtby.builds.watch.kept import KeptSources
from builtby.builds.watch.watcher import Watch

__all__ = ["UnavailableError", "record_build"]
SOURCES = "sources"
"""Folder beside the kept digests, with those of sources."""


def record_build(command: list[str], folder: Path, kept: Kept | None = None, backend: str | None = None) -> Record:
    """Run a command to its end, and return the record that is now in `folder`.

    `kept`: digests of earlier builds, which are believed and added to. `backend`: `seccomp-notify` or `strace`; None:
    the better one of those that work here.
    Raises UnavailableError, without having run anything, when builds cannot be recorded here, and OSError when the
    record cannot be written: the build was then stopped.
    """
    chosen = choose(backend)
    masker = Masker(os.environ)
    new = not folder.exists()
    book = Book(folder, masker.argv(command), chosen.name)
    digests = kept.load() if kept else {}
    hasher, memory = Hasher(digests), remembered(kept)
    watch = Watch(Path.cwd(), os.environ, folder, sources=KeptSources(kept.file.parent / SOURCES) if kept else None,
                  digests=digests, learnt=memory)
    try:
        outcome = chosen.run(command, watch.through(book.take), masker, hasher)
    except UnavailableError:
        watch.abandon()
        book.discard(folder=new)
        raise
    record = book.finish(outcome.status, outcome.seconds, outcome.lost, outcome.survivors, watch,
                         cannot=chosen.unobserved(), learnt=memory, hasher=hasher)
    book.add(PROVENANCE, provenance(record))
    if kept is not None:
        keep(record, kept, hasher, memory)
    return record


def remembered(kept: Kept | None) -> learnt.Learnt:
    """Return what earlier builds taught of tools, beside digests that are kept."""
    return learnt.load(kept.file.with_name(learnt.FILE) if kept else None)


def keep(record: Record, kept: Kept, hasher: Hasher, memory: learnt.Learnt) -> None:
    """Keep what later builds need not find out; what the build itself wrote to is taken away, for it may be forged."""
    other = kept.file.with_name(learnt.FILE)
    if not _touched(record, kept.file):
        kept.save(hasher.worth_keeping())
    if not _touched(record, other):
        learnt.save(memory, other)


def _touched(record: Record, file: Path) -> bool:
    """Whether the build itself wrote to a file with what is kept: then that is taken away."""
    path = str(file.resolve())
    found = any(path in (use.path, use.to) and use.access not in ("read", "remove") for use in record.files)
    if found:
        file.unlink(missing_ok=True)
    return found
