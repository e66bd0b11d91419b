"""Goes into archives, and into archives in them, without unpacking any."""

import os
from typing import TYPE_CHECKING

from builtby.formats.registry import sampled
from builtby.pipeline.budget import Exhausted
from builtby.pipeline.lent import Lent
from builtby.pipeline.options import DEPTH, EXPANDED
from builtby.pipeline.place import Place
from builtby.sources.base import Container, Damaged, Members, Stream, Unwanted
from builtby.sources.stream import ChunkStream, HashedChunks, ViewStream, metered, stream_chunks
from builtby.sources.view import View

if TYPE_CHECKING:
    from builtby.pipeline.inspect import Inspector, Named

WRAPPINGS = frozenset({"gzip", "xz", "lzma", "bzip2", "zstd"})
"""Containers of one member with no name of its own."""

PLAIN = tuple(ending.encode() for ending in (
    ".c", ".cc", ".cpp", ".css", ".csv", ".dtd", ".gif", ".go", ".groovy", ".h", ".hpp", ".html", ".ico", ".java",
    ".jpeg", ".jpg", ".jsp", ".kt", ".kts", ".md", ".png", ".po", ".proto", ".res", ".rs", ".rst", ".scala", ".svg",
    ".swift", ".tld", ".ts", ".ttf", ".woff", ".woff2", ".xsd",
))
"""Endings of members that are passed over in zip archives: to see what they begin with, each has to be inflated."""
UNREAD = {
    "other": "neither a file, a folder nor a link",
    "sparse": "a sparse file, which archives hold in pieces; not read",
}
"""Members that are not looked at, and why."""


class Archives:
    """Walks archives for an inspector."""

    def __init__(self, inspector: "Inspector") -> None:
        self._inspector = inspector

    def enter(self, container: Container, source: View | Stream, place: Place, named: "Named | None") -> None:
        """Go into an archive. It is an artifact itself if it is a package, or if its members say what made it.

        What is in a compressed file, or carries a package's files, is that file, or that package, in another form.
        `named` gives its digest and size; without it they are taken as it goes by.
        """
        if place.level >= DEPTH:
            self._inspector.collector.skipped(place.path, f"archives nested deeper than {DEPTH}: not gone into")
            return
        stream = ViewStream(source) if isinstance(source, View) and container.view is None else source
        if not container.artifact and place.lent is not None and (place.wrapped or place.lent.payload):
            if place.wrapped:
                place.lent.name = container.name
            self._members(container, stream, place, place.lent)
            return
        payload = container.payload or place.inner.endswith(".conda")
        lent = Lent(any_depth=container.artifact, payload=payload)
        if named is None and not isinstance(stream, View):
            hashed = HashedChunks(stream_chunks(stream))
            stream, named = ChunkStream(iter(hashed)), hashed.finish
        self._members(container, stream, place, lent)
        name = container.name if container.payload else lent.name or container.name
        verdict = self._inspector.identifier.lent(lent.reading(name), lent.evidence)
        if not (container.artifact or verdict.marked) or not self._inspector.filters.wanted(place.path, None):
            return
        if isinstance(source, View) and source.size > EXPANDED:
            self._inspector.collector.skipped(place.path, f"larger than {EXPANDED >> 30} GiB: not named by its digest")
        elif named:
            self._inspector.artifact(verdict, place, *named())

    def _members(self, container: Container, source: View | Stream, place: Place, lent: Lent) -> None:
        collector, budget = self._inspector.collector, place.budget
        plain, alike = PLAIN if isinstance(source, View) else (), sampled()
        passed = 0

        def unwanted(path: bytes) -> bool:
            nonlocal passed
            passed += 1
            return lent.enough() if path.endswith(alike) else path.endswith(plain)

        def count() -> None:
            nonlocal passed
            collector.found.files += passed
            budget.entry(passed)
            passed = 0

        wrapping, tree = container.name in WRAPPINGS, place.tree and container.name == "tar"
        try:
            for member, stream in _wanted(container, source, lent, unwanted):
                count()
                if member.kind != "file":
                    budget.entry()
                    if member.kind not in UNREAD:
                        continue
                inner = place.within(lent) if wrapping else place.member(tidy(member.path), lent, tree=tree)
                if member.kind in UNREAD:
                    collector.skipped(inner.path, UNREAD[member.kind])
                elif not self._inspector.filters.excluded(inner.path):
                    self._inspector.member(member, metered(stream, budget.spend), inner)
        except Exhausted:
            raise
        except Damaged as damage:
            collector.skipped(place.path, f"{container.name}: {damage}")
        count()


def _wanted(container: Container, source: View | Stream, lent: Lent, unwanted: Unwanted) -> Members:
    if isinstance(source, View):
        assert container.view is not None
        return container.view(source, lent.note, unwanted)
    members = container.stream(source, lent.note)
    return (
        (member, stream) for member, stream in members
        if member.kind != "file" or not unwanted(os.fsencode(member.path))
    )


def tidy(path: str) -> str:
    """Return a member's path without what would lead out of the archive; it only names, and is never opened."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join(parts) if ".." not in parts else "/".join("(..)" if part == ".." else part for part in parts)
