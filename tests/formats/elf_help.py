"""Helps the tests of ELF: fixtures, and files put together from parts."""

from pathlib import Path
from struct import pack

from builtby.formats import elf
from builtby.formats.base import Reading
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parent.parent / "fixtures" / "elf"


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def read(data: bytes) -> Reading:
    return elf.FORMAT.read(BytesView(data), "file")


def values(reading: Reading, kind: str) -> list[str]:
    return [surface.value for surface in reading.surfaces if surface.kind == kind]


def build(sections: dict[str, tuple[int, bytes]], kind: int = 2, segments: list[tuple[int, int, int]] = []) -> bytes:  # noqa: B006
    """Return a 64-bit little-endian ELF file of sections of (type, content), and of segments of (type, flags, size)."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    body, headers = b"", [bytes(64)]
    start = 64 + 56 * len(segments)
    for name, (number, content) in {**sections, ".shstrtab": (3, names)}.items():
        at = names.index(b"\0" + name.encode() + b"\0") + 1
        body += bytes(-(start + len(body)) % 16)
        headers.append(pack("<IIQQQQIIQQ", at, number, 2, 0, start + len(body), len(content), 0, 0, 4, 0))
        body += content
    table = b"".join(pack("<IIQQQQQQ", t, f, 0, 0x400000, 0x400000, size, size, 4096) for t, f, size in segments)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + pack(
        "<HHIQQQIHHHHHH", kind, 62, 1, 0, 64 if segments else 0, start + len(body), 0, 64, 56, len(segments), 64,
        len(headers), len(headers) - 1,
    )
    return header + table + body + b"".join(headers)


def note(owner: bytes, kind: int, payload: bytes) -> bytes:
    name = owner + b"\0"
    head = pack("<III", len(name), len(payload), kind)
    return head + name + bytes(-len(name) % 4) + payload + bytes(-len(payload) % 4)
