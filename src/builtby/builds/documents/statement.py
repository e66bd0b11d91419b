"""What in-toto statements of a build have in common: their envelope, when the build was, and how it was looked at."""

from typing import Any

from builtby.builds.documents.parts import Parts
from builtby.builds.model import Process, Record

STATEMENT = "https://in-toto.io/Statement/v1"


def statement(parts: Parts, kind: str, predicate: dict[str, Any]) -> dict[str, Any]:
    """Return a predicate of a kind as a statement, not signed, of what the build left."""
    return {"_type": STATEMENT, "subject": _subjects(parts), "predicateType": kind, "predicate": predicate}


def _subjects(parts: Parts) -> list[dict[str, Any]]:
    return [{"name": parts.short(path), "digest": {"sha256": digest}} for path, digest in parts.products]


def observation(record: Record) -> dict[str, Any]:
    """Return how the build was looked at, and what was not seen."""
    return {"backend": record.backend, "complete": record.complete, "unobserved": list(record.unobserved)}


def known(**fields: object) -> dict[str, Any]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def identity(process: Process) -> dict[str, Any]:
    """Return what is known of the tool that a program is, and of its package."""
    tool = process.tool
    return known(package=process.package, asPackaged=process.as_packaged, tool=tool.tool if tool else None,
                 version=tool.version if tool else None)
