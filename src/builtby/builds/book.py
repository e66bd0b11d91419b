"""A record's folder: the log grows while the build runs, and the record is there whole or says that it is not."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from builtby._version import __version__
from builtby.builds.detect import findings
from builtby.builds.encoding import encode, showable
from builtby.builds.events import Absent, Event
from builtby.builds.gather import Gatherer
from builtby.builds.hashing import Hasher
from builtby.builds.identify import known_tools
from builtby.builds.learnt import Learnt
from builtby.builds.model import SCHEMA, Record
from builtby.builds.unseen import CANNOT
from builtby.builds.watch.watched import Watch, Watched

RECORD, EVENTS, PROVENANCE = "record.json", "events.ndjson", "provenance.json"
UNFINISHED = "everything after the last event of the log: the recorder was stopped before the build ended"

class NotARecordError(ValueError):
    """A folder holds no build record, or one that cannot be read."""


class Book:
    """Writes one record. Made before the build starts, so that a folder that cannot be written stops nothing half-way.

    `reach`: where a path of the build's is found from here. Raises OSError when the folder cannot be made or written.
    """

    def __init__(self, folder: Path, command: tuple[str, ...], backend: str, reach: Callable[[str], str] = str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._began = folder, time.time()
        self._gatherer = Gatherer(reach)
        self._record = Record(
            SCHEMA, backend, False, (UNFINISHED, *CANNOT), command, str(Path.cwd()), None,
            _day(self._began), 0.0, _host())
        for name in (RECORD, PROVENANCE):
            (folder / name).unlink(missing_ok=True)
        self._log = os.open(folder / EVENTS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o666)
        put(self._folder, RECORD, self._record)

    def take(self, event: Event) -> None:
        """Log an event and take it in. What was logged stays, even if this process is killed at once."""
        if not isinstance(event, Absent):
            line = encode(event) + b"\n"
            if os.write(self._log, line) != len(line):
                raise OSError(28, "the log could not be written whole")
        self._gatherer.take(event)

    def finish(self, status: int, seconds: float, lost: dict[str, int], survivors: tuple[int, ...],
               watch: Watch | None = None, settle: Callable[[Record], Record] | None = None,
               cannot: tuple[str, ...] = CANNOT, learnt: Learnt | None = None, hasher: Hasher | None = None) -> Record:
        """Write the record, and return it.

        `watch` tells what changed around the build; `settle` has the last word on what was found; `cannot` is what
        the back end does not see; `learnt` is what earlier builds tell of tools; `hasher` knows what was read.
        """
        os.close(self._log)
        gathered, unseen = self._gatherer, tuple(f"{what} ({count})" for what, count in sorted(lost.items()))
        files = gathered.files(hasher or Hasher())
        watched = watch.finish(files) if watch else Watched((), ())
        self._record = showable(msgspec.structs.replace(
            self._record, complete=not lost, unobserved=(*unseen, *watched.unobserved, *cannot), exit_code=status,
            seconds=round(seconds, 3), processes=known_tools(gathered.processes(), learnt), files=files,
            network=gathered.network(), notable=gathered.notable(), environments=gathered.environments(),
            survivors=survivors, changes=watched.changes))
        self._record = msgspec.structs.replace(self._record, findings=findings(self._record))
        if settle is not None:
            self._record = settle(self._record)
        put(self._folder, RECORD, self._record)
        return self._record

    def discard(self, *, folder: bool) -> None:
        """Take everything back, for nothing was run. `folder`: the folder was made for this."""
        os.close(self._log)
        for name in (EVENTS, RECORD):
            (self._folder / name).unlink(missing_ok=True)
        if folder:
            self._folder.rmdir()

    def add(self, name: str, document: object) -> None:
        """Write another document beside the record."""
        put(self._folder, name, document)


def put(folder: Path, name: str, document: object) -> None:
    """Put a document in its place in a record's folder, whole or not at all. Raises OSError."""
    draft = folder / f".{name}.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.format(encode(document), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)


def read(folder: Path) -> Record:
    """Return the record in a folder, or in the file that is named. Raises NotARecordError."""
    file = folder / RECORD if folder.is_dir() else folder
    try:
        record = msgspec.json.decode(file.read_bytes(), type=Record)
    except OSError as error:
        raise NotARecordError(f"no build record at {folder}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotARecordError(f"{file} is no build record: {error}") from error
    if record.schema != SCHEMA:
        raise NotARecordError(f"{file} is {record.schema!r}, not {SCHEMA!r}")
    return record


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _host() -> dict[str, str]:
    return {"system": platform.system(), "kernel": platform.release(), "machine": platform.machine(),
            "builtby": __version__}
