"""What of an ELF file too large to be held is worth keeping as it goes by, told from its program headers."""

from builtby.formats.elf_frames import KEPT as FRAMES
from builtby.formats.elf_image import PF_W, PT_DYNAMIC, PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE, open_image
from builtby.sources.view import SparseView

BEHIND = 512 << 10
"""Bytes kept behind the last loaded segment: `.comment` and its like stand there, before any debug information."""
DATA = 256 << 10
"""Bytes kept of a writable segment's beginning: Go's build information stands there."""
SMALL = 256 << 10
HEADERS = 4 << 20


def wants(head: bytes, size: int) -> list[tuple[int, int]]:
    """Return the ranges of a file of `size` bytes, beginning with `head`, that its reading will ask for."""
    image = open_image(SparseView(size, [(0, head)]))
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
    if not image.segments and image.phoff:  # moved behind the rest, as by who adds data to a finished program
        ranges.append((image.phoff, SMALL))
    ends = [segment.offset + segment.size for segment in image.segments if segment.type == PT_LOAD]
    if ends:
        ranges.append((max(ends), BEHIND))
    if image.shoff:
        ranges.append((image.shoff, HEADERS))
    return ranges
