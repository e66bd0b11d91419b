"""Records a build with the back end that this machine allows. Linux only."""

import os
from pathlib import Path

from builtby.builds.book import PROVENANCE, Book
from builtby.builds.masking import Masker
from builtby.builds.model import Record
from builtby.builds.provenance import provenance
from builtby.builds.seccomp.notify import UnavailableError
from builtby.builds.seccomp.supervisor import Supervisor

__all__ = ["UnavailableError", "record_build"]
BACKEND = "seccomp-notify"


def record_build(command: list[str], folder: Path) -> Record:
    """Run a command to its end, and return the record that is now in `folder`.

    Raises UnavailableError, without having run anything, when builds cannot be recorded here, and OSError when the
    record cannot be written: the build was then stopped.
    """
    masker = Masker(os.environ)
    new = not folder.exists()
    book = Book(folder, masker.argv(command), BACKEND)
    try:
        outcome = Supervisor(command, book.take, masker).run()
    except UnavailableError:
        book.discard(folder=new)
        raise
    record = book.finish(outcome.status, outcome.seconds, outcome.lost, outcome.survivors)
    book.add(PROVENANCE, provenance(record))
    return record
