"""Hostile inputs, made as cheaply as they are sent. Shared by tests/test_hostile.py and bench/hostile.py."""

import bz2
import gzip
import io
import json
import lzma
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.pipeline.parts import digest, elf, zstd

GIB = 1 << 30
GOOD = elf(b"GCC: (GNU) 13.1.0\0")
"""What stands beside the bombs, and must be found."""
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, 1), "bz2": bz2.compress, "xz": lambda data: lzma.compress(data, preset=1),
    "zst": zstd.compress,
}


def header(name: str, size: int, kind: bytes = b"0", mtime: bytes = b"00000000000\0") -> bytes:
    """Return a ustar header."""
    block = bytearray(512)
    raw = name.encode("utf-8", "surrogateescape")
    block[: len(raw)] = raw
    block[100:108] = b"0000755\0"
    block[124:136] = b"%011o\0" % size if size < 8 << 30 else b"\x80" + size.to_bytes(11, "big")
    block[136:148] = mtime
    block[148:156] = b"        "
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entry(name: str, data: bytes, kind: bytes = b"0") -> bytes:
    """Return a tar member."""
    return header(name, len(data), kind) + data + bytes(-len(data) % 512)


def pax(fields: dict[str, bytes]) -> bytes:
    """Return a pax header for the member that follows."""
    records = b""
    for key, value in fields.items():
        rest = f" {key}=".encode() + value + b"\n"
        length = len(rest)
        while length != len(str(length)) + len(rest):
            length = len(str(length)) + len(rest)
        records += str(length).encode() + rest
    return entry("pax", records, b"x")


def many(count: int, data: bytes = b"", name: str = "f{}") -> Iterator[bytes]:
    """Yield a tar archive of `count` like members, in pieces."""
    blocks = []
    for number in range(count):
        body = data.replace(b"@NUMBER@", b"%08d" % number) if data else b""
        blocks.append(entry(name.format(number), body))
        if len(blocks) == 512:
            yield b"".join(blocks)
            blocks = []
    yield b"".join(blocks) + bytes(1024)


def zeros(packer: str, size: int, before: bytes = b"", unit: int = 256 << 20) -> Iterator[bytes]:
    """Yield `before` and `size` zeros, compressed: members one after another, of which most are the same."""
    yield PACKERS[packer](before)
    piece = PACKERS[packer](bytes(unit))
    for _ in range(size // unit):
        yield piece


def nested(levels: int, kind: str) -> bytes:
    """Return a file in `levels` archives in one another."""
    data = GOOD
    for _ in range(levels):
        if kind == "gz":
            data = gzip.compress(data, 1)
        elif kind == "tar":
            data = entry("x.tar", data) + bytes(1024)
        else:
            data = stored_zip({"x.zip": data})
    return data


def stored_zip(files: dict[str, bytes], method: int = 0) -> bytes:
    """Return a zip archive whose members stand as they are, or deflated."""
    body, directory = b"", b""
    for name, data in files.items():
        packed = deflated(data) if method else data
        sizes = zlib.crc32(data), len(packed), len(data), len(name), 0
        fields = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, *sizes)
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += name.encode()
        body += b"PK\3\4" + fields + name.encode() + packed
    return body + directory + end_of_zip(len(files), len(directory), len(body))


def end_of_zip(count: int, size: int, offset: int) -> bytes:
    """Return the record that ends a zip archive."""
    return b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, 0)


def deflated(data: bytes) -> bytes:
    """Return bare deflated data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zip_of_zips(levels: int, breadth: int, bottom: bytes) -> bytes:
    """Return what 42.zip is: archives of `breadth` like archives, `levels` deep, around one large file."""
    data = bottom
    for level in range(levels):
        data = stored_zip({f"{level}-{number}.zip": data for number in range(breadth)}, method=8)
    return data


def overlapping_zip(count: int, data: bytes) -> bytes:
    """Return David Fifield's bomb in its plainest form: all members are the same bytes."""
    packed = deflated(data)
    fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data))
    body = b"PK\3\4" + fields + struct.pack("<HH", 1, 0) + b"x" + packed
    record = b"PK\1\2" + struct.pack("<H", 20) + fields
    directory = b"".join(
        record + struct.pack("<HHHHHII", 8, 0, 0, 0, 0, 0, 0) + b"%08d" % number for number in range(count))
    return body + directory + end_of_zip(count, len(directory), len(body))


