"""The layers of the images in one archive or layout: each looked at once, all within one budget."""

from collections.abc import Callable, Iterator

from builtby.pipeline.image import FolderLayout, TarLayout
from builtby.pipeline.layer import LayerFound, LayerWork, inspect_layer, lost_layer, missing, received
from builtby.pipeline.options import ENTRIES, EXPANDED, Settings
from builtby.pipeline.workers import Crew
from builtby.sources.base import Damaged
from builtby.sources.images import Image, Layer


class Layers:
    """Looks at layers, and remembers them: images of one archive share some, and one image may name one twice.

    `looked_at` is told the size and the name of each layer that is done.
    """

    def __init__(
        self, settings: Settings, crew: Crew, layout: FolderLayout | TarLayout, looked_at: Callable[[int, str], None],
    ) -> None:
        self._settings, self._crew, self._layout, self._looked_at = settings, crew, layout, looked_at
        self._known: dict[str, LayerFound] = {}
        self._entries, self._expanded = ENTRIES, EXPANDED

    def of(self, image: Image) -> list[LayerFound]:
        """Return what is in the layers of an image, the lowest first; one that is not there is told in its place."""
        fresh = list({layer.member: layer for layer in image.layers if layer.member not in self._known}.values())
        crew = self._crew if len(fresh) > 1 else Crew(1, None)
        work_of = self._work(fresh, threaded=self._crew.jobs > 1)
        for work, raw in crew.run(inspect_layer, work_of, lost_layer):
            found = self._known[work.member] = received(raw)
            entries, expanded = found.budget.left
            self._entries -= work.entries - entries
            self._expanded -= work.expanded - expanded
            self._looked_at(work.size, work.name)
        return [self._known[layer.member] for layer in image.layers]

    def _work(self, layers: list[Layer], *, threaded: bool) -> Iterator[LayerWork]:
        for layer in layers:
            try:
                file, offset, size = self._layout.extent(layer.member)
            except Damaged as damage:
                self._known[layer.member] = missing(layer.name, str(damage))
                continue
            yield LayerWork(
                self._settings, file, offset, size, layer.name, layer.member, threaded,
                max(self._entries, 0), max(self._expanded, 0),
            )
