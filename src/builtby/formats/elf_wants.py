"""What of an ELF file too large to be held is worth keeping as it goes by, told from its program headers.

Who adds data to a finished program may have moved those behind the rest: they are kept, and tell then. Where the names
of its sections stand, only the headers at its end tell, and they may stand far before those: their own name betrays
them.
"""

from collections.abc import Iterator

from builtby.formats.elf_frames import KEPT as FRAMES
from builtby.formats.elf_image import PF_W, PT_DYNAMIC, PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE, open_image
from builtby.formats.gobuildinfo import follow as follow_buildinfo
from builtby.formats.gopclntab import follow as follow_table
from builtby.sources.view import View

BEHIND = 512 << 10
"""Bytes kept behind the last loaded segment: `.comment` and its like stand there, before any debug information."""
DATA = 256 << 10
"""Bytes kept of a writable segment's beginning: Go's build information stands there."""
SMALL = 256 << 10
HEADERS = 4 << 20
NAMES = 16 << 10
"""Bytes kept before and behind the name of the section of names: what other sections are called stands around it."""
_NAME = b"\0.shstrtab\0"
_MOST_NAMES = 16


def wants(view: View) -> list[tuple[int, int]]:
    """Return the ranges of a file that its reading will ask for, as far as what was kept of it tells."""
    image = open_image(view)
    if image is None:
        return []
    ranges = []
    for segment in image.segments:
        if segment.type == PT_GNU_EH_FRAME:
            ranges.append((segment.offset + segment.size, FRAMES))
        elif segment.type in (PT_NOTE, PT_DYNAMIC):
            ranges.append((segment.offset, min(segment.size, SMALL)))
        elif segment.type == PT_LOAD and segment.flags & PF_W:
            ranges.append((segment.offset, min(segment.size, DATA)))
    if not image.segments and image.phoff:
        ranges.append((image.phoff, SMALL))
    loaded = [segment for segment in image.segments if segment.type == PT_LOAD]
    written = [segment for segment in loaded if segment.flags & PF_W]
    ends = {max(one.offset + one.size for one in some) for some in (loaded, written) if some}
    ranges += [(end, BEHIND) for end in sorted(ends)]  # what was added is behind the program's own
    if image.shoff:
        ranges.append((image.shoff, HEADERS))
    return ranges


def follow(offset: int, data: memoryview) -> list[tuple[int, int]]:
    """Return the ranges around the names of sections in these bytes of a file, and of what Go left there."""
    held = bytes(data)
    names = [(offset + max(at - NAMES, 0), 2 * NAMES) for at in _found(held)]
    return follow_table(offset, data) + follow_buildinfo(offset, held) + names


def _found(data: bytes) -> Iterator[int]:
    at = data.find(_NAME)
    for _ in range(_MOST_NAMES):
        if at < 0:
            return
        yield at
        at = data.find(_NAME, at + NAMES)
