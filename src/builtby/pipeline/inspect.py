"""Looks at files, wherever they are: on the disk, or going by in an archive."""

import hashlib
from collections.abc import Callable

from builtby.formats.base import Format
from builtby.formats.registry import HEAD
from builtby.formats.registry import identify as identify_format
from builtby.model import Artifact
from builtby.pipeline.archives import Archives
from builtby.pipeline.budget import Exhausted
from builtby.pipeline.buffers import Buffers
from builtby.pipeline.dull import dull
from builtby.pipeline.filters import Filters
from builtby.pipeline.found import Collector
from builtby.pipeline.identify import Identifier, Verdict, defect
from builtby.pipeline.installed import tells_tool, wanted_bytes
from builtby.pipeline.options import EXPANDED, METADATA_ALL, METADATA_TEXT, Settings
from builtby.pipeline.passing import pass_by
from builtby.pipeline.place import Place
from builtby.sources.base import Container, Damaged, Member, Stream
from builtby.sources.closed import closed
from builtby.sources.registry import identify as identify_container
from builtby.sources.stream import Prepended, fill
from builtby.sources.view import BytesView, FileView, View

AT_ONCE = 4 * HEAD
"""Files up to this size are read whole to see what they are: most classes are no larger."""
SMALL = 64 << 10
"""Smaller files are read at once: to have a buffer for them costs more."""
HASHED = 256 << 10
"""Bytes hashed at a time: they stay in the processor's cache between reading and hashing."""
Named = Callable[[], tuple[str, int]]
"""Gives an archive's digest and size; called only when they are wanted, for it may read all of it."""


