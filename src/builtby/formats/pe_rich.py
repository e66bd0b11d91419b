"""The Rich header: how many objects of which product and build Microsoft's linker was given.

Surface `pe.rich`, one an entry, `times` the number of objects:
`KIND VERSION prod=0x104 build=35228 objects=linker`, such as `c 19.44.35228 prod=0x104 build=35228 objects=linker`.

KIND says what made the objects (`c`, `c++`, `c-ltcg`, `assembler`, `linker`, `import`, `resource` … or `other`), by
the product number; the numbers' meaning is data (marks/tables/msvc-products.json).
VERSION is the version that the tool prints. Since Visual Studio 2015 all generations share their product numbers, and
the minor number is not in the entry: it is that of the linker (14.44 goes with compiler 19.44) when the build is the
linker's own too, and `?` otherwise, so nothing is guessed and no table of builds has to be kept.
`objects=linker` says that the build is the linker's own: the toolset that the program was built with.
`objects=other` are of another build: the C runtime's, and libraries that came compiled.

Source: the layout was described by Daniel Pistelli in "Microsoft's Rich Signature (undocumented)".
"""

from functools import cache
from importlib import resources
from struct import unpack_from

import msgspec

from builtby.formats.base import Reading
from builtby.sources.view import View

_DOS = 128
_MOST = 4096
_MOST_ENTRIES = 256
_MASK = 0xFFFF_FFFF
_SHARED_FAMILIES = ("14", "19")


@cache
def products() -> dict[int, tuple[str, str]]:
    """Return the kind and the family of each product number: 0x104 -> ("c", "19"), 0xe0 -> ("c", "18.00")."""
    raw = (resources.files("builtby.marks") / "tables" / "msvc-products.json").read_bytes()
    entries: dict[str, str] = msgspec.json.decode(raw)["entries"]
    pairs = ((int(number, 16), value.partition(" ")) for number, value in entries.items())
    return {number: (kind, family) for number, (kind, _, family) in pairs}


def read_rich(view: View, pe_offset: int, linker: tuple[int, int] | None, reading: Reading) -> int:
    """Add the surfaces, and the fact `rich` = `valid`, `forged` (the key is not the header's sum) or `none`.

    The fact `rich.unmarked` tells of objects that no product's number came with (Rust's, LLVM's, other assemblers'):
    `none`, `some`, or `most`, when they are more than those of the program's own C and C++. Returns their number.
    """
    raw = view.read(0, min(pe_offset, _MOST))
    place = raw.rfind(b"Rich")
    if place < _DOS or place + 8 > len(raw):
        reading.facts["rich"] = "none"
        return 0
    key = unpack_from("<I", raw, place + 4)[0]
    start = raw.rfind((int.from_bytes(b"DanS", "little") ^ key).to_bytes(4, "little"), 64, place)
    if start < 0 or (place - start) % 8:
        reading.facts["rich"] = "none"
        return 0
    entries = [_entry(raw, at, key) for at in range(start + 16, place, 8)][:_MOST_ENTRIES]
    valid = _checksum(raw, start, entries) == key
    reading.facts["rich"] = "valid" if valid else "forged"
    return _add(entries, start, linker, reading) if valid else 0


def _entry(raw: bytes, at: int, key: int) -> tuple[int, int, int]:
    compid, count = unpack_from("<II", raw, at)
    compid ^= key
    return compid >> 16, compid & 0xFFFF, count ^ key


def _checksum(raw: bytes, start: int, entries: list[tuple[int, int, int]]) -> int:
    """The key is the sum of the DOS header's bytes and of the entries, each rotated by its place or its count."""
    total = start
    for at in range(start):
        if not 60 <= at < 64:  # e_lfanew was not known when the key was made
            total += _rotated(raw[at], at)
    for product, build, count in entries:
        total += _rotated(product << 16 | build, count)
    return total & _MASK


def _rotated(value: int, by: int) -> int:
    by &= 31
    return (value << by | value >> (32 - by)) & _MASK


def _add(entries: list[tuple[int, int, int]], start: int, linker: tuple[int, int] | None, reading: Reading) -> int:
    own = {build for product, build, _ in entries if kind_of(product) == "linker"}
    unmarked = sum(count for product, _, count in entries if kind_of(product) == "unmarked")
    compiled = sum(count for product, build, count in entries if build in own and kind_of(product)[0] == "c")
    reading.facts["rich.unmarked"] = "most" if unmarked > compiled else "some" if unmarked else "none"
    for index, (product, build, count) in enumerate(entries):
        reading.add("pe.rich", describe(product, build, linker if build in own else None, build in own),
                    start + 16 + 8 * index, min(max(count, 1), 1 << 20))
    return unmarked


def kind_of(product: int) -> str:
    """Return what a product number stands for, or `other`."""
    return products().get(product, ("other", ""))[0]


def describe(product: int, build: int, linker: tuple[int, int] | None, own: bool) -> str:
    """Return the text of an entry; `linker` is the optional header's version where it speaks for this build."""
    kind, family = products().get(product, ("other", ""))
    version = "?"
    if build and "." in family:
        version = f"{family}.{build}"
    elif build and family in _SHARED_FAMILIES and linker is not None and linker[0] == 14:
        version = f"{family}.{linker[1]:02d}.{build}"
    return f"{kind} {version} prod={product:#x} build={build} objects={'linker' if own else 'other'}"
