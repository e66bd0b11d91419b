"""Makes the next pieces while this one is worked on: decompressing runs beside the search, on another processor."""

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread

DEPTH = 16


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks, made by a thread of their own, at most DEPTH of them in advance."""
    queue: Queue[bytes | _Failed] = Queue(DEPTH)
    stop = Event()
    thread = Thread(target=_make, args=(chunks, queue, stop), daemon=True, name="builtby-ahead")
    thread.start()
    try:
        while chunk := queue.get():
            if isinstance(chunk, _Failed):
                raise chunk.error
            yield chunk
    finally:
        stop.set()
        with suppress(Empty):
            while True:
                queue.get_nowait()
        thread.join()


def _make(chunks: Iterator[bytes], queue: "Queue[bytes | _Failed]", stop: Event) -> None:
    try:
        for chunk in chunks:
            if not _put(queue, chunk, stop):
                return
        _put(queue, b"", stop)
    except BaseException as error:  # raised again where the chunks are used
        _put(queue, _Failed(error), stop)


def _put(queue: "Queue[bytes | _Failed]", item: "bytes | _Failed", stop: Event) -> bool:
    while not stop.is_set():
        with suppress(Full):
            queue.put(item, timeout=0.1)
            return True
    return False
