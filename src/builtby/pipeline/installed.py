"""Which files of a tree tell what is installed there. The knowledge is in the packages room."""

from builtby.packages.distro import PLACES
from builtby.packages.readers import interesting


def tells_packages(path: str) -> bool:
    """Whether a file, by its path in a tree, is a package database or other metadata of what is installed."""
    return interesting(path) is not None or path.endswith(PLACES)


def tells_tool(path: str) -> bool:
    """Whether a file, by its path in a tree, may be an installed tool."""
    return False
