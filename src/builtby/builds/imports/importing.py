"""Makes a build record of other recorders' logs."""

import os
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby._version import __version__
from builtby.builds.book import EVENTS, RECORD, put
from builtby.builds.detect import findings
from builtby.builds.encoding import encode, showable
from builtby.builds.events import Absent, Event
from builtby.builds.gather import Gatherer
from builtby.builds.hashing import Hasher
from builtby.builds.imports.auditd import Auditd
from builtby.builds.imports.falco import Falco
from builtby.builds.imports.here import identified
from builtby.builds.imports.read import Trouble, documents
from builtby.builds.imports.scene import Scene, TooMuchError
from builtby.builds.imports.source import Source
from builtby.builds.imports.tetragon import Tetragon
from builtby.builds.imports.tracee import Tracee
from builtby.builds.masking import Masker
from builtby.builds.model import SCHEMA, Process, Record

SOURCES: dict[str, type[Source]] = {source.name: source for source in (Tetragon, Falco, Tracee, Auditd)}
ALWAYS = (
    "whether the log is whole: nothing in it tells what its recorder did not see, dropped or was not asked to write",
    "sources, toolchain and places of persistence before and after the build: they were not compared",
)
FAULTS = (ValueError, TypeError, LookupError, OverflowError)
ODD = "an event with values that its recorder never writes"
UNKNOWN = "no event of Tetragon, Falco, Tracee or auditd"


class Imported(NamedTuple):
    """A record that was made of logs. `troubles`: what could not be read, in words; `idle`: events without use here."""

    record: Record
    troubles: tuple[str, ...]
    events: int
    idle: int


class _Importer:
    """Hands documents to the source that knows them."""

    def __init__(self, scene: Scene, form: str | None) -> None:
        self._scene, self._form = scene, form
        self.used: dict[str, Source] = {}
        self.count: Counter[bool] = Counter()

    def take(self, document: object) -> bool:
        """Take a document; False when it is of no known kind."""
        source = self._source(document)
        if source is not None:
            self.count[source.take(document)] += 1
        return source is not None

    def _source(self, document: object) -> Source | None:
        for name, kind in SOURCES.items():
            fits = self._form in (None, name) and isinstance(document, bytes if name == Auditd.name else dict)
            if fits and kind.recognises(document):
                return self.used.setdefault(name, kind(self._scene))
        return None

    def finish(self) -> None:
        """Take in what was held back."""
        for source in self.used.values():
            source.finish()


def import_logs(files: list[Path], folder: Path, form: str | None = None, *, same_machine: bool = False) -> Imported:
    """Read logs in the order given, and write the record of what they tell to a folder.

    `form`: `tetragon`, `falco`, `tracee` or `auditd`; None: as each line shows. `same_machine`: the log is of this
    machine, whose files then tell which tools ran. Raises OSError when the record cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    gatherer = Gatherer(lambda _path: "")
    (folder / RECORD).unlink(missing_ok=True)
    with (folder / EVENTS).open("wb") as log:
        def tell(event: Event) -> None:
            gatherer.take(event)
            if not isinstance(event, Absent):
                log.write(encode(event) + b"\n")

        scene = Scene(tell, Masker(os.environ))
        importer = _Importer(scene, form)
        troubles = _read(files, importer)
    record = _record(gatherer, scene, importer, troubles, same_machine=same_machine)
    put(folder, RECORD, record)
    return Imported(record, troubles, importer.count.total(), importer.count[False])


def _read(files: list[Path], importer: _Importer) -> tuple[str, ...]:
    troubles = []
    for file in files:
        trouble = Trouble(str(file))
        try:
            for number, document in documents(file, trouble):
                try:
                    if not importer.take(document):
                        trouble.add(UNKNOWN, number)
                except FAULTS:
                    trouble.add(ODD, number)
        except TooMuchError as error:
            trouble.add(f"{error}: the rest was not read")
        try:
            importer.finish()
        except FAULTS:
            trouble.add(ODD)
        if trouble.count:
            troubles.append(str(trouble))
    return tuple(troubles)


def _record(gatherer: Gatherer, scene: Scene, importer: _Importer, troubles: tuple[str, ...], *,
            same_machine: bool) -> Record:
    processes, unknown = identified(gatherer.processes(), same_machine=same_machine)
    first = next((one for one in processes if one.argv and one.parent == 0), None)
    cannot = [f"{name}: {text}" for name, source in sorted(importer.used.items()) for text in source.cannot]
    record = Record(
        SCHEMA, "+".join(f"import:{name}" for name in sorted(importer.used)) or "import", False,
        (*(f"not readable: {one}" for one in troubles), *ALWAYS, *unknown, *cannot), first.argv if first else (),
        (first.cwd if first else None) or "", _code(processes, first),
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(scene.began or 0.0)),
        round(scene.ended - (scene.began or scene.ended), 3), {"system": "Linux", "builtby": __version__},
        processes=processes, files=gatherer.files(Hasher()), network=gatherer.network(), notable=gatherer.notable(),
        environments=gatherer.environments())
    record = showable(record)
    return msgspec.structs.replace(record, findings=findings(record))


def _code(processes: tuple[Process, ...], first: Process | None) -> int | None:
    """Return the exit code of the first program, or of what replaced it."""
    last = first
    for one in processes:
        if last is not None and one.replaces == last.id:
            last = one
    return last.exit_code if last else None
