"""What an archive's members say of the archive: WHEEL of its wheel, classes of their jar, the manifest of both."""

from builtby.formats.base import Reading, Surface
from builtby.marks.engine import Evidence

MOST = 20_000
"""Different texts that members may lend; more prove no more, and a jar of a million classes has few."""


class Lent:
    """Surfaces and evidence that members gave up to the archive around them; like ones are counted together."""

    def __init__(self, *, any_depth: bool) -> None:
        self._any_depth = any_depth
        self._top: str | None = None
        self._surfaces: dict[tuple[str, str], Surface] = {}
        self.evidence: list[Evidence] = []

    def takes(self, member: str) -> bool:
        """Whether a member speaks for the archive.

        In a jar or a wheel, every one does. A tar archive may be anything: only files at its top, or in its one
        folder, as a source distribution and an npm package have it.
        """
        if self._any_depth:
            return True
        top, _, rest = member.partition("/")
        if top.startswith(".") and not rest:
            return True
        self._top = self._top or top
        return top == self._top and "/" not in rest

    def add(self, reading: Reading, evidence: list[Evidence], member: str) -> None:
        """Take what a member has to say."""
        for surface in reading.surfaces:
            self.surface(surface._replace(path=member))
        if len(self.evidence) < MOST:
            self.evidence += [item._replace(surface=item.surface._replace(path=member)) for item in evidence]

    def surface(self, surface: Surface) -> None:
        """Take one surface."""
        key = (surface.kind, surface.value)
        known = self._surfaces.get(key)
        if known is not None:
            self._surfaces[key] = known._replace(times=known.times + surface.times)
        elif len(self._surfaces) < MOST:
            self._surfaces[key] = surface

    def note(self, kind: str, value: str) -> None:
        """Take a surface of the archive itself."""
        self.surface(Surface(kind, value))

    def reading(self, name: str) -> Reading:
        """Return the archive's reading."""
        return Reading(name, list(self._surfaces.values()))
