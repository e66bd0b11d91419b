"""Python bytecode: the magic number that changes with the interpreter that compiled it. Source: PEP 552, CPython."""

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

_FLAGS = {0: "timestamp", 1: "unchecked-hash", 3: "checked-hash"}
_TELLING = 8
"""Bytes of the magic and the flags. Behind them stands when the source was changed, or its hash."""
_FIRST_WITH_FLAGS = 3392
_FIRST_OF_PYTHON_2 = 20121


def read(view: View, _path: str) -> Reading:
    """Return the magic number (`pyc.magic`), and how the file is checked against its source (fact `pyc`)."""
    reading = Reading("pyc")
    head = view.read(0, _TELLING)
    magic = int.from_bytes(head[:2], "little")
    reading.add("pyc.magic", str(magic), 0)
    if _FIRST_WITH_FLAGS <= magic < _FIRST_OF_PYTHON_2 and len(head) == _TELLING:
        reading.facts["pyc"] = _FLAGS.get(int.from_bytes(head[4:8], "little"), "unknown")
    return reading


def _accepts(_path: str, head: bytes) -> bool:
    return len(head) >= _TELLING and head[2:4] == b"\r\n"


FORMAT = Format("pyc", read, suffixes=(".pyc", ".pyo"), accepts=_accepts, hoist=True, telling=_TELLING)
