"""Zip archives read by offset: the central directory says what is there.

What it says is not trusted: members that share bytes (the core of the worst zip bombs) are refused, counts and
sizes are bounded, and a member ends where its data does.
"""

from bisect import bisect_right
from collections.abc import Iterator

from builtby.model import text
from builtby.sources import ziprecords as records
from builtby.sources.base import Damaged, Member, Members, Note, Stream, Unwanted
from builtby.sources.parts import Unreadable
from builtby.sources.view import View
from builtby.sources.zipcodec import STORED, Inflated, Source, known

ENTRIES = 2_000_000
INTERVALS = 100_000
"""Separate stretches of claimed bytes that are remembered. Archives with more of them, out of order, are refused."""
SLICE = 1 << 20
AHEAD = 128 << 10
_END_SIZE, _COMMENT = 22, 65535
_LINK = 4096
_HEADER = 30
_SHORT = "the zip archive's central directory ends too early"
_RECORD = 46 + 3 * 65535
"""The longest record of the central directory."""


class _Window:
    """Reads ahead while the reading goes forward, so that ten thousand small members are not as many reads."""

    def __init__(self, view: View) -> None:
        self._view, self._start, self._data = view, 0, b""

    def read(self, offset: int, size: int) -> bytes:
        start = offset - self._start
        if start >= 0 and start + size <= len(self._data):
            return self._data[start : start + size]
        forward = 0 <= start <= len(self._data) + AHEAD
        self._start, self._data = offset, self._view.read(offset, max(size, AHEAD if forward else 4096))
        return self._data[:size]


class _Claims:
    """Which bytes of the archive belong to members already seen."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start: int, end: int) -> bool:
        """Claim a stretch; False when part of it is taken. Gaps too small for a member are claimed along."""
        starts, ends = self._starts, self._ends
        index = bisect_right(starts, start)
        if (index and ends[index - 1] > start) or (index < len(starts) and starts[index] < end):
            return False
        if index and start - ends[index - 1] < _HEADER:
            ends[index - 1] = end
        elif len(starts) < INTERVALS:
            starts.insert(index, start)
            ends.insert(index, end)
        else:
            return False
        return True


class _Stored:
    """A member that is not compressed."""

    __slots__ = ("_offset", "_view", "left")

    def __init__(self, view: View, offset: int, size: int) -> None:
        self._view, self._offset, self.left = view, offset, size

    def read(self, size: int) -> bytes:
        wanted = min(size, self.left)
        data = self._view.read(self._offset, wanted)
        if len(data) < wanted:
            raise Damaged("the archive ends within a member (truncated?)")
        self._offset += wanted
        self.left -= wanted
        return data

    def skip(self, size: int) -> int:
        count = min(size, self.left)
        self._offset += count
        self.left -= count
        return count


class _Unopened:
    """A member that is opened when it is first read: of a jar's ten thousand, most never are."""

    __slots__ = ("_stream", "_where")

    def __init__(self, view: View, window: _Window, claims: _Claims, entry: records.Entry, shift: int) -> None:
        self._where = (view, window, claims, entry, shift)
        self._stream: Stream | None = None

    def read(self, size: int) -> bytes:
        if self._stream is None:
            self._stream = _open(*self._where)
        return self._stream.read(size)

    def skip(self, size: int) -> int:
        if self._stream is None:
            self._stream = _open(*self._where)
        return self._stream.skip(size)


def read(view: View, note: Note, unwanted: Unwanted) -> Members:
    """Yield the archive's members in the order of the central directory, but for files that are unwanted."""
    start, size, shift = _directory(view)
    window, claims = _Window(view), _Claims()
    noted = False
    for data, at, name, asked in _records(view, start, size, unwanted):
        fields, extra = records.whole(data, at)
        if not noted:
            note("zip.creator", records.creator(fields, extra))
            noted = True
        kind = records.kind_of(fields, name)
        if kind == "file" and not asked and unwanted(name):
            continue
        entry = records.central(fields, records.path_of(name, fields[3]), kind, extra)
        stream = _Unopened(view, window, claims, entry, shift)
        link = _target(stream) if entry.kind == "symlink" else ""
        yield Member(entry.path, entry.kind, entry.size, link, entry.mtime), stream