def large_elf(size: int) -> Iterator[bytes]:
    """Yield an ELF file of `size` bytes whose sections stand at its end, behind zeros."""
    comment, names = b"GCC: (GNU) 13.1.0\0", b"\0.comment\0.shstrtab\0"
    start = size - len(comment) - len(names) - 192
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, size - 192, 0, 64, 56, 0, 64, 3, 2)
    yield head
    left = start - len(head)
    block = bytes(1 << 20)
    while left > 0:
        yield block[: min(left, len(block))]
        left -= len(block)
    yield comment + names + bytes(64)
    yield struct.pack("<IIQQQQIIQQ", 1, 1, 0x30, 0, start, len(comment), 0, 0, 1, 1)
    yield struct.pack("<IIQQQQIIQQ", 10, 3, 0, 0, start + len(comment), len(names), 0, 0, 1, 0)


def large_member(size: int) -> Iterator[bytes]:
    """Yield a tar archive of an ELF file of `size` bytes and a small one behind it."""
    yield header("usr/bin/large", size)
    yield from large_elf(size)
    yield bytes(-size % 512) + entry("usr/bin/good", GOOD) + bytes(1024)


def databases(count: int) -> Iterator[bytes]:
    """Yield a tar archive of `count` package databases of 92 MB each, and a program behind them."""
    for number in range(count):
        yield entry(f"var/lib/dpkg/info/{number}.list", b"/usr/bin/x\n" * (8 << 20))
    yield entry("usr/bin/good", GOOD) + bytes(1024)


def deep_paths(count: int) -> Iterator[bytes]:
    """Yield a tar archive of `count` files, each 1,000 folders deep in its own, and one beside them."""
    for number in range(count):
        yield pax({"path": f"{number}/".encode() + b"d/" * 1000 + b"x"}) + entry("x", GOOD)
    yield entry("good", GOOD) + bytes(1024)


def hole(file: Path, size: int) -> Path:
    """Write a program that goes on as a hole, which takes no room, to `size` bytes."""
    file.write_bytes(GOOD)
    os.truncate(file, size)
    return file


def gzipped(chunks: Iterator[bytes], level: int = 1) -> Iterator[bytes]:
    """Yield the chunks as one gzip member."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def write(path: Path, chunks: Iterator[bytes]) -> Path:
    """Write chunks to a file."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return path


def image(folder: Path, layers: list[Iterator[bytes]]) -> Path:
    """Write an OCI layout whose layers may be of any size; their blobs go by the names of their numbers."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    names = [f"{number:064x}" for number, _ in enumerate(layers)]
    for name, layer in zip(names, layers, strict=True):
        write(blobs / name, layer)

    def json_blob(value: object) -> str:
        data = json.dumps(value).encode()
        (blobs / digest(data)[7:]).write_bytes(data)
        return digest(data)

    config = json_blob({"os": "linux", "rootfs": {"diff_ids": [f"sha256:{name}" for name in names]}})
    manifest = json_blob({"config": {"digest": config}, "layers": [{"digest": f"sha256:{name}"} for name in names]})
    (folder / "index.json").write_text(json.dumps({"manifests": [{"digest": manifest}]}))
    return folder


class Endless(io.RawIOBase):
    """Standard input that is made as it is read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        into = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any writable buffer
        while not self._held and (chunk := next(self._chunks, None)) is not None:
            self._held = chunk
        count = min(len(into), len(self._held))
        into[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
