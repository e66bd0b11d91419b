"""The members of an `ar` archive, in the variants of System V, GNU and BSD."""

from collections.abc import Iterator
from typing import NamedTuple

from builtby.sources.view import View

MAGIC, THIN = b"!<arch>\n", b"!<thin>\n"
MOST_MEMBERS = 50_000
_HEADER = 60
_MOST_NAMES = 4 << 20
_LONGEST_NAME = 4096
_TABLES = frozenset({
    b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF/", b"__.SYMDEF SORTED", b"__.SYMDEF_64", b"__.SYMDEF_64/",
    b"__.SYMDEF_64 SORTED",
})


class Member(NamedTuple):
    """Where a member's bytes stand in the archive, and its name as the header has it, `names` being GNU's long ones."""

    raw: bytes
    offset: int
    size: int
    names: bytes = b""

    @property
    def name(self) -> str:
        """The name: GNU's are `name/` and `/123`, a place among the long ones. Most are never asked for."""
        name = self.raw.removesuffix(b"/")
        if self.raw[:1] == b"/" and (place := _decimal(self.raw[1:])) is not None:
            end = self.names.find(b"\n", place, place + _LONGEST_NAME)
            name = self.names[place : end if end >= 0 else place + _LONGEST_NAME]
            name = name.partition(b"\0")[0].removesuffix(b"/")
        return name.decode("utf-8", "backslashreplace")


class SubView(View):
    """A view of a part of another view."""

    __slots__ = ("_base", "_view")

    def __init__(self, view: View, base: int, size: int) -> None:
        self._view, self._base, self.size = view, base, max(min(size, view.size - base), 0)

    def read(self, offset: int, size: int) -> bytes:
        if offset < 0 or size <= 0 or offset >= self.size:
            return b""
        return self._view.read(self._base + offset, min(size, self.size - offset))

    def windows(self, offset: int, size: int) -> Iterator[tuple[int, memoryview]]:
        start, end = max(offset, 0), min(offset + size, self.size)
        for place, window in self._view.windows(self._base + start, max(end - start, 0)):
            yield place - self._base, window


def members(view: View) -> tuple[list[Member], str | None]:
    """Return the members, without the symbol tables, and what is wrong with the archive, if anything is."""
    found: list[Member] = []
    thin, names, at = view.read(0, 8) == THIN, b"", 8
    for _ in range(MOST_MEMBERS):
        header = view.read(at, _HEADER)
        size = _decimal(header[48:58]) if header[58:] == b"`\n" else None
        if size is None:
            return found, "the archive is truncated or broken" if header.strip(b"\n\0") else None
        raw, start = header[:16].rstrip(), at + _HEADER
        held = not thin or raw in (b"/", b"//", b"/SYM64/")
        if raw == b"//":
            names = view.read(start, min(size, _MOST_NAMES))
        else:
            member = _bsd(view, raw, start, size) if raw.startswith(b"#1/") else Member(raw, start, size, names)
            if member.raw not in _TABLES:
                found.append(member)
        at = start + (size if held else 0)
        at += at % 2
    return found, f"more than {MOST_MEMBERS} members"


def _decimal(field: bytes) -> int | None:
    digits = field.strip()
    return int(digits) if digits.isdigit() else None


def _bsd(view: View, raw: bytes, offset: int, size: int) -> Member:
    """Return a member of BSD's, whose name stands before its bytes: `#1/20`."""
    length = min(_decimal(raw[3:]) or 0, size)
    name = view.read(offset, min(length, _LONGEST_NAME)).rstrip(b"\0")
    return Member(name, offset + length, size - length)
