"""Archives and images that are known, and not opened: what they hold was not looked at, which is to be said."""

from functools import cache
from importlib import resources

import msgspec


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of file that may hold programs. `magic`: hexadecimal."""

    name: str
    magic: str = ""
    suffixes: tuple[str, ...] = ()


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    closed: tuple[Closed, ...]


@cache
def kinds() -> tuple[Closed, ...]:
    """Return what is known."""
    raw = (resources.files("builtby") / "sources" / "closed.toml").read_bytes()
    return msgspec.toml.decode(raw, type=_Table).closed


@cache
def _by_magic() -> dict[bytes, list[tuple[bytes, Closed]]]:
    found: dict[bytes, list[tuple[bytes, Closed]]] = {}
    for kind in kinds():
        magic = bytes.fromhex(kind.magic)
        if magic:
            found.setdefault(magic[:2], []).append((magic, kind))
    return found


@cache
def _by_suffix() -> dict[str, Closed]:
    return {suffix: kind for kind in kinds() if not kind.magic for suffix in kind.suffixes}


def closed(path: str, head: bytes) -> str | None:
    """Return why a file that neither a format nor a container knows is not opened; None for any other file."""
    for magic, kind in _by_magic().get(head[:2], ()):
        if head.startswith(magic) and (not kind.suffixes or path.lower().endswith(kind.suffixes)):
            return _reason(kind)
    named = _by_suffix().get(path[-4:].lower()) if head else None
    return _reason(named) if named is not None else None


def _reason(kind: Closed) -> str:
    return f"{kind.name}, which builtby does not open"
