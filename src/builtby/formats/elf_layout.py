"""How an ELF file is laid out: what tells linkers apart when nothing else is left.

Three surfaces, each a text of words with one blank between:

- `elf.segments`: the program headers in their order; a LOAD with its rights:
  `PHDR INTERP LOAD:r-- LOAD:r-x LOAD:rw- LOAD:rw- TLS DYNAMIC GNU_RELRO GNU_EH_FRAME GNU_STACK NOTE` (lld 14).
  Survives stripping, and even the loss of the section headers.
- `elf.tail`: the sections that are not loaded, in the order of their bytes: `.comment .symtab .shstrtab .strtab` (lld),
  `.comment .symtab .strtab .shstrtab` (GNU ld, gold), `.strtab .symtab .shstrtab .comment` (mold).
- `elf.layout`: `base=0x400000` (the first LOAD's address), `align=0x1000` (its alignment),
  `code=shared|apart` (whether the LOAD with code shares a page of the file with its neighbour: lld, mold, gold and
  GNU ld's `-z noseparate-code` do; GNU ld's `-z separate-code` pads), `relro=padded|exact|none` (padded: more memory
  than file, as lld and mold do), `phdrs=64` (where the program headers stand), `shdrs=end|inside|start|none` (where the
  section headers stand; Go puts them at the start, patchelf leaves them inside), `shstrtab=last|first|middle` (its
  number among the sections).

What was seen with one C program (x86-64; the names of sections are in `elf.sections`):

| linker | segments behind the LOADs | sections |
|---|---|---|
| GNU ld 2.40 | `DYNAMIC NOTE NOTE TLS GNU_PROPERTY GNU_EH_FRAME GNU_STACK GNU_RELRO` | `.gnu.hash .dynsym .dynstr` |
| gold 1.16 | `DYNAMIC NOTE GNU_EH_FRAME GNU_STACK TLS GNU_RELRO` | `.dynsym .dynstr .gnu.hash` |
| lld 14 | `TLS DYNAMIC GNU_RELRO GNU_EH_FRAME GNU_STACK NOTE` | `.dynsym .gnu.version .gnu.version_r .gnu.hash` |
| mold 1.10 | `TLS DYNAMIC GNU_EH_FRAME GNU_STACK GNU_RELRO`, NOTE before the LOADs | `.relro_padding` |

The fact `patched=yes` says that patchelf, or a tool like it, moved parts: segments and sections are no longer in the
linker's order, and rules about them should not be asked.
"""

from itertools import compress, pairwise

from builtby.formats import elf_names
from builtby.formats.base import Reading, Surface
from builtby.formats.elf_image import ET_CORE, ET_REL, PF_X, PT_LOAD, SHF_ALLOC, SHT_NOBITS, Image, Segment

_GNU_RELRO, _GNU_STACK = 0x6474E552, 0x6474E551
_MOST_SHOWN = 64
_LONGEST = 4096
_PAGE = 0x1000
_MOVED = (".dynamic", ".dynstr", ".dynsym", ".interp", ".gnu.hash", ".hash", ".gnu.version_r", ".note.gnu.build-id")
_RIGHTS = tuple(("r" if n & 4 else "-") + ("w" if n & 2 else "-") + ("x" if n & 1 else "-") for n in range(8))


def read_layout(image: Image, reading: Reading) -> None:
    """Add the surfaces of the layout, and the fact `patched`."""
    if image.type in (ET_REL, ET_CORE) or not image.segments:
        return
    tail = _tail(image)
    texts = {
        "elf.segments": " ".join([_segment_name(s.type, s.flags) for s in image.segments[:_MOST_SHOWN]]),
        "elf.tail": " ".join([image.names[index] for _, index in tail[:_MOST_SHOWN]]),
        "elf.layout": _layout(image),
    }
    reading.surfaces += [Surface(kind, text[:_LONGEST]) for kind, text in texts.items() if text]
    if _patched(image, tail):
        reading.facts["patched"] = "yes"


def _segment_name(kind: int, flags: int) -> str:
    if kind == PT_LOAD:
        return f"LOAD:{_RIGHTS[flags & 7]}"
    return elf_names.SEGMENTS.get(kind) or f"{kind:#x}"


def _tail(image: Image) -> list[tuple[int, int]]:
    """Return (offset, number) of the sections that are not loaded, in the order of their bytes."""
    rows = image.rows
    return sorted((row[4], at) for at, row in enumerate(rows) if at and not row[2] & SHF_ALLOC and row[1])


def _layout(image: Image) -> str:
    loads = [segment for segment in image.segments if segment.type == PT_LOAD]
    words = [f"base={loads[0].address:#x} align={loads[0].align:#x}"] if loads else []
    words += [f"code={word}" for word in _code_words(loads)]
    relro = next((segment for segment in image.segments if segment.type == _GNU_RELRO), None)
    words.append("relro=none" if relro is None else "relro=padded" if relro.memory > relro.size else "relro=exact")
    words.append(f"phdrs={image.phoff}")
    words.append(_headers_word(image))
    at = image.by_name.get(".shstrtab")
    if at is not None:
        words.append(f"shstrtab={'last' if at == len(image.names) - 1 else 'first' if at == 1 else 'middle'}")
    return " ".join(words)


def _code_words(loads: list[Segment]) -> list[str]:
    for before, after in pairwise(loads):
        if (before.flags ^ after.flags) & PF_X and before.size:
            return ["shared" if (before.offset + before.size - 1) // _PAGE == after.offset // _PAGE else "apart"]
    return []


def _headers_word(image: Image) -> str:
    if not image.rows:
        return "shdrs=none"
    end = image.shoff + len(image.rows) * (64 if image.bits == 64 else 40)
    if image.shoff < 4096 < image.view.size - end:
        return "shdrs=start"
    last = max([row[4] for row in compress(image.rows, map(SHT_NOBITS.__ne__, image.types))], default=0)
    return "shdrs=end" if image.shoff >= last else "shdrs=inside"


def _patched(image: Image, tail: list[tuple[int, int]]) -> bool:
    """Whether what the loader reads stands behind what is not loaded, or the program headers are sorted.

    patchelf moves what grew to the end of the file, and sorts the program headers by address, which brings
    GNU_STACK, whose address is 0, before the last LOAD; linkers put it behind them all.
    """
    kinds = [segment.type for segment in image.segments]
    if _GNU_STACK in kinds and PT_LOAD in kinds[kinds.index(_GNU_STACK) :]:
        return True
    first = next((offset for offset, index in tail if image.rows[index][5]), None)
    moved = [image.rows[image.by_name[name]] for name in _MOVED if name in image.by_name]
    return first is not None and any(
        row[4] > first and row[2] & SHF_ALLOC and row[5] and row[1] != SHT_NOBITS for row in moved
    )
