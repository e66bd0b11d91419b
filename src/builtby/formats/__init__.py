"""One module a format: bytes to surfaces. Formats know no tools, and never raise on bad bytes.

To add a format, add a module here with a module-level `FORMAT` (or `FORMATS`, a tuple); it is found by itself.
"""

from builtby.formats.base import Format, Reading, Region, Surface

__all__ = ["Format", "Reading", "Region", "Surface"]
