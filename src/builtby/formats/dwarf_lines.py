"""The files of DWARF line tables, with the checksums that clang puts there.

Source: DWARF 5, section 6.2.4; checksums (DW_LNCT_MD5) are new in version 5. GCC 12 writes none; LLVM
writes those of a unit only when each of its files has one, which rustc 1.95 does not see to.
"""

from collections.abc import Callable, Iterator
from struct import unpack_from
from typing import NamedTuple

from builtby.formats.elf_image import ET_REL, SHT_NOBITS, Image
from builtby.formats.elf_relocations import Relocations

LARGEST = 256 << 20
"""Bytes of line tables that are read; of compressed ones, what elf_image inflates."""
_MOST_UNITS, _MOST_FILES, _MOST_DIRECTORIES, _MOST_FORMATS, _LONGEST = 200_000, 100_000, 100_000, 32, 4096
_MOST_IN_ALL = 5_000_000
_PATH, _DIRECTORY, _MD5 = 1, 2, 5
_STRING, _STRP, _LINE_STRP, _UDATA, _DATA16, _BLOCK = 0x08, 0x0E, 0x1F, 0x0F, 0x1E, 0x09
_FIXED = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8}
"""DW_FORM_data1, 2, 4, 8."""


class LineFile(NamedTuple):
    """A file of a line table. `md5` is None when the table gives none; `version` is DWARF's."""

    path: str
    md5: str | None
    version: int


class _BrokenError(Exception):
    """A table that cannot be read on."""


class Lines:
    """Reads the line tables of one image. `problem`: why not all of them were read; empty when all were."""

    def __init__(self, image: Image) -> None:
        self._image, self.problem = image, ""
        self._raw = self._section("line")
        self._strings = {_LINE_STRP: self._section("line_str"), _STRP: self._section("str")}
        section = image.section(".debug_line")
        self._moved = Relocations(image, section) if image.type == ET_REL and section is not None else None

    def _section(self, name: str) -> bytes:
        section = self._image.section(f".debug_{name}") or self._image.section(f".zdebug_{name}")
        if section is None or section.type == SHT_NOBITS:
            return b""
        raw = self._image.content(section, LARGEST)
        if len(raw) >= LARGEST:
            self.problem = "the debug information is too large: the rest was not read"
        return raw

    @property
    def there(self) -> bool:
        """Whether there are line tables at all."""
        return bool(self._raw)

    def files(self) -> Iterator[LineFile]:
        """Yield the files of all units; what is broken ends them, with `problem` saying so."""
        at, left = 0, _MOST_IN_ALL
        for _ in range(_MOST_UNITS):
            if at + 8 > len(self._raw):
                return
            unit = _Unit(self._raw, at, self._image.order)
            try:
                for file in unit.files(self._text):
                    left -= 1
                    yield file
            except _BrokenError:
                self.problem = self.problem or "a line table is broken: its files are not known"
            if unit.end <= at:
                return
            if left < 0:
                break
            at = unit.end
        self.problem = "there are too many line tables: the rest was not read"

    def _text(self, form: int, place: int, offset: int) -> str:
        if self._moved is not None:
            offset = self._moved.value(place, offset)
        table = self._strings[form]
        end = table.find(b"\0", offset, offset + _LONGEST)
        if not 0 <= offset < len(table) or end < 0:
            raise _BrokenError
        return table[offset:end].decode("utf-8", "backslashreplace")


class _Unit:
    """One table: `end` is where the next begins; -1 when that cannot be known."""

    def __init__(self, raw: bytes, start: int, order: str) -> None:
        self._raw, self._at, self._order, self.end = raw, start, order, -1
        length = unpack_from(f"{order}I", raw, start)[0]
        self._wide = length == 0xFFFFFFFF
        self._at += 4
        if self._wide and start + 12 <= len(raw):
            length = unpack_from(f"{order}Q", raw, start + 4)[0]
            self._at += 8
        if 2 < length <= len(raw) - self._at:
            self.end = self._at + length

    def files(self, text: Callable[[int, int, int], str]) -> Iterator[LineFile]:
        if self.end < 0:
            raise _BrokenError
        version = self._number(2)
        if not 2 <= version <= 5:
            raise _BrokenError
        if version == 5:
            self._skip(2)
        self._skip(8 if self._wide else 4)
        self._skip(5 if version >= 4 else 4)  # instructions, is_stmt, line base and range
        self._skip(max(self._number(1) - 1, 0))
        yield from self._new(text) if version == 5 else self._old(version)

    def _skip(self, size: int) -> None:
        self._at += size
        if self._at > self.end:
            raise _BrokenError

    def _number(self, size: int) -> int:
        self._skip(size)
        return int.from_bytes(self._raw[self._at - size : self._at], "little" if self._order == "<" else "big")

    def _leb(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise _BrokenError

    def _string(self) -> str:
        end = self._raw.find(b"\0", self._at, min(self.end, self._at + _LONGEST))
        if end < 0:
            raise _BrokenError
        text = self._raw[self._at : end].decode("utf-8", "backslashreplace")
        self._at = end + 1
        return text

    def _old(self, version: int) -> Iterator[LineFile]:
        """Read versions 2 to 4: no checksums, and the folder of the compilation stands elsewhere."""
        folders = [""]
        while folder := self._string():
            folders.append(folder)
            if len(folders) > _MOST_DIRECTORIES:
                raise _BrokenError
        for _ in range(_MOST_FILES):
            name = self._string()
            if not name:
                return
            number = self._leb()
            self._leb()
            self._leb()
            yield LineFile(joined(folders[number] if number < len(folders) else "", name), None, version)

    def _new(self, text: Callable[[int, int, int], str]) -> Iterator[LineFile]:
        folders = [path for path, _, _ in self._entries(text, _MOST_DIRECTORIES)]
        for path, folder, md5 in self._entries(text, _MOST_FILES):
            within = folders[folder] if folder < len(folders) else ""
            yield LineFile(joined(folders[0] if folders else "", joined(within, path)), md5, 5)

    def _entries(self, text: Callable[[int, int, int], str], most: int) -> Iterator[tuple[str, int, str | None]]:
        shapes = [(self._leb(), self._leb()) for _ in range(min(self._number(1), _MOST_FORMATS))]
        count = self._leb()
        if count > most or (count and not shapes):
            raise _BrokenError
        for _ in range(count):
            path, folder, md5 = "", 0, None
            for kind, form in shapes:
                value = self._value(form, text)
                if kind == _PATH and isinstance(value, str):
                    path = value
                elif kind == _DIRECTORY and isinstance(value, int):
                    folder = value
                elif kind == _MD5 and isinstance(value, bytes):
                    md5 = value.hex()
            yield path, folder, md5

    def _value(self, form: int, text: Callable[[int, int, int], str]) -> str | int | bytes:
        if form == _STRING:
            return self._string()
        if form in (_STRP, _LINE_STRP):
            place = self._at
            return text(form, place, self._number(8 if self._wide else 4))
        if form == _UDATA:
            return self._leb()
        if form in _FIXED:
            return self._number(_FIXED[form])
        if form == _DATA16:
            self._skip(16)
            return self._raw[self._at - 16 : self._at]
        if form == _BLOCK:
            self._skip(self._leb())
            return b""
        raise _BrokenError


def joined(folder: str, path: str) -> str:
    """Return a path as seen from a folder; of other systems too."""
    if not folder or path.startswith(("/", "\\")) or path[1:2] == ":":
        return path
    return f"{folder.rstrip('/')}/{path}"
