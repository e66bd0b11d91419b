"""Whether a file is of no kind that is known: most of a file system is, and this is asked of every file there is."""

from functools import cache
from typing import NamedTuple

from builtby.formats.registry import all_formats
from builtby.sources.closed import kinds
from builtby.sources.registry import all_containers
from builtby.sources.tar import is_tar


class _Signs(NamedTuple):
    """What the bytes or names of all known kinds have at least."""

    beginnings: frozenset[bytes]
    """The first two bytes."""
    names: frozenset[str]
    endings: frozenset[str]
    """What follows a name's last dot, in lower case."""


@cache
def _signs() -> _Signs:
    containers, formats, closed = all_containers(), all_formats(), kinds()
    magics = [magic for known in containers for magic in known.magics]
    magics += [magic for known in formats for magic in known.magics]
    magics += [bytes.fromhex(known.magic) for known in closed if known.magic]
    suffixes = [suffix for known in formats for suffix in known.suffixes]
    suffixes += [suffix for known in closed for suffix in known.suffixes]
    return _Signs(
        frozenset(magic[:2] for magic in magics), frozenset(name for form in formats for name in form.names),
        frozenset(suffix.rpartition(".")[2] for suffix in suffixes),
    )


def dull(path: str, head: bytes) -> bool:
    """Whether no format, no container and no closed kind can know a file; False for one that one of them may know.

    `head`: its first bytes, as the formats' registry wants them.
    """
    beginnings, names, endings = _signs()
    if head[:2] in beginnings:
        return False
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") + 1 :].lower() not in endings and name not in names and not is_tar(path, head)
