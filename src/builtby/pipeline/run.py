"""One run: targets in, records out."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from time import monotonic

import msgspec

from builtby.advisories.judge import Judge
from builtby.advisories.store import open_store
from builtby.model import AdvisoryData, Artifact, Present, Record, Skipped, Target, text
from builtby.packages.buildinfo_store import lookup
from builtby.pipeline.attribute import PACKAGED, Attribution, System, root_of
from builtby.pipeline.filters import Filters
from builtby.pipeline.found import Collector, Found, Spool
from builtby.pipeline.image import FolderLayout, TarLayout, folder_layout, image_records, records, tar_layout
from builtby.pipeline.inspect import Inspector
from builtby.pipeline.layer import LayerFound
from builtby.pipeline.layers import Layers
from builtby.pipeline.options import Options, Progress, Settings
from builtby.pipeline.streamed import PEEK, StreamedLayout, is_image
from builtby.pipeline.tree import Walk
from builtby.pipeline.workers import Crew, Files, inspect_file, inspect_files, inspect_stream, inspector, lost_files
from builtby.sources.base import Damaged
from builtby.sources.images import Broken, Image, images
from builtby.sources.stream import file_chunks

BEAT = 0.1
"""Seconds between two reports of progress."""


class Run:
    """The state of one run over several targets."""

    def __init__(self, refs: tuple[str, ...], options: Options, progress: Callable[[Progress], None] | None) -> None:
        self.targets: list[Target] = []
        self._refs, self._options, self._settings = refs, options, Settings.of(options)
        self._lookup = lookup(options.buildinfo, offline=options.offline) if options.buildinfo else None
        self._crew = Crew(options.jobs, options.executor)
        self._report, self._beat = progress, 0.0
        self._files = self._bytes = self._artifacts = 0
        self._systems: dict[Path, System] = {}
        self.advisories: AdvisoryData | None = None

    def records(self) -> Iterator[Record]:
        """Yield the records of all targets, judged by what is known of their tools."""
        judge = Judge(open_store())
        with closing(self._crew):
            for record in chain.from_iterable(map(self._of_target, self._refs)):
                if isinstance(record, Artifact):
                    yield judge.artifact(record)
                elif isinstance(record, Present):
                    yield judge.present(record)
                else:
                    yield record
        self.advisories = judge.info

    def _of_target(self, ref: str) -> Iterator[Record]:
        try:
            yield from self._target(ref)
        except OSError as error:
            yield Skipped(self._new(ref, "file"), "", f"cannot be read: {error.strerror or error}")

    def _target(self, ref: str) -> Iterator[Record]:
        if ref == "-":
            yield from self._stdin()
            return
        path = Path(ref)
        if path.is_dir():
            layout = folder_layout(path)
            yield from self._directory(ref, path) if layout is None else self._image(ref, layout)
        elif path.is_file():
            yield from self._file(ref, path)
        elif path.exists():
            yield Skipped(self._new(ref, "file"), "", "neither a file nor a directory; give `-` to read standard input")
        else:
            yield Skipped(self._new(ref, "file"), "", "there is no such file or directory")

    def _new(self, ref: str, kind: str, digest: str | None = None) -> int:
        self.targets.append(Target(_shown(ref), kind, digest))
        return len(self.targets) - 1

    # Directories

    def _directory(self, ref: str, path: Path) -> Iterator[Record]:
        number = self._new(ref, "directory")
        resolved = path.resolve()
        attribution = self._attribution(number, resolved)
        walk = Walk(str(resolved), Filters(self._settings, Collector()))
        work = (Files(self._settings, str(resolved), attribution.prefix, batch.paths) for batch in walk.batches())
        for files, parts in self._crew.run(inspect_files, work, lost_files):
            for found in parts:
                attribution.take(found)
            for found in parts:
                yield from self._emit(found, attribution, number, files.paths[-1])
            yield from self._numbered(walk.take(), number)
        yield from self._numbered(walk.take(), number)
        yield from attribution.present()

    def _attribution(self, number: int, folder: Path) -> Attribution:
        """Return the attribution for a target on this machine's disk, with the databases of the system around it."""
        root = root_of(folder)
        if root is None or (root != folder and folder.relative_to(root).parts[0] not in PACKAGED):
            return Attribution(number, self._lookup)
        prefix = "" if root == folder else f"{folder.relative_to(root).as_posix()}/"
        if root not in self._systems:
            self._systems[root] = System.at(root)
        return Attribution(number, self._lookup, prefix, self._systems[root])

    @staticmethod
    def _numbered(skipped: list[Skipped], number: int) -> Iterator[Skipped]:
        return (msgspec.structs.replace(item, target=number) for item in skipped)

    # Files and streams

    def _file(self, ref: str, path: Path) -> Iterator[Record]:
        with path.open("rb") as file:
            layout = tar_layout(path, file)
            if layout is not None:
                yield from self._image(ref, layout)
                return
            file.seek(0)
            if is_image(file.read(PEEK)):
                file.seek(0)
                yield from self._streamed_image(ref, file_chunks(file))
                return
        number = self._new(ref, "file")
        resolved = path.resolve()
        attribution = self._attribution(number, resolved.parent)
        yield from self._one(
            number, attribution, lambda worker: inspect_file(worker, str(resolved), path.name, None),
        )

    def _stdin(self) -> Iterator[Record]:
        begun = sys.stdin.buffer.read(PEEK)
        chunks = chain([begun], file_chunks(sys.stdin.buffer))
        if is_image(begun):
            yield from self._streamed_image("-", chunks)
            return
        number = self._new("-", "stdin")
        yield from self._one(number, Attribution(number, self._lookup), lambda worker: inspect_stream(worker, chunks))

    def _one(self, number: int, attribution: Attribution, look: Callable[[Inspector], None]) -> Iterator[Record]:
        """Look at one file, which may be an archive of any size: findings are put aside until all are there."""
        worker, spool = inspector(self._settings), Spool()
        worker.collector.flush = spool.add
        try:
            look(worker)
        finally:
            worker.collector.flush = None
            spool.add(worker.collector.take())
        for found in spool:
            attribution.take(found)
        for found in spool:
            yield from self._emit(found, attribution, number, self.targets[number].ref)
        yield from attribution.present()

    # Images

    def _streamed_image(self, ref: str, chunks: Iterator[bytes]) -> Iterator[Record]:
        try:
            layout = StreamedLayout(inspector(self._settings), chunks)
        except Damaged as damage:
            yield Skipped(self._new(ref, "docker-archive"), "", str(damage))
            return
        yield from self._images(ref, layout, lambda image: [layout.layer(layer.member) for layer in image.layers])

    def _image(self, ref: str, layout: FolderLayout | TarLayout) -> Iterator[Record]:
        yield from self._images(ref, layout, Layers(self._settings, self._crew, layout, self._looked_at).of)

    def _images(
        self, ref: str, layout: FolderLayout | TarLayout | StreamedLayout, look: Callable[[Image], list[LayerFound]],
    ) -> Iterator[Record]:
        try:
            for image in images(layout.has, layout.blob):
                if isinstance(image, Broken):
                    number = self._new(ref, layout.kind, image.name or None)
                    yield Skipped(number, "", f"the image cannot be put together: {image.reason}", image.expected)
                else:
                    yield from self._one_image(ref, image, layout, look)
        except Damaged as damage:
            yield Skipped(self._new(ref, layout.kind), "", f"the image is damaged: {damage}")

    def _one_image(
        self, ref: str, image: Image, layout: FolderLayout | TarLayout | StreamedLayout,
        look: Callable[[Image], list[LayerFound]],
    ) -> Iterator[Record]:
        number = self._new(ref if image.ref is None else f"{ref}:{image.ref}", layout.kind, image.digest)
        attribution = Attribution(number, self._lookup)
        yield from image_records(image, inspector(self._settings).identifier, layout.blob, number)
        names = [layer.name for layer in image.layers]
        yield from self._counted(records(look(image), names, attribution, number))
        yield from attribution.present()

    def _looked_at(self, size: int, name: str) -> None:
        self._bytes += size
        self._tell(name)

    # Telling

    def _counted(self, records: Iterator[Record]) -> Iterator[Record]:
        for record in records:
            self._artifacts += isinstance(record, Artifact)
            yield record

    def _emit(self, found: Found, attribution: Attribution, number: int, current: str) -> Iterator[Record]:
        self._files += found.files
        self._bytes += found.bytes
        self._artifacts += len(found.artifacts)
        self._tell(current)
        yield from (attribution.artifact(artifact, found.modified) for artifact in found.artifacts)
        yield from self._numbered(found.skipped, number)

    def _tell(self, current: str) -> None:
        now = monotonic()
        if self._report is not None and now - self._beat >= BEAT:
            self._beat = now
            self._report(Progress(self._files, self._bytes, self._artifacts, current))


def _shown(ref: str) -> str:
    """Return a path as text; what no file system can hold is escaped as well."""
    try:
        return text(os.fsencode(ref))
    except UnicodeEncodeError:
        return text(ref)
