"""One layer of an image: streamed, every file of it looked at as it goes by."""

import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from builtby.model import Skipped
from builtby.pipeline.archives import UNREAD, tidy
from builtby.pipeline.budget import Budget
from builtby.pipeline.found import Found, Spool
from builtby.pipeline.inspect import Inspector
from builtby.pipeline.options import ENTRIES, EXPANDED, FOLDERS, Settings
from builtby.pipeline.overlay import LayerPaths
from builtby.pipeline.place import Place
from builtby.pipeline.workers import DIED, inspector
from builtby.sources.ahead import ahead
from builtby.sources.base import Damaged, Stream
from builtby.sources.compressed import plain_chunks
from builtby.sources.stream import ChunkStream, file_chunks, metered
from builtby.sources.tar import read

HELD = 256 << 10
"""Bytes of a layer's findings that are held in memory; an image may have hundreds of layers."""


class LayerWork(NamedTuple):
    """A layer that stands in a file of the disk, from `offset` on."""

    settings: Settings
    file: str
    offset: int
    size: int
    name: str
    member: str
    threaded: bool
    entries: int = ENTRIES
    expanded: int = EXPANDED


class LayerFound:
    """What a layer holds: its findings, put aside, and what it covers."""

    def __init__(self) -> None:
        self.spool, self.paths = Spool(held=HELD), LayerPaths()
        self.budget = Budget()


class _Travelling(msgspec.Struct):
    """LayerFound between processes."""

    findings: str
    entries: bytes
    removed: bytes
    emptied: bytes
    left: tuple[int, int]


def inspect_layer(work: LayerWork) -> bytes:
    """Look at a layer in a worker; `received` makes a LayerFound of what it returns."""
    found = LayerFound()
    found.budget = Budget(work.entries, work.expanded)
    try:
        _read(work, found)
    except OSError as error:
        found.spool.add(_unread(work.name, f"cannot be read: {error.strerror}"))
    return _sent(found)


def lost_layer(work: LayerWork) -> bytes:
    """Return what is said of a layer on which a worker died."""
    return _sent(missing(work.name, DIED))


def _sent(found: LayerFound) -> bytes:
    with tempfile.NamedTemporaryFile(prefix="builtby-", delete=False) as out:
        found.spool.copy_to(out)
    paths = found.paths
    return msgspec.msgpack.encode(_Travelling(
        out.name, paths.entries.tobytes(), paths.removed.tobytes(), paths.emptied.tobytes(), found.budget.left,
    ))


def _read(work: LayerWork, found: LayerFound) -> None:
    with Path(work.file).open("rb") as file:
        file.seek(work.offset)
        head = file.read(8)
        file.seek(work.offset)
        chunks = plain_chunks(head, file_chunks(file, work.size))
        look(inspector(work.settings), ahead(chunks) if work.threaded else chunks, work.name, found)


def received(raw: bytes) -> LayerFound:
    """Return what a worker found."""
    travelled = msgspec.msgpack.decode(raw, type=_Travelling)
    found = LayerFound()
    found.spool = Spool(Path(travelled.findings))
    found.budget = Budget(*travelled.left)
    paths = found.paths
    paths.entries, paths.removed = array("Q", travelled.entries), array("Q", travelled.removed)
    paths.emptied = array("Q", travelled.emptied)
    return found


def missing(name: str, reason: str) -> LayerFound:
    """Return what stands for a layer that is not there."""
    found = LayerFound()
    found.spool.add(_unread(name, reason))
    return found


def _unread(name: str, reason: str) -> Found:
    return Found(skipped=[Skipped(0, "", f"layer {name}: {reason}")])


def look(worker: Inspector, chunks: Iterator[bytes], name: str, found: LayerFound) -> None:
    """Look at a layer's files as they go by, and put the findings aside."""
    worker.collector.flush = found.spool.add
    try:
        _members(worker, ChunkStream(chunks), name, found)
    except Damaged as damage:
        worker.collector.skipped("", f"layer {name}: {damage}")
    finally:
        worker.collector.flush = None
        found.spool.add(worker.collector.take())


def _members(worker: Inspector, stream: Stream, name: str, found: LayerFound) -> None:
    budget, paths = found.budget, found.paths
    for member, body in read(metered(stream, budget.spend), lambda _kind, _text: None):
        budget.entry()
        path = tidy(member.path)
        if path.count("/") > FOLDERS:
            worker.collector.skipped(path, f"more than {FOLDERS} folders deep: not looked at")
            continue
        if not paths.add(path, folder=member.kind == "directory"):
            continue
        if member.kind == "sparse":
            worker.collector.skipped(path, UNREAD[member.kind])
        if member.kind != "file":
            continue
        worker.collector.found.files += 1
        worker.collector.found.bytes += min(member.size or 0, EXPANDED)
        if not worker.filters.excluded(path):
            worker.member(member, body, Place(path, path, budget, tree=True, layer=name, modified=member.mtime))
