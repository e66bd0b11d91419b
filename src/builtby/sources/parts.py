"""Parts of streams, for archive readers: a bounded part, a stream that can be pushed back, one that cannot be read."""

from builtby.sources.base import Damaged, Stream


class Part:
    """The next `size` bytes of a stream, as a stream of their own."""

    __slots__ = ("_stream", "left")

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream, self.left = stream, size

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self.left))
        self.left -= len(data)
        return data

    def skip(self, size: int) -> int:
        count = self._stream.skip(min(size, self.left))
        self.left -= count
        return count


class Unreadable:
    """A member whose bytes cannot be had: reading it raises Damaged with the reason."""

    __slots__ = ("_reason",)

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def read(self, _size: int) -> bytes:
        raise Damaged(self._reason)

    def skip(self, _size: int) -> int:
        raise Damaged(self._reason)


class Pushback:
    """A stream that takes bytes back, for data whose end is only known when it was overrun."""

    __slots__ = ("_held", "_stream", "position")

    def __init__(self, stream: Stream) -> None:
        self._stream, self._held, self.position = stream, b"", 0

    def read(self, size: int) -> bytes:
        data, self._held = self._held[:size], self._held[size:]
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self.position += len(data)
        return data

    def skip(self, size: int) -> int:
        count = min(len(self._held), size)
        self._held = self._held[count:]
        if count < size:
            count += self._stream.skip(size - count)
        self.position += count
        return count

    def unread(self, data: bytes) -> None:
        """Give back bytes that were read last."""
        self._held = data + self._held
        self.position -= len(data)


def exactly(stream: Stream, size: int, what: str) -> bytes:
    """Return `size` bytes, or raise Damaged that names `what` the archive ends within."""
    data = stream.read(size)
    if len(data) < size:
        raise Damaged(f"the archive ends within {what} (truncated?)")
    return data