def _target(stream: Stream) -> str:
    """Return where a symbolic link points; empty when that cannot be read."""
    try:
        return text(stream.read(_LINK))
    except Damaged:
        return ""


def _open(view: View, window: _Window, claims: _Claims, entry: records.Entry, shift: int) -> Stream:
    """Return the member's bytes, or what says why there are none."""
    offset = entry.offset + shift
    header = window.read(offset, _HEADER)
    if len(header) < _HEADER or not header.startswith(records.LOCAL_MAGIC):
        return Unreadable("the member's header is not where the directory says")
    start = offset + _HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    end = start + entry.packed
    if end > view.size:
        return Unreadable("the member ends after the archive does")
    if not claims.take(offset, end):
        return Unreadable("the member shares bytes with another one (a zip bomb?)")
    if entry.flags & records.ENCRYPTED_FLAG:
        return Unreadable("the member is encrypted")
    if entry.method == STORED:
        return _Stored(view, start, entry.packed)
    if not known(entry.method):
        return Unreadable(f"compression method {entry.method} is not supported")
    return Inflated(entry.method, _source(window, start, end))


def _source(window: _Window, position: int, end: int) -> Source:
    def more(size: int) -> bytes:
        nonlocal position
        data = window.read(position, min(size, end - position))
        position += len(data)
        return data

    return more


def _directory(view: View) -> tuple[int, int, int]:
    """Return where the central directory starts, its size, and the length of what precedes the archive."""
    tail_start = max(view.size - _END_SIZE - _COMMENT, 0)
    tail = view.read(tail_start, _END_SIZE + _COMMENT)
    found = tail.rfind(records.END_MAGIC)
    if found < 0 or len(tail) - found < _END_SIZE:
        raise Damaged("the zip archive has no central directory (truncated?)")
    end, record = tail_start + found, tail[found : found + _END_SIZE]
    size, offset = int.from_bytes(record[12:16], "little"), int.from_bytes(record[16:20], "little")
    end, size, offset = _wide_directory(view, end) or (end, size, offset)
    start = end - size
    if start >= 0 and view.read(start, 4) == records.CENTRAL_MAGIC:
        return start, size, start - offset
    if size and view.read(offset, 4) != records.CENTRAL_MAGIC:
        raise Damaged("the zip archive's central directory is not where it should be")
    return offset, size, 0


def _wide_directory(view: View, end: int) -> tuple[int, int, int] | None:
    """Return the zip64 end record's position, and the directory's size and offset that it holds, if there is one."""
    locator = view.read(end - 20, 20)
    if not locator.startswith(b"PK\6\7"):
        return None
    said = int.from_bytes(locator[8:16], "little")
    for position in (said, end - 20 - 56):  # behind a prefix, what is said is too small
        record = view.read(position, 56)
        if record.startswith(b"PK\6\6") and len(record) == 56:
            return position, int.from_bytes(record[40:48], "little"), int.from_bytes(record[48:56], "little")
    return None


def _records(view: View, start: int, size: int, unwanted: Unwanted) -> Iterator[tuple[bytes, int, bytes, bool]]:
    """Yield, for each central record, bytes and its place in them, its name, and whether `unwanted` was asked of it.

    It is asked of what plainly is a file, told by a few fields, as most of a large jar is; but never of the first.
    The directory is read in slices, whatever size it claims; its count of records is not used, as it overflows.
    """
    fixed, unpack = records.CENTRAL.size, records.BRIEF.unpack_from
    base, data, at, end = start, b"", 0, start + size
    for number in range(ENTRIES):
        if base + at + fixed > end:
            return
        if at + _RECORD > len(data) < end - base:
            base, at = base + at, 0
            data = view.read(base, min(SLICE, end - base))
        if len(data) - at < fixed:
            raise Damaged(_SHORT)
        magic, length, extra, comment, attributes = unpack(data, at)
        if magic != records.CENTRAL_MAGIC:
            raise Damaged(_SHORT)
        name = data[at + fixed : at + fixed + length]
        asked = number > 0 and attributes >> 28 in records.FILES and not name.endswith(records.FOLDERS)
        if not (asked and unwanted(name)):
            yield data, at, name, asked
        at += fixed + length + extra + comment
    raise Damaged(f"the zip archive has more than {ENTRIES} members")
