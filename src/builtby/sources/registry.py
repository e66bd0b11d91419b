"""Which archive reader a file needs, by its first bytes and its name. Readers are found as formats are."""

import pkgutil
from functools import cache
from importlib import import_module

from builtby import sources
from builtby.sources.base import Container


@cache
def all_containers() -> tuple[Container, ...]:
    """Return every archive reader. A module of this package announces its own in CONTAINER or CONTAINERS."""
    found: list[Container] = []
    for info in pkgutil.iter_modules(sources.__path__):
        module = import_module(f"{sources.__name__}.{info.name}")
        found += getattr(module, "CONTAINERS", ()) or [c for c in [getattr(module, "CONTAINER", None)] if c]
    return tuple(found)


@cache
def _tables() -> tuple[dict[bytes, list[Container]], list[Container]]:
    magics: dict[bytes, list[Container]] = {}
    others = []
    for container in all_containers():
        for magic in container.magics:
            magics.setdefault(magic[:2], []).append(container)
        if not container.magics:
            others.append(container)
    return magics, others


def identify(path: str, head: bytes) -> Container | None:
    """Return the reader for an archive, or None when the file is none."""
    magics, others = _tables()
    for container in magics.get(head[:2], ()):
        if head.startswith(container.magics) and _named(container, path) and _agrees(container, path, head):
            return container
    for container in others:
        if _named(container, path) and _agrees(container, path, head):
            return container
    return None


def _named(container: Container, path: str) -> bool:
    return not container.suffixes or path.lower().endswith(container.suffixes)


def _agrees(container: Container, path: str, head: bytes) -> bool:
    return container.accepts is None or container.accepts(path, head)
