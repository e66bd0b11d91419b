"""Debug information in other files than ELF: the same DWARF, in sections that stand elsewhere and are named otherwise.

Surface `FORMAT.dwarf.producer`, as elf_dwarf describes it.
"""

from builtby.formats.base import Reading
from builtby.formats.elf_dwarf import read_producers
from builtby.formats.elf_image import ET_EXEC, SHT_PROGBITS, Image
from builtby.sources.view import View

_LITTLE, _BIG = 1, 2


class _Sections(Image):
    """Sections of some file, in the shape that the reader of DWARF knows."""

    def __init__(self, view: View, bits: int, order: str, sections: list[tuple[str, int, int]]) -> None:
        super().__init__(view, bytes((0, 0, 0, 0, bits // 32, _LITTLE if order == "<" else _BIG, 1, 0)))
        self.type = ET_EXEC  # offsets stand in place in all these formats: nothing is to be relocated
        for name, offset, size in [("", 0, 0), *sections]:
            self._index.setdefault(name, len(self.names))
            self.names.append(name)
            self.types.append(SHT_PROGBITS)
            self.table += f"{name}\0"
            self._rows.append((0, SHT_PROGBITS, 0, 0, offset, size, 0, 0, 1, 0))


def as_image(view: View, bits: int, order: str, sections: list[tuple[str, int, int]]) -> Image:
    """Return the sections, each (name as in ELF, offset, size), as an image that readers of DWARF can read."""
    return _Sections(view, bits, order, sections)


def read_dwarf(view: View, bits: int, order: str, sections: list[tuple[str, int, int]], reading: Reading) -> None:
    """Add the producers. `sections` are (name as in ELF, offset, size); nothing is done when none is .debug_info."""
    if not any(name == ".debug_info" for name, _, _ in sections):
        return
    apart = Reading(reading.format)
    read_producers(_Sections(view, bits, order, sections), apart)
    reading.surfaces += [s._replace(kind=s.kind.replace("elf.", f"{reading.format}.", 1)) for s in apart.surfaces]
    reading.facts |= apart.facts
