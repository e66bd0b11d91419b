"""Debian packages: an `ar` archive whose first member says so (deb(5); ipk and udeb are the same)."""

from builtby.sources import ar
from builtby.sources.base import Container


def _accepts(_path: str, head: bytes) -> bool:
    return head[8:21] == b"debian-binary"


CONTAINER = Container("deb", ar.read, magics=(ar.MAGIC,), accepts=_accepts, artifact=True, payload=True)
