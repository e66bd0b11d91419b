"""What of a PE file too large to be held is worth keeping as it goes by, told from its headers."""

from builtby.formats.pe_image import CLR, DEBUG, EXPORT, IMPORT, MEM_EXECUTE, MEM_WRITE, RESOURCE, TLS, open_image
from builtby.sources.view import View

DATA = 64 << 10
"""Bytes kept of a writable section's beginning: Go's build information stands there."""
DIRECTORY = 256 << 10
"""Bytes kept from where a directory begins: the names that it points to mostly stand near."""


def wants(view: View) -> list[tuple[int, int]]:
    """Return the ranges of a file that its reading will ask for, as far as its beginning tells."""
    image = open_image(view)
    if image is None:
        return []
    writable = [s for s in image.sections if s.flags & MEM_WRITE and s.size and not s.flags & MEM_EXECUTE]
    ranges = [(section.offset, min(section.size, DATA)) for section in writable[:1]]
    for number in (DEBUG, IMPORT, EXPORT, TLS, RESOURCE, CLR):
        offset, length = image.directory(number)
        if length:
            ranges.append((offset, min(DIRECTORY, view.size - offset)))
    return [(offset, length) for offset, length in ranges if length > 0]
