"""builtby: know what built everything you run.

>>> import builtby
>>> for record in builtby.scan("/usr/bin"):  # doctest: +SKIP
...     print(record)
"""

from typing import TYPE_CHECKING, Any

from builtby._version import __version__

if TYPE_CHECKING:
    from builtby.model import Artifact, BuiltBy, Mark, Present, Record, Skipped, Target
    from builtby.scanning import Options, scan

__all__ = [
    "Artifact", "BuiltBy", "Mark", "Options", "Present", "Record", "Skipped", "Target", "__version__", "scan",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # lazy: `builtby --version` must not pay for the scanner
    if name not in __all__:
        raise AttributeError(f"module 'builtby' has no attribute {name!r}")
    from importlib import import_module

    home = "builtby.scanning" if name in {"scan", "Options"} else "builtby.model"
    return getattr(import_module(home), name)
