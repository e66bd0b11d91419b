"""What of a Mach-O file too large to be held is worth keeping as it goes by, told from its load commands.

Of a universal file, only the slices whose commands stand in what was read first tell of anything.
"""

from builtby.formats.macho_image import open_image, slices
from builtby.sources.view import View

_SECTIONS = ("__go_buildinfo", "__info_plist", "__cmdline", "__objc_imageinfo")
_LARGEST = 64 << 10


def wants(view: View) -> list[tuple[int, int]]:
    """Return the ranges of a file that its reading will ask for, as far as its beginning tells."""
    images = [image for start in slices(view) if (image := open_image(view, start)) is not None]
    return [(section.offset, min(section.size, _LARGEST)) for image in images for section in image.sections
            if section.offset and section.name in _SECTIONS]
