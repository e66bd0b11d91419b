"""One file's bytes to the tools that made it: format, engine, resolver, and a memory of what was seen before."""

import hashlib
from collections import OrderedDict
from typing import NamedTuple

from builtby.formats.base import Format, Reading, Region
from builtby.marks.engine import Engine, Evidence, settle
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy, Role
from builtby.pipeline.options import Settings
from builtby.sources.base import Damaged
from builtby.sources.view import BytesView, SparseView, View

REMEMBERED = 4096
"""Verdicts kept, by the bytes' digest and by what was read."""
FEW = 4
"""Surfaces of a reading that is likely to be met again."""


class Verdict(NamedTuple):
    """What is known of some bytes, wherever they stand. `marked`: there is some evidence."""

    format: str
    built_by: tuple[BuiltBy, ...]
    facts: dict[str, str]
    problem: str | None
    weight: int
    """About how many characters the evidence has."""
    compiled: bool
    """Whether a compiler is known."""

    @property
    def marked(self) -> bool:
        return bool(self.built_by)


class Identifier:
    """The catalogue, ready to be applied. One for each worker."""

    def __init__(self, settings: Settings) -> None:
        self.engine = Engine(catalogue(settings.rules, nursery=settings.nursery))
        self._known: OrderedDict[str, Verdict] = OrderedDict()
        self._alike: dict[tuple[object, ...], Verdict] = {}
        self._told: dict[tuple[str, bytes], Verdict] = {}

    def view(self, form: Format, view: View, path: str) -> Verdict:
        """Identify what a view shows."""
        return self.of(view, self.read(form, view, path))

    def of(self, view: View, reading: Reading) -> Verdict:
        """Identify what was read. Thousands of files read alike (.pyc files of one Python): that is resolved once."""
        if reading.regions or len(reading.surfaces) > FEW:
            return self.verdict(reading, self.engine.apply(view, reading))
        key = (reading.format, *reading.surfaces, *sorted(reading.facts.items()), reading.problem)
        verdict = self._alike.get(key)
        if verdict is None:
            if len(self._alike) >= REMEMBERED:
                self._alike.clear()
            verdict = self._alike[key] = self.verdict(reading, self.engine.apply(view, reading))
        return verdict

    def told(self, form: Format, view: View, path: str, head: bytes) -> Verdict:
        """Identify a file of a format whose first bytes are all that counts, which `head` begins with."""
        key = form.name, head[: form.telling]
        verdict = self._told.get(key)
        if verdict is None:
            if len(self._told) >= REMEMBERED:
                self._told.clear()
            verdict = self._told[key] = self.view(form, view, path)
        return verdict

    def held(self, form: Format, data: memoryview, path: str) -> tuple[str, Verdict]:
        """Return digest and verdict of bytes in memory; the same bytes are looked at once."""
        digest = hashlib.sha256(data).hexdigest()
        verdict = self._known.get(digest)
        if verdict is None:
            verdict = self._known[digest] = self.view(form, BytesView(data), path)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return digest, verdict

    def lent(self, reading: Reading, evidence: list[Evidence]) -> Verdict:
        """Identify an archive by what its members lent it."""
        return self.verdict(reading, settle(self.engine.apply(None, reading) + evidence, reading))

    def passed(self, form: Format, view: SparseView, path: str, evidence: list[Evidence]) -> Verdict:
        """Identify a file that went by: `evidence` was found on the way, `view` shows the parts that were kept.

        The fact `partial` says that the format asked for parts which were not.
        """
        reading = self.read(form, view, path)
        if view.missed:
            reading.facts["partial"] = "yes"
        inside = [moved for item in evidence if (moved := _placed(item, reading.regions)) is not None]
        return self.verdict(reading, settle(self.engine.apply(None, reading) + inside, reading))

    @staticmethod
    def read(form: Format, view: View, path: str) -> Reading:
        """Read a format. A defect of ours must not stop the scan: it becomes the reading's problem."""
        try:
            return form.read(view, path)
        except (OSError, MemoryError, Damaged):  # not the format's: told by whoever opened the file
            raise
        except Exception as error:
            return Reading(form.name, problem=defect(error))

    @staticmethod
    def verdict(reading: Reading, evidence: list[Evidence]) -> Verdict:
        """Resolve evidence into a verdict."""
        built_by = resolve(evidence, reading.facts)
        return Verdict(
            reading.format, built_by, reading.facts, reading.problem,
            sum(len(mark.value) for tool in built_by for mark in tool.marks),
            any(tool.role is Role.COMPILER for tool in built_by),
        )


def defect(error: Exception) -> str:
    """Return what is said of a file on which we failed."""
    if isinstance(error, MemoryError):
        return "not enough memory to look at it"
    return f"internal error ({type(error).__name__}: {error}); please report it"


def _placed(item: Evidence, regions: list[Region]) -> Evidence | None:
    """Return evidence with the kind of the region that it stands in, or None if it stands in none that counts."""
    offset = item.surface.offset or 0
    for region in regions:
        if region.offset <= offset < region.offset + region.size:
            kinds = item.rule.kinds
            if region.kind in kinds or region.kind.rpartition(".")[2] in kinds:
                return item._replace(surface=item.surface._replace(kind=region.kind))
    return None
