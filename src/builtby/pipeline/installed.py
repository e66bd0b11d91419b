"""Which files of a tree tell what is installed there. The knowledge is in the packages room."""

from builtby.packages.clues import TEXT_READ, clues
from builtby.packages.distro import PLACES
from builtby.packages.readers import interesting
from builtby.pipeline.options import METADATA, METADATA_TEXT

_BINARY = ("/rpmdb.sqlite", "/Packages.db", "/Packages")


def wanted_bytes(path: str) -> int:
    """Return how many bytes of a file, told by its path in a tree, are wanted to see what is installed; 0 for none."""
    if interesting(path) is not None:
        return METADATA if path.endswith(_BINARY) else METADATA_TEXT
    if path.endswith(PLACES):
        return TEXT_READ
    return TEXT_READ if clues().is_text(path) else 0


def telling_tools(paths: list[str]) -> list[str]:
    """Return those of many paths in a tree that may be an installed tool."""
    return clues().tools(paths)


def tells_tool(path: str) -> bool:
    """Whether a file, by its path in a tree, may be an installed tool."""
    return clues().is_tool(path)