class Inspector:
    """Turns files into findings. One for each worker; not for several threads."""

    def __init__(self, settings: Settings, collector: Collector, identifier: Identifier | None = None) -> None:
        self.identifier = identifier or Identifier(settings)
        self.collector = collector
        self.filters = Filters(settings, collector)
        self._archives = Archives(self)
        self._buffers = Buffers()

    def view(self, view: View, head: bytes, place: Place) -> None:
        """Look at a file that can be read by offset, and begins with `head`, unless it is `dull`."""
        container = identify_container(place.inner, head)
        if container is not None:
            self._archives.enter(container, view, place, lambda: (digest_of(view), view.size))
            return
        form = identify_format(place.inner, head)
        if form is None:
            self._not_opened(head, place, view.size)
            return
        if not self.filters.wanted(place.shown, view.size):
            return
        if view.size > EXPANDED:
            self.collector.skipped(place.shown, f"larger than {EXPANDED >> 30} GiB: not read")
            return
        if isinstance(view, FileView) and view.size <= SMALL:
            self._held(form, memoryview(view.read(0, view.size)), place)
        elif isinstance(view, FileView) and view.size <= self._buffers.hold(place.level):
            buffer = self._buffers.take(place.level)
            self._held(form, memoryview(buffer)[: view.load(buffer)], place)
        elif not form.hoist:
            self.artifact(self.identifier.view(form, view, place.inner), place, digest_of(view), view.size)

    def member(self, member: Member, stream: Stream, place: Place) -> None:
        """Look at a member of an archive, whose bytes go by. One that cannot be read stops none of the others."""
        try:
            self._member(member, stream, place)
        except (Exhausted, OSError):
            raise
        except Damaged as damage:
            self.collector.skipped(place.path, str(damage))
        except Exception as error:
            self.collector.skipped(place.path, defect(error))

    def _member(self, member: Member, stream: Stream, place: Place) -> None:
        size = member.size
        head = stream.read(HEAD if size is None or size > AT_ONCE else max(size, HEAD))
        if place.tree:
            stream = self._tree_file(head, stream, place)
        if dull(place.inner, head):
            return
        container = identify_container(place.inner, head)
        if container is not None:
            self._member_archive(container, member, head, stream, place)
            return
        form = identify_format(place.inner, head)
        if form is None:
            self._not_opened(head, place, member.size)
            return
        if not self.filters.wanted(place.shown, member.size):
            return
        data, rest = self._take(member, head, stream, place.level)
        if not rest:
            self._held(form, data, place)
        elif not form.hoist:
            passed = pass_by(self.identifier, form, Prepended(rest, stream), data, member.size, place.inner)
            self.artifact(passed.verdict, place, passed.digest, passed.size)

    def _not_opened(self, head: bytes, place: Place, size: int | None) -> None:
        """Say of an archive that it was not looked into."""
        reason = closed(place.inner, head)
        if reason is not None and self.filters.wanted(place.shown, size):
            self.collector.skipped(place.shown, reason)

    def _member_archive(self, container: Container, member: Member, head: bytes, stream: Stream, place: Place) -> None:
        if container.view is None:
            self._archives.enter(container, Prepended(head, stream), place, None)
            return
        data, rest = self._take(member, head, stream, place.level)
        if rest:
            self._archives.enter(container, Prepended(bytes(data) + rest, stream), place, None)
        else:
            name = lambda: (hashlib.sha256(data).hexdigest(), len(data))  # noqa: E731
            self._archives.enter(container, BytesView(data), place, name)

    def _take(self, member: Member, head: bytes, stream: Stream, level: int) -> tuple[memoryview, bytes]:
        """Hold a member, or its beginning if it is too large; and, if there is more of it, some of that."""
        if member.size is not None and len(head) >= member.size:
            return memoryview(head), b""
        hold = self._buffers.hold(level)
        wanted = max(hold if member.size is None else min(member.size, hold), len(head))
        buffer = self._buffers.take(level)
        buffer[: len(head)] = head
        end = fill(stream, buffer, len(head), wanted)
        return memoryview(buffer)[:end], stream.read(1) if end == hold else b""

    def _tree_file(self, head: bytes, stream: Stream, place: Place) -> Stream:
        """Keep what tells of installed packages and tools; return the stream of what follows the head."""
        if head and tells_tool(place.inner):
            self.collector.installed(place.inner)
        wanted = wanted_bytes(place.inner)
        if not wanted:
            return stream
        data = stream.read(max(wanted - len(head), 0))
        whole = head[:wanted] + data
        if place.budget.metadata(len(whole)):
            self.metadata(place.inner, whole, wanted)
        else:
            most = METADATA_ALL >> 20
            self.collector.skipped(place.path, f"not read: there are more than {most} MiB of package databases")
        return Prepended(data, stream)

    def metadata(self, path: str, data: bytes, wanted: int) -> None:
        """Keep what a file tells of what is installed; one as long as the bound is not the whole of it."""
        if len(data) == wanted >= METADATA_TEXT:
            self.collector.skipped(path, f"a package database of more than {wanted >> 20} MiB; not read")
        else:
            self.collector.metadata(path, data)

    def _held(self, form: Format, data: memoryview, place: Place) -> None:
        if not form.hoist:
            digest, verdict = self.identifier.held(form, data, place.inner)
            self.artifact(verdict, place, digest, len(data))
            return
        view, lent = BytesView(data), place.lent is not None and place.lent.takes(place.inner)
        if form.telling and form.alone and not lent:
            self._told(self.identifier.told(form, view, place.inner, bytes(data[: form.telling])), place, data)
            return
        reading = self.identifier.read(form, view, place.inner)
        if place.lent is not None and lent:
            place.lent.add(reading, self.identifier.engine.search(view, reading.regions), place.inner)
            if reading.problem is not None:
                self.collector.skipped(place.path, reading.problem)
        elif form.alone:
            self._told(self.identifier.of(view, reading), place, data)

    def _told(self, verdict: Verdict, place: Place, data: memoryview) -> None:
        """Report a file that would speak for the archive around it, if there were one."""
        if verdict.built_by or verdict.problem:
            self.artifact(verdict, place, hashlib.sha256(data).hexdigest(), len(data))

    def artifact(self, verdict: Verdict, place: Place, digest: str, size: int) -> None:
        """Report an artifact, and what kept it from being read wholly."""
        if verdict.problem is not None:
            self.collector.skipped(place.shown, verdict.problem)
        if place.modified and not verdict.compiled:
            self.collector.found.modified[place.shown] = place.modified
        self.collector.artifact(Artifact(
            0, place.shown, place.layer, digest, size, verdict.format, None, verdict.built_by, verdict.facts,
        ), verdict.weight)


def digest_of(view: View) -> str:
    """Return the sha256 of all that a view shows."""
    digest, position = hashlib.sha256(), 0
    while piece := view.read(position, HASHED):
        digest.update(piece)
        position += len(piece)
    return digest.hexdigest()
