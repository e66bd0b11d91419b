"""Python distributions: the files of `dist-info` and `egg-info` that say what built, repaired or installed them.

Source: the binary distribution format and the recording of installed projects, https://packaging.python.org.
"""

import re

import msgspec

from builtby.formats.base import Format, Reading
from builtby.formats.properties import beginning
from builtby.sources.view import View

MOST = 64 << 10
"""Bytes of a metadata file that are looked at; a description may follow them and says nothing."""
LINES = 200
_VENDORED = re.compile(r"(?:^|/)(?:_?vendor(?:ed)?|_bundled|externals?)/")
_EGG_INFO = re.compile(r"-\d[^/]*\.egg-info/PKG-INFO$|(?:^|/)EGG-INFO/PKG-INFO$")
_HOME = re.compile(r"(?i)((?:[\\/]|^)(?:users|home)[\\/]+)[^\\/'\"]+")


class _Tool(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Metadata(msgspec.Struct):
    tools: list[_Tool] = []


class _Bom(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


def _fields(view: View, *wanted: str) -> list[tuple[str, str]]:
    """Return the wanted `Name: value` headers, in order."""
    found = []
    for line in beginning(view, MOST).decode("utf-8", "backslashreplace").splitlines()[:LINES]:
        name, colon, value = line.partition(":")
        if not line.strip():
            break
        if colon and name.lower() in wanted:
            found.append((name.lower(), value.strip()))
    return found


def read_wheel(view: View, path: str) -> Reading:
    """Return each `wheel.generator`, `wheel.tag` and `wheel.purelib`.

    A wheel may carry other distributions within it; what built those did not build it: `wheel.vendored_generator`.
    """
    reading = Reading("wheel-metadata")
    kinds = {"generator": "wheel.generator", "tag": "wheel.tag", "root-is-purelib": "wheel.purelib"}
    for name, value in _fields(view, *kinds):
        if not _VENDORED.search(path):
            reading.add(kinds[name], value)
        elif name == "generator":
            reading.add("wheel.vendored_generator", value)
    return reading


def read_metadata(view: View, path: str) -> Reading:
    """Return the metadata's version, as `python.metadata_version`, and whether an egg was installed."""
    reading = Reading("python-metadata")
    for _, value in _fields(view, "metadata-version"):
        reading.add("python.metadata_version", value)
    if _EGG_INFO.search(path) and not _VENDORED.search(path):
        reading.add("python.egg_info", path.rpartition("/")[2])
    return reading


def read_installer(view: View, path: str) -> Reading:
    """Return the name of the program that installed the distribution, as `python.installer`."""
    reading = Reading("python-installer")
    if not _VENDORED.search(path):
        reading.add("python.installer", view.read(0, 64).partition(b"\n")[0].strip())
    return reading


def read_delvewheel(view: View, _path: str) -> Reading:
    """Return what the file says of the repair, as `wheel.delvewheel`; the names of people's folders are left out."""
    reading = Reading("delvewheel")
    for name, value in _fields(view, "version", "arguments"):
        shown = _HOME.sub(r"\1~", value[:1000])
        reading.add("wheel.delvewheel", f"{name}: {shown}")
    return reading


def read_repair_bom(view: View, _path: str) -> Reading:
    """Return the tools that wrote a wheel's bill of materials, as `wheel.sbom_tool` `NAME VERSION`."""
    reading = Reading("wheel-sbom")
    if view.size > 1 << 20:
        reading.problem = "bill of materials larger than 1 MiB"
        return reading
    try:
        bom = msgspec.json.decode(view.read(0, view.size), type=_Bom)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        reading.problem = "not a bill of materials in JSON"
        return reading
    for tool in bom.metadata.tools[:8]:
        reading.add("wheel.sbom_tool", f"{tool.name} {tool.version}")
    return reading


def _in_dist_info(path: str, _head: bytes) -> bool:
    return ".dist-info/" in path or path.startswith("EGG-INFO/")


FORMATS = (
    Format("wheel-metadata", read_wheel, names=("WHEEL",), accepts=_in_dist_info, hoist=True),
    Format("python-metadata", read_metadata, names=("METADATA", "PKG-INFO"), hoist=True,
           accepts=lambda _path, head: head[:128].lower().lstrip(b"\xef\xbb\xbf").startswith(b"metadata-version:")),
    Format("python-installer", read_installer, names=("INSTALLER",), accepts=_in_dist_info, hoist=True),
    Format("delvewheel", read_delvewheel, names=("DELVEWHEEL",), accepts=_in_dist_info, hoist=True, alone=False),
    Format("wheel-sbom", read_repair_bom, names=("auditwheel.cdx.json",), accepts=_in_dist_info, hoist=True,
           alone=False),
)
