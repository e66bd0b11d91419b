"""Which format a file is of, by its first bytes and its name."""

import pkgutil
from functools import cache
from importlib import import_module

from builtby import formats
from builtby.formats.base import Format

HEAD = 4096
"""Bytes of a file's beginning that are looked at to tell its format."""


@cache
def all_formats() -> tuple[Format, ...]:
    """Return every format, by name. A module of this package announces its own in FORMAT or FORMATS."""
    found: list[Format] = []
    for info in pkgutil.iter_modules(formats.__path__):
        module = import_module(f"{formats.__name__}.{info.name}")
        found += getattr(module, "FORMATS", ()) or [f for f in [getattr(module, "FORMAT", None)] if f]
    return tuple(sorted(found, key=lambda f: f.name))


@cache
def _tables() -> tuple[dict[bytes, list[Format]], dict[str, list[Format]], dict[str, list[tuple[str, Format]]]]:
    magics: dict[bytes, list[Format]] = {}
    names: dict[str, list[Format]] = {}
    suffixes: dict[str, list[tuple[str, Format]]] = {}
    for form in all_formats():
        for magic in form.magics:
            magics.setdefault(magic[:2], []).append(form)
        for name in form.names:
            names.setdefault(name, []).append(form)
        for suffix in form.suffixes:
            suffixes.setdefault(suffix.rpartition(".")[2], []).append((suffix, form))
    return magics, names, suffixes


@cache
def sampled() -> tuple[bytes, ...]:
    """Return the endings of files of which, in one archive, a sample will do."""
    return tuple(ending.encode() for form in all_formats() for ending in form.many)


def identify(path: str, head: bytes) -> Format | None:
    """Return the format of a file, or None when no format knows it.

    `path` uses `/`; `head` holds the file's first HEAD bytes.
    """
    magics, names, suffixes = _tables()
    for form in magics.get(head[:2], ()):
        if head.startswith(form.magics) and _agrees(form, path, head):
            return form
    for form in names.get(path.rpartition("/")[2], ()):
        if _agrees(form, path, head):
            return form
    lowered = path.lower()
    for suffix, form in suffixes.get(lowered[lowered.rfind(".") + 1 :], ()):
        if lowered.endswith(suffix) and _agrees(form, path, head):
            return form
    return None


def _agrees(form: Format, path: str, head: bytes) -> bool:
    return form.accepts is None or form.accepts(path, head)
