"""What an archive's members say of the archive: WHEEL of its wheel, classes of their jar, the manifest of both."""

from dataclasses import dataclass

from builtby.formats.base import Reading, Surface
from builtby.marks.engine import Evidence

MOST = 20_000
"""Different texts that members may lend; more prove no more, and a jar of a million classes has few."""
_INFO = "info/"
"""Where a conda package has its metadata."""
ALL, MANY, ONE_IN_FEW, ONE_IN = 8, 64, 4, 64
"""Of members that are much alike, the first are looked at, then each fourth, and of many each 64th: of a small jar
most, of a large one some from all over it."""


@dataclass(slots=True)
class _Counted:
    """One text, and where it stood first."""

    times: int
    offset: int | None
    path: str | None
    extra: tuple[str, ...]


class Lent:
    """Surfaces and evidence that members gave up to the archive around them; like ones are counted together."""

    def __init__(self, *, any_depth: bool, payload: bool = False) -> None:
        self._any_depth, self.payload = any_depth, payload
        self.name: str | None = None
        """The format of the archive in the compressed file that this is for."""
        self._top: str | None = None
        self._surfaces: dict[tuple[str, str], _Counted] = {}
        self._alike = 0
        self.evidence: list[Evidence] = []

    def takes(self, member: str) -> bool:
        """Whether a member speaks for the archive.

        In a jar or a wheel, every one does; of a package for a system, only its own metadata. A tar archive may be
        anything: only files at its top, or in its one folder, as a source distribution and an npm package have it.
        """
        if self.payload:
            return "/" not in member.removeprefix(_INFO)
        if self._any_depth:
            return True
        top, _, rest = member.partition("/")
        if top.startswith(".") and not rest:
            return True
        self._top = self._top or top
        return top == self._top and "/" not in rest

    def enough(self) -> bool:
        """Count a member of those that are much alike, such as classes; whether enough were looked at already."""
        self._alike += 1
        return self._alike > ALL and self._alike % (ONE_IN if self._alike > MANY else ONE_IN_FEW) != 0

    def add(self, reading: Reading, evidence: list[Evidence], member: str) -> None:
        """Take what a member has to say."""
        for kind, value, offset, times, _, extra in reading.surfaces:
            self.surface(kind, value, offset, times, member, extra)
        if len(self.evidence) < MOST:
            self.evidence += [item._replace(surface=item.surface._replace(path=member)) for item in evidence]

    def surface(
        self, kind: str, value: str, offset: int | None = None, times: int = 1, path: str | None = None,
        extra: tuple[str, ...] = (),
    ) -> None:
        """Take one surface."""
        known = self._surfaces.get((kind, value))
        if known is not None:
            known.times += times
        elif len(self._surfaces) < MOST:
            self._surfaces[kind, value] = _Counted(times, offset, path, extra)

    def note(self, kind: str, value: str) -> None:
        """Take a surface of the archive itself."""
        self.surface(kind, value)

    def reading(self, name: str) -> Reading:
        """Return the archive's reading."""
        return Reading(name, [
            Surface(kind, value, first.offset, first.times, first.path, first.extra)
            for (kind, value), first in self._surfaces.items()
        ])
