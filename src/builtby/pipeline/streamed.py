"""Images that go by once, on standard input or compressed: their blobs come before the manifest that joins them."""

from collections.abc import Iterator

from builtby.pipeline.budget import Budget
from builtby.pipeline.image import MEMBERS, joined
from builtby.pipeline.inspect import Inspector
from builtby.pipeline.layer import LayerFound, look, missing
from builtby.sources.base import Damaged, Member, Stream
from builtby.sources.compressed import plain_chunks
from builtby.sources.images import JSON_LIMIT, LAYERS, LAYOUT
from builtby.sources.stream import ChunkStream, Prepended, metered, stream_chunks
from builtby.sources.tar import BLOCK, is_tar, read

PEEK = 64 << 10
SMALL = 64 << 20
"""Bytes of manifests, configurations and statements that are kept until they are put together."""


def is_image(begun: bytes) -> bool:
    """Whether a file that begins so is an image's archive, compressed or not: the first member's name tells."""
    stream = ChunkStream(plain_chunks(begun, iter([begun])))
    try:
        block = stream.read(BLOCK)
        if not is_tar("", block):
            return False
        first = next(iter(read(Prepended(block, stream), lambda _kind, _text: None)), None)
    except Damaged:
        return False
    return first is not None and LAYOUT.match(first[0].path) is not None


class StreamedLayout:
    """An image's archive that went by: its small members kept, its layers looked at on the way."""

    kind = "docker-archive"

    def __init__(self, worker: Inspector, chunks: Iterator[bytes]) -> None:
        self._names: set[str] = set()
        self._budget, self._held = Budget(), 0
        self._worker = worker
        self._small: dict[str, bytes] = {}
        self._layers: dict[str, LayerFound] = {}
        self._links: dict[str, str] = {}
        begun = next(chunks, b"")
        self._read(metered(ChunkStream(plain_chunks(begun, _chain(begun, chunks))), self._budget.spend))

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._names

    def _read(self, stream: Stream) -> None:
        for member, body in read(stream, lambda _kind, _text: None):
            name = member.path.removeprefix("./")
            self._names.add(name)
            if len(self._names) > MEMBERS:
                raise Damaged(f"an image's archive with more than {MEMBERS} members")
            if member.kind in ("symlink", "hardlink"):
                self._links[name] = member.link if member.kind == "hardlink" else joined(name, member.link)
            elif member.kind == "file":
                self._member(name, member, body)

    def _member(self, name: str, member: Member, body: Stream) -> None:
        head = body.read(BLOCK)
        if head[:1] in (b"{", b"[") and not is_tar(name, head):
            if (member.size or 0) <= JSON_LIMIT:
                self._keep(name, head + body.read(JSON_LIMIT))
        elif name not in ("VERSION", "repositories") and not name.endswith("/VERSION"):
            if len(self._layers) >= LAYERS:
                raise Damaged(f"an image's archive with more than {LAYERS} layers")
            found = self._layers[name] = LayerFound()
            found.budget = self._budget
            chunks = stream_chunks(Prepended(head, body))
            look(self._worker, plain_chunks(head, chunks), name.removesuffix("/layer.tar"), found)

    def _keep(self, name: str, data: bytes) -> None:
        self._held += len(data)
        if self._held > SMALL:
            raise Damaged(f"an image's archive with more than {SMALL >> 20} MiB of JSON")
        self._small[name] = data

    def blob(self, name: str) -> bytes:
        """Return a small member's bytes. Raises Damaged."""
        if name not in self._small:
            raise Damaged(f"{name[:100]} is not in the archive")
        return self._small[name]

    def layer(self, name: str) -> LayerFound:
        """Return what was found in a layer; one that is not there is told in its place."""
        found = self._layers.get(self._links.get(name, name))
        return missing(name[:100], "it is not in the archive") if found is None else found


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
