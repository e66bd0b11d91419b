"""Files of logs to documents, whatever is in them: what cannot be read is counted and said, and the rest goes on."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

LONGEST = 16 << 20
"""Bytes of the longest line, and of a file that is one document over many lines."""
MOST_BYTES = 64 << 30
"""Bytes of a file, unpacked."""
_GZIP, _OTHERS = b"\x1f\x8b", {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"(\xb5\x2f\xfd": "zstd", b"BZh": "bzip2",
                               b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
_MARK = b"\xef\xbb\xbf"


class Trouble:
    """What could not be read in one file: how often, and an example."""

    def __init__(self, file: str) -> None:
        self.file, self.count, self.first = file, 0, ""

    def add(self, what: str, line: int | None = None) -> None:
        """Note that something could not be read."""
        self.count += 1
        self.first = self.first or (f"line {line}: {what}" if line else what)

    def __str__(self) -> str:
        more = f" (and {self.count - 1:,} more)" if self.count > 1 else ""
        return f"{self.file}: {self.first}{more}"


def documents(path: Path, trouble: Trouble) -> Iterator[tuple[int, Any]]:
    """Yield the number and content of each line: JSON as what it stands for, and anything else as bytes."""
    try:
        with path.open("rb") as file:
            head = file.read(6)
            file.seek(0)
            form = next((name for start, name in _OTHERS.items() if head.startswith(start)), None)
            if form:
                trouble.add(f"the file is {form}: unpack or convert it to lines of UTF-8 first")
                return
            stream = gzip.GzipFile(fileobj=file) if head.startswith(_GZIP) else file
            yield from _documents(stream, trouble)  # type: ignore[arg-type]  # GzipFile is read as any other
    except (EOFError, zlib.error, gzip.BadGzipFile):
        trouble.add("the gzip file is damaged or cut off; what stands before was read")
    except OSError as error:
        trouble.add(error.strerror or str(error))


def _documents(stream: IO[bytes], trouble: Trouble) -> Iterator[tuple[int, Any]]:
    number, total, over = 0, 0, False
    while line := stream.readline(LONGEST):
        total += len(line)
        if total > MOST_BYTES:
            trouble.add(f"more than {MOST_BYTES >> 30} GiB: the rest was not read")
            return
        whole = line.endswith(b"\n")
        if over:  # the rest of a line that is too long
            over = not whole
            continue
        number += 1
        if not whole and len(line) >= LONGEST:
            trouble.add(f"longer than {LONGEST >> 20} MiB", number)
            over = True
            continue
        if number == 1 and line.strip() in (b"[", b"{"):
            yield from _spread(line, stream, trouble)
            return
        yield from _line(line, number, trouble)


def _line(line: bytes, number: int, trouble: Trouble) -> Iterator[tuple[int, Any]]:
    """Yield what a line holds; collectors of containers' logs write a time and a stream's name before it."""
    text = line.removeprefix(_MARK).strip()
    begin = text.find(b"{")
    if text.startswith((b"type=", b"node=")) or begin < 0:
        if text and text not in (b"]", b"----"):
            yield number, text
        return
    body = text if text.startswith((b"{", b"[")) else text[begin:]
    try:
        found = msgspec.json.decode(body.rstrip(b","))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        trouble.add(f"no JSON: {error}", number)
        return
    for one in found if isinstance(found, list) else [found]:
        yield number, one


def _spread(first: bytes, stream: IO[bytes], trouble: Trouble) -> Iterator[tuple[int, Any]]:
    """Yield documents that stand over many lines."""
    data = first + stream.read(LONGEST)
    if len(data) >= LONGEST:
        trouble.add(f"one document of more than {LONGEST >> 20} MiB: write one event a line (jq -c '.[]')")
        return
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        trouble.add(f"no JSON: {error}")
        return
    for one in found if isinstance(found, list) else [found]:
        yield 1, one
