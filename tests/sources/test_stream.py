"""Streams: the same bytes, however they are asked for."""

import hashlib
import io

import pytest

from builtby.sources.stream import (
    ChunkStream,
    HashedChunks,
    Prepended,
    ViewStream,
    file_chunks,
    fill,
    metered,
    pieces,
    stream_chunks,
)
from builtby.sources.view import BytesView
from tests.sources.archives import stream_of

DATA = bytes(range(256)) * 3


@pytest.mark.parametrize("stream", [
    stream_of(DATA), Prepended(DATA[:100], stream_of(DATA[100:])), Prepended(b"", stream_of(DATA)),
    Prepended(DATA, stream_of(b"")), ViewStream(BytesView(DATA)), metered(ViewStream(BytesView(DATA)), lambda _: None),
], ids=["chunks", "prepended", "nothing", "all", "view", "metered"])
def test_reading_and_skipping_in_any_measure(stream: ChunkStream) -> None:
    assert stream.read(3) == DATA[:3]
    assert stream.skip(90) == 90
    assert stream.read(50) == DATA[93:143]
    assert stream.skip(0) == 0
    assert b"".join(bytes(piece) for piece in pieces(stream, 57)) == DATA[143:200]
    assert stream.skip(10_000) == len(DATA) - 200
    assert stream.read(10) == b""
    assert stream.skip(10) == 0


def test_a_buffer_is_filled_as_far_as_there_is_something() -> None:
    buffer = bytearray(1000)
    assert fill(stream_of(DATA), buffer, 100, 1000) == 100 + len(DATA)
    assert bytes(buffer[100 : 100 + len(DATA)]) == DATA


def test_a_meter_is_told_of_everything_once() -> None:
    told: list[int] = []
    stream = metered(stream_of(DATA), told.append)
    stream.read(100)
    stream.skip(10_000)
    assert sum(told) == len(DATA)


def test_bytes_that_were_digested_as_they_went_by() -> None:
    hashed = HashedChunks(iter([DATA[:10], DATA[10:]]))
    assert ChunkStream(iter(hashed)).read(5) == DATA[:5]
    assert hashed.finish() == (hashlib.sha256(DATA).hexdigest(), len(DATA))


def test_files_are_read_from_where_they_stand_as_far_as_is_wanted() -> None:
    file = io.BytesIO(DATA)
    file.seek(5)
    assert b"".join(file_chunks(file, 20)) == DATA[5:25]
    assert b"".join(file_chunks(file)) == DATA[25:]
    assert b"".join(stream_chunks(stream_of(DATA))) == DATA
