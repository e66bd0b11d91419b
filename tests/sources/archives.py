"""What the tests of archive readers share."""

import gzip
from pathlib import Path

from builtby.sources.base import Container, Member, Note
from builtby.sources.stream import ChunkStream, stream_chunks
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archives"


def silent(_kind: str, _text: str) -> None:
    """A note that nobody reads."""


def every(_path: bytes) -> bool:
    """No member is unwanted."""
    return False


def stream_of(data: bytes, step: int = 7) -> ChunkStream:
    """A stream whose pieces end in the middle of everything."""
    return ChunkStream(data[at : at + step] for at in range(0, len(data), step))


def all_of(container: Container, data: bytes, note: Note = silent, *, view: bool = False) -> dict[str, bytes]:
    """Return every file of an archive with its bytes."""
    members = container.view(BytesView(data), note, every) if view and container.view else \
        container.stream(stream_of(data), note)
    found: dict[str, bytes] = {}
    for member, stream in members:
        if member.kind == "file":
            found[member.path] = b"".join(stream_chunks(stream))
    return found


def members_of(container: Container, data: bytes) -> list[Member]:
    """Return every member, with nothing read of it."""
    return [member for member, _ in container.stream(stream_of(data), silent)]


def unpacked(name: str) -> bytes:
    """A fixture's bytes, without their gzip."""
    return gzip.decompress((FIXTURES / name).read_bytes())


