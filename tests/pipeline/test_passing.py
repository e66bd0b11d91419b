"""Files too large to be held: what is kept of them as they go by."""

import lzma
from pathlib import Path
from struct import pack

import pytest

from builtby.formats import elf, macho, pe
from builtby.formats.base import Format
from builtby.pipeline import passing
from builtby.pipeline.identify import Identifier
from builtby.pipeline.options import Settings
from builtby.sources.stream import ChunkStream

PROGRAMS = Path(__file__).parent.parent / "fixtures" / "go"
PROGRAM = PROGRAMS / "hello-1.26-amd64.xz"


def passed(data: bytes, begun: int, form: Format = elf.FORMAT) -> dict[str, str]:
    """Return the facts of a program of which the first bytes were read already."""
    stream = ChunkStream(iter([data[begun:]]))
    identifier = Identifier(Settings())
    found = passing.pass_by(identifier, form, stream, memoryview(data)[:begun], len(data), "x")
    assert found.size == len(data)
    return found.verdict.facts


def keep_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no more of a small program than of a large one."""
    for name, size in (("KEPT_HEAD", 16 << 10), ("KEPT_TAIL", 16 << 10), ("KEPT_WANTED", 300 << 10)):
        monkeypatch.setattr(passing, name, size)


@pytest.mark.parametrize("begun", [64 << 10, 874408, 874408 + 40, 1 << 20])
def test_gos_function_table_is_kept_wherever_it_is(begun: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table begins behind what is read first, at its end, across it, or within it but not in the part kept."""
    keep_little(monkeypatch)
    data = lzma.decompress(PROGRAM.read_bytes())
    assert data.index(b"\xf1\xff\xff\xff\0\0\1\x08") == 874408
    facts = passed(data, begun)
    assert facts["go.table"] == "1.20"
    assert {"fmt", "runtime"} <= set(facts["go.packages"].split())
    assert "partial" not in facts


def test_a_table_too_large_to_be_kept_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_little(monkeypatch)
    monkeypatch.setattr(passing, "KEPT_FOUND", 16 << 10)
    facts = passed(lzma.decompress(PROGRAM.read_bytes()), 1 << 16)
    assert "go.packages" not in facts
    assert "partial" not in facts


@pytest.mark.parametrize(("system", "form"), [("windows", pe.FORMAT), ("darwin", macho.FORMAT)])
def test_programs_of_other_systems_are_kept_too(system: str, form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_little(monkeypatch)
    facts = passed(lzma.decompress((PROGRAMS / f"hello-1.26-{system}.xz").read_bytes()), 64 << 10, form)
    assert facts["go.table"] == "1.20"
    assert facts["go.os"] == system
    assert {"fmt", "runtime"} <= set(facts["go.packages"].split())


def test_program_headers_that_were_moved_behind_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in programs that something was added to when they were finished."""
    keep_little(monkeypatch)
    data = lzma.decompress(PROGRAM.read_bytes())
    start, count = int.from_bytes(data[32:40], "little"), int.from_bytes(data[56:58], "little")
    moved = data[:32] + len(data).to_bytes(8, "little") + data[40:] + data[start : start + 56 * count] + bytes(1 << 20)
    found = passing.pass_by(Identifier(Settings()), elf.FORMAT, ChunkStream(iter([moved[65536:]])),
                            memoryview(moved)[:65536], len(moved), "x")
    assert found.verdict.problem is None
    assert found.verdict.facts["type"] == "executable"


def moved(*, headers_last: bool) -> bytes:
    """Return a program as LLD lays it out: its names are before its largest table; or with its headers moved away."""
    comment, names = b"GCC: (GNU) 13.1.0\0", b"\0.comment\0.shstrtab\0.strtab\0"
    data, table, start = bytes(200 << 10), bytes(200 << 10), 4096
    end = start + len(data)
    named = end + (64 << 10)
    behind = named + len(names) + len(table)
    segments = pack("<IIQQQQQQ", 1, 6, start, start, start, len(data), len(data), 4096)
    sections = bytes(64) + b"".join(pack("<IIQQQQIIQQ", *row) for row in (
        (1, 1, 0x30, 0, end, len(comment), 0, 0, 1, 1),
        (10, 3, 0, 0, named, len(names), 0, 0, 1, 0),
        (20, 3, 0, 0, named + len(names), len(table), 0, 0, 1, 0)))
    segments_at = start if headers_last else 64
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, segments_at, behind, 0, 64, 56, 1, 64, 4, 2)
    data = segments + data[len(segments) :] if headers_last else data
    return (head + (b"" if headers_last else segments)).ljust(start, b"\0") + data + comment.ljust(
        named - end, b"\0") + names + table + sections


@pytest.mark.parametrize("headers_last", [False, True])
@pytest.mark.parametrize("begun", [1024, 8 << 10])
def test_a_comment_is_found_where_its_headers_come_late(
    begun: int, headers_last: bool, monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep_little(monkeypatch)
    monkeypatch.setattr(passing, "KEPT_HEAD", 1024)
    monkeypatch.setattr(passing, "WINDOW", 32 << 10)
    monkeypatch.setattr("builtby.formats.elf_wants.SMALL", 4 << 10)
    for name in ("BEHIND", "HEADERS"):
        monkeypatch.setattr(f"builtby.formats.elf_wants.{name}", 4 << 10)
    data = moved(headers_last=headers_last)
    stream = ChunkStream(iter([data[begun:]]))
    found = passing.pass_by(Identifier(Settings()), elf.FORMAT, stream, memoryview(data)[:begun], len(data), "x")
    assert ("gcc", "13.1.0") in [(tool.tool, tool.version) for tool in found.verdict.built_by]


def test_gos_build_information_is_kept_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another linker than Go's puts it behind the data of C."""
    keep_little(monkeypatch)
    monkeypatch.setattr("builtby.formats.elf_wants.DATA", 16)
    data = lzma.decompress((PROGRAMS / "hello-1.19-external-pie.xz").read_bytes())
    stream = ChunkStream(iter([data[16 << 10 :]]))
    found = passing.pass_by(Identifier(Settings()), elf.FORMAT, stream, memoryview(data)[: 16 << 10], len(data), "x")
    assert (found.verdict.built_by[0].tool, found.verdict.built_by[0].version) == ("go", "1.19.8")
