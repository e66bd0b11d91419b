"""What an ELF file asks of the dynamic loader: interpreter, libraries, versions of their symbols."""

from struct import unpack_from
from typing import NamedTuple

from builtby.formats.base import Reading, Surface
from builtby.formats.elf_image import PT_DYNAMIC, PT_INTERP, Image

_MOST_ENTRIES = 1024
_MOST_NEEDED = 256
_MOST_LIBRARIES, _MOST_VERSIONS = 64, 256
_WHOLE_TABLE = 8 << 10
"""A string table up to this size is read at once."""
_END = 4 << 10
"""Of a larger one both ends are: linkers put the names of libraries and versions before or behind the symbols."""
_LONGEST = 256
_LONGEST_TEXT = 4096
_NULL, _NEEDED, _STRTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29
_FLAGS_1, _VERNEED, _VERNEEDNUM = 0x6FFFFFFB, 0x6FFFFFFE, 0x6FFFFFFF
_DF_1_PIE = 0x08000000


class Dynamic(NamedTuple):
    """What the dynamic section said."""

    interpreter: str | None
    present: bool
    needed: list[str]
    soname: str | None
    pie: bool
    strings_at: int | None
    """File offset of the dynamic string table."""


def read_dynamic(image: Image, reading: Reading) -> Dynamic:
    """Add `elf.interp`, `elf.needed`, `elf.soname`, `elf.rpath` and `elf.version_need` (`LIBRARY: VERSION …`)."""
    interpreter, present, pairs = None, False, []
    for segment in image.segments:
        if segment.type == PT_INTERP and segment.size:
            interpreter = image.view.read(segment.offset, min(segment.size, _LONGEST)).partition(b"\0")[0]
            reading.add("elf.interp", interpreter, segment.offset)
        elif segment.type == PT_DYNAMIC and not present:
            present = segment.size > 0
            pairs = _pairs(image, segment.offset, segment.size)
    single = dict(reversed(pairs))
    strings = _Strings(image, single)
    needed = [strings.get(value) for tag, value in pairs if tag == _NEEDED][:_MOST_NEEDED]
    reading.surfaces += [Surface("elf.needed", library) for library in needed]
    soname = strings.get(single[_SONAME]) if _SONAME in single else None
    if soname is not None:
        reading.add("elf.soname", soname)
    for tag in (_RPATH, _RUNPATH):
        if tag in single:
            reading.add("elf.rpath", strings.get(single[tag]))
    if _VERNEED in single:
        _read_versions(image, reading, strings, image.offset_of(single[_VERNEED]), single.get(_VERNEEDNUM, 0))
    return Dynamic(interpreter.decode("latin-1") if interpreter is not None else None, present, needed, soname,
                   bool(single.get(_FLAGS_1, 0) & _DF_1_PIE), strings.at)


def _pairs(image: Image, offset: int, size: int) -> list[tuple[int, int]]:
    width = image.bits // 4
    raw = image.view.read(offset, min(size, _MOST_ENTRIES * width))
    words = unpack_from(f"{image.order}{len(raw) // width * 2}{'Q' if image.bits == 64 else 'I'}", raw)
    pairs = list(zip(words[::2], words[1::2], strict=True))
    for index, (tag, _) in enumerate(pairs):
        if tag == _NULL:
            return pairs[:index]
    return pairs


class _Strings:
    """The dynamic string table, read as sparingly as it can be."""

    def __init__(self, image: Image, single: dict[int, int]) -> None:
        self._image, self._size = image, single.get(_STRSZ, 0)
        self.at = image.offset_of(single[_STRTAB]) if _STRTAB in single else None
        self._head = self._tail = ""
        self._tail_at = 0
        if self.at is not None:
            self._tail_at = max(self._size - _END, 0) if self._size > _WHOLE_TABLE else 0
            self._tail = self._read(self._tail_at, self._size - self._tail_at)
            self._head = self._read(0, _END) if self._tail_at else ""

    def _read(self, index: int, size: int) -> str:
        return self._image.view.read((self.at or 0) + index, size).decode("latin-1")

    def get(self, index: int) -> str:
        if index >= self._tail_at:
            start = index - self._tail_at
            end = self._tail.find("\0", start, start + _LONGEST)
            return self._tail[start : end if end >= 0 else start + _LONGEST]
        end = self._head.find("\0", index)
        if end >= 0:
            return self._head[index:end]
        return self._read(index, min(_LONGEST, self._size - index)).partition("\0")[0]


def _read_versions(image: Image, reading: Reading, strings: _Strings, offset: int | None, count: int) -> None:
    if offset is None:
        return
    raw, at = image.view.read(offset, 16 * (_MOST_LIBRARIES + _MOST_VERSIONS)), 0
    for _ in range(min(count, _MOST_LIBRARIES)):
        if at + 16 > len(raw):
            return
        _, versions, library, first, after = unpack_from(image.order + "HHIII", raw, at)
        names = _version_names(image, raw, at + first, versions, strings)
        text = f"{strings.get(library)}: {' '.join(names)}"
        reading.surfaces.append(Surface("elf.version_need", text[:_LONGEST_TEXT], offset + at))
        if not after:
            return
        at += after


def _version_names(image: Image, raw: bytes, at: int, count: int, strings: _Strings) -> list[str]:
    names: list[str] = []
    form = image.order + "II"
    for _ in range(min(count, _MOST_VERSIONS)):
        if at + 16 > len(raw):
            break
        name, after = unpack_from(form, raw, at + 8)
        names.append(strings.get(name))
        if not after:
            break
        at += after
    return names
