r"""annobin's notes: which compiler ran, and which hardening it applied. Fedora's and RHEL's builds keep them.

Surface `elf.annobin`, each different text once, with `times`: for the tools, the text as it stands
(`running gcc 8.5.0 20210514`, `annobin gcc 8.5.0 20210514`, `gcc 8.5.0 20210514`); for anything else `NAME=VALUE`:
`version=3p964`, `stack_prot=3`, `PIC=4`, `FORTIFY=2`, `GOW=0x…` (optimisation and warnings), `cf_protection=9`,
`GLIBCXX_ASSERTIONS=true`, `stack_clash=true`. The numbers are annobin's own.

Fact `annobin.covers`: the part of the code, 0 to 1, that the notes speak of; when it is small, they are the crt's.

Source: the watermark specification of annobin; its notes keep their data in the owner's name: `GA`, a letter for the
type (`$` text, `*` number, `+` true, `!` false), and the attribute's number or its name.
"""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.elf_image import SHF_EXECINSTR, Image, Section

_SECTION, _TEXTS = ".gnu.build.attributes", ".annobin.notes"
_MOST_BYTES = 512 << 10
_MOST_NOTES = 20_000
_MOST_SHOWN = 128
_MOST_SECTIONS = 64
_LONGEST = 256
_OPEN, _VERSION = 0x100, b"GA$\x01"
_NUMBERED = {1: "version", 2: "stack_prot", 3: "relro", 4: "stack_size", 5: "tool", 6: "ABI", 7: "PIC", 8: "short_enum"}


def read_annobin(image: Image, reading: Reading) -> None:
    """Add the surface `elf.annobin`."""
    counts: dict[bytes, int] = {}
    first: Section | None = None
    covered = 0
    if _SECTION not in image.table and _TEXTS not in image.table:
        return
    names = [name for name in image.by_name if name.startswith((_SECTION, _TEXTS))]
    if not names:
        return
    for name in names[:_MOST_SECTIONS]:
        section = image.section(name)
        first = first or section
        raw = image.content(section, _MOST_BYTES)
        if name.startswith(_TEXTS):
            for text in raw.split(b"\0")[:_MOST_NOTES]:
                counts[text] = counts.get(text, 0) + 1
        else:
            covered += _count(image, raw, counts)
    times: dict[str, int] = {}
    for owner, count in counts.items():
        shown = describe(owner, image.order)
        if shown:
            times[shown] = times.get(shown, 0) + count
    code = sum(row[5] for row in image.rows if row[2] & SHF_EXECINSTR)
    if covered and code:
        reading.facts["annobin.covers"] = f"{min(covered / code, 1):.2f}"
    for shown, count in list(times.items())[:_MOST_SHOWN]:
        reading.add("elf.annobin", shown, first.offset if first else None, count)


def _count(image: Image, raw: bytes, counts: dict[bytes, int]) -> int:
    """Count the notes by their owner; return how many bytes of code the notes of a version speak of."""
    at, end, form, covered = 0, len(raw), image.order + "III", 0
    for _ in range(_MOST_NOTES):
        if at + 12 > end:
            break
        name_size, payload_size, kind = unpack_from(form, raw, at)
        start = at + 12
        owner = raw[start : start + min(name_size, _LONGEST)]
        counts[owner] = counts.get(owner, 0) + 1
        at = start + (name_size + 3 & ~3)
        if payload_size == image.bits // 4 and kind == _OPEN and owner[:4] == _VERSION:
            covered += max(image.word(raw, at + image.bits // 8) - image.word(raw, at), 0)
        at += payload_size + 3 & ~3
    return covered


def describe(owner: bytes, order: str = "<") -> str:
    """Return what one note's owner says; "" when it is none of annobin's."""
    if owner[:2] != b"GA":
        return owner.decode("latin-1") if owner[2:3] == b":" and owner.isascii() else ""
    kind, rest = owner[2:3], owner[3:]
    if rest[:1] and rest[0] < 0x20:
        name, value = _NUMBERED.get(rest[0], f"attribute-{rest[0]}"), rest[1:]
    else:
        raw, _, value = rest.partition(b"\0")
        name = raw.decode("latin-1")
    if kind == b"$":
        text = value.rstrip(b"\0").decode("latin-1")
        return text if name == "tool" else f"{name}={text}"
    if kind == b"*":
        number = int.from_bytes(value.rstrip(b"\0") if order == "<" else value, "little" if order == "<" else "big")
        return f"{name}={number:#x}" if name == "GOW" else f"{name}={number}"
    return f"{name}={'true' if kind == b'+' else 'false'}" if kind in (b"+", b"!") else ""
