"""What reads one kind of log."""

from typing import Any, Protocol

from builtby.builds.imports.scene import Scene


class Source(Protocol):
    """Takes the documents of a log one after the other."""

    name: str
    cannot: tuple[str, ...]
    """What such a log never tells, in words."""

    def __init__(self, scene: Scene) -> None:
        """Tell the scene what is read."""

    @staticmethod
    def recognises(document: Any) -> bool:  # noqa: ANN401  # JSON, or a line
        """Whether a document is of this kind."""

    def take(self, document: Any) -> bool:  # noqa: ANN401  # JSON, or a line
        """Take a document; False when nothing in it is of use here."""

    def finish(self) -> None:
        """Take in what was held back for more."""
