"""What pex and shiv write into the Python programs that they zip together."""

from builtby.formats.base import Format, Reading
from builtby.formats.json_tools import at, decode, string
from builtby.sources.view import View

MOST = 4 << 20


def read_pex(view: View, _path: str) -> Reading:
    """Return the version of pex that a PEX-INFO names."""
    return _read(view, "pex-info", ("build_properties", "pex_version"), "pex.version")


def read_shiv(view: View, _path: str) -> Reading:
    """Return the version of shiv that an environment.json names."""
    return _read(view, "shiv-environment", ("shiv_version",), "shiv.version")


def _read(view: View, name: str, keys: tuple[str, ...], kind: str) -> Reading:
    reading = Reading(name)
    version = string(at(decode(view.read(0, MOST)), *keys))
    if version:
        reading.add(kind, version)
    return reading


def _of_shiv(_path: str, head: bytes) -> bool:
    return b'"shiv_version"' in head


FORMATS = (
    Format("pex-info", read_pex, names=("PEX-INFO",), hoist=True, alone=False),
    Format("shiv-environment", read_shiv, names=("environment.json",), accepts=_of_shiv, hoist=True, alone=False),
)
