"""Relocations of an object file's section: numbers that the linker has yet to fill in. Source: gABI chapter 4."""

from struct import Struct

from builtby.formats.elf_image import SHT_REL, SHT_RELA, Image, Section

_MOST_BYTES = 4 << 20
_FIRST_BYTES = 16 << 10
"""Relocations stand in the order of their places, and the first unit's producer among the first."""
_FORMS = {(b, a, o): Struct(o + letters) for o in "<>" for (b, a), letters in {
    (64, True): "QQq", (64, False): "QQ", (32, True): "IIi", (32, False): "II"}.items()}
_SYMBOLS = {(64, "<"): Struct("<IBBHQQ"), (64, ">"): Struct(">IBBHQQ")}
_SYMBOLS |= {(32, "<"): Struct("<IIIBBH"), (32, ">"): Struct(">IIIBBH")}
_MIPS, _LITTLE = 8, "<"


class Relocations:
    """Absolute relocations of one section. Their kind is not looked at: offsets of debug information know but one."""

    def __init__(self, image: Image, section: Section | None) -> None:
        self._image = image
        self._section, self._more = section, False
        self._symbols: Section | None = None
        self._by_place: dict[int, tuple[int, ...]] = {}
        if section is not None:
            self._load(section.name, _FIRST_BYTES)

    def _load(self, name: str, limit: int) -> None:
        found = self._image.section(f".rela{name}") or self._image.section(f".rel{name}")
        if found is None or found.type not in (SHT_REL, SHT_RELA):
            return
        self._symbols = self._image.section_at(found.link)
        form = _FORMS[self._image.bits, found.type == SHT_RELA, self._image.order]
        raw = self._image.content(found, limit)
        found_all = form.iter_unpack(raw[: len(raw) - len(raw) % form.size])
        self._by_place = {fields[0]: fields[1:] for fields in found_all}
        self._more = len(raw) >= limit < _MOST_BYTES

    def _symbol(self, info: int) -> int:
        if self._image.bits == 32:
            return info >> 8
        if self._image.machine == _MIPS and self._image.order == _LITTLE:
            return info & 0xFFFFFFFF  # 64-bit MIPS writes the symbol first, as a word of its own
        return info >> 32

    def value(self, place: int, number: int) -> int:
        """Return what the number at `place` of the section will be, `number` being what stands there."""
        known = self._by_place.get(place)
        if known is None and self._more and self._section is not None:
            self._load(self._section.name, _MOST_BYTES)
            known = self._by_place.get(place)
        if known is None:
            return number
        addend = known[1] if len(known) == 2 else number
        return max(self._symbol_value(self._symbol(known[0])) + addend, 0)

    def _symbol_value(self, index: int) -> int:
        form = _SYMBOLS[self._image.bits, self._image.order]
        if self._symbols is None:
            return 0
        raw = self._image.view.read(self._symbols.offset + index * form.size, form.size)
        return int(form.unpack(raw)[4 if self._image.bits == 64 else 1]) if len(raw) == form.size else 0
