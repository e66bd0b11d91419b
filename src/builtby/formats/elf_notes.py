"""Notes: small records, each with an owner and a number, that tools leave in ELF files.

Source: gABI chapter 5; binutils' include/elf/common.h; the FDO package metadata specification; Android's and the
BSDs' crt sources.
"""

from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple

from builtby.formats.base import Reading
from builtby.formats.elf_image import ET_CORE, PT_NOTE, SHT_NOTE, Image

_MOST_BYTES = 64 << 10
_MOST_NOTES = 64
_LONGEST_OWNER = 64
_FDO_PACKAGE, _FDO_DLOPEN = 0xCAFE1A7E, 0x407C0C0A
_SKIPPED_SECTIONS = (".note.stapsdt", ".gnu.build.attributes")
_BOLT = b"BOLT revision: "
"""What llvm-bolt writes, under gold's number."""
_KERNELS = {0: "linux-gnu", 1: "hurd", 2: "solaris", 3: "freebsd", 4: "netbsd", 5: "syllable", 6: "nacl"}
"""The first word of the GNU ABI tag."""


class Note(NamedTuple):
    """One note; `offset` is where it starts in the file."""

    owner: bytes
    kind: int
    offset: int
    payload: bytes


def read_notes(image: Image, reading: Reading) -> None:
    """Add the surfaces `elf.note.*` and `elf.ghc_link_info`, and the fact `os` where a note tells."""
    if image.type == ET_CORE:
        return
    count = 0
    for offset, size, align in _places(image):
        for note in notes(image, offset, min(size, _MOST_BYTES), align):
            count += 1
            if count > _MOST_NOTES:
                return
            _add(image, reading, note)


def _places(image: Image) -> Iterator[tuple[int, int, int]]:
    """Yield (offset, size, alignment) of what holds notes: sections, or segments where there are none."""
    found = False
    for name, row in zip(image.names, image.rows, strict=True) if SHT_NOTE in image.types else ():
        if row[1] == SHT_NOTE and not name.startswith(_SKIPPED_SECTIONS):
            found = True
            yield row[4], row[5], row[8]
    if not found:
        for segment in image.segments:
            if segment.type == PT_NOTE:
                yield segment.offset, segment.size, segment.align


def notes(image: Image, offset: int, size: int, align: int) -> Iterator[Note]:
    """Yield the notes that stand in a range."""
    raw = image.view.read(offset, size)
    form, step = image.order + "III", 8 if align == 8 else 4
    at = 0
    while at + 12 <= len(raw):
        name_size, payload_size, kind = unpack_from(form, raw, at)
        start = at + 12 + name_size
        start += -start % step
        if start + payload_size > len(raw):
            return
        yield Note(raw[at + 12 : at + 12 + name_size], kind, offset + at, raw[start : start + payload_size])
        at = start + payload_size
        at += -at % step


def _add(image: Image, reading: Reading, note: Note) -> None:
    _, kind, offset, payload = note
    name = note.owner.rstrip(b"\0")
    if name == b"GNU":
        _add_gnu(image, reading, kind, offset, payload)
    elif name == b"Go" and kind == 4:
        reading.add("elf.note.go_build_id", payload, offset)
    elif name == b"FDO" and kind in (_FDO_PACKAGE, _FDO_DLOPEN):
        reading.add(f"elf.note.{'package' if kind == _FDO_PACKAGE else 'dlopen'}", payload.rstrip(b"\0"), offset)
    elif name == b"GHC link info":
        reading.add("elf.ghc_link_info", payload.rstrip(b"\0"), offset)
    elif name == b"Android" and kind == 1:
        _add_android(image, reading, offset, payload)
    elif name in (b"FreeBSD", b"NetBSD", b"OpenBSD", b"DragonFly"):
        _add_bsd(image, reading, name.decode().lower(), note)
    elif name and len(name) <= _LONGEST_OWNER and name.isascii() and name.decode().isprintable():
        safe = "".join(c if c.isalnum() else "_" for c in name.decode().lower())
        reading.add(f"elf.note.{safe}", f"type={kind:#x} {readable(payload[:256])}", offset)


def _add_gnu(image: Image, reading: Reading, kind: int, offset: int, payload: bytes) -> None:
    if kind == 1 and len(payload) >= 16:
        system, *version = unpack_from(image.order + "IIII", payload)
        known = _KERNELS.get(system, f"os-{system}")
        reading.add("elf.note.abi_tag", f"{known} {version[0]}.{version[1]}.{version[2]}", offset)
        reading.facts.setdefault("os", known)
    elif kind == 3:
        reading.add("elf.note.gnu_build_id", payload[:64].hex(), offset)
    elif kind == 4:
        kind_name = "bolt_info" if payload.startswith(_BOLT) else "gold_version"
        reading.add(f"elf.note.{kind_name}", payload.rstrip(b"\0"), offset)


def _add_android(image: Image, reading: Reading, offset: int, payload: bytes) -> None:
    """Android's crtbegin: API level, then the NDK's release and build number, 64 bytes each, absent before r14."""
    if len(payload) < 4:
        return
    level = unpack_from(image.order + "I", payload)[0]
    release, build = (payload[at : at + 64].partition(b"\0")[0].decode("latin-1") for at in (4, 68))
    value = f"api={level}" + (f" ndk={release}" if release else "") + (f" build={build}" if build else "")
    reading.add("elf.note.android", value, offset)
    reading.facts["os"] = "android"


def _add_bsd(image: Image, reading: Reading, system: str, note: Note) -> None:
    payload = note.payload
    reading.facts["os"] = system
    shown = str(unpack_from(image.order + "I", payload)[0]) if len(payload) == 4 else readable(payload[:256])
    reading.add(f"elf.note.{system}", f"type={note.kind} {shown}", note.offset)


def readable(payload: bytes) -> str:
    """Return a payload as text where it is text, else as hexadecimal digits."""
    stripped = payload.rstrip(b"\0")
    shown = stripped.decode("latin-1")
    return shown if stripped.isascii() and shown.isprintable() else payload.hex()
