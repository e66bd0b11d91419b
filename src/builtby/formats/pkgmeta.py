"""The small files in which packages say how they were made: Debian, Alpine, Arch, conda, Nix.

Inside a package archive their surfaces belong to the package.
"""

import re
from collections.abc import Callable

from builtby.formats.base import Format, Reading
from builtby.formats.json_tools import at, decode, string
from builtby.sources.view import View

MOST_BYTES = 4 << 20
MOST_LINES = 20_000
_ARCH_FACTS = {"pkgname": "name", "pkgver": "version", "builddate": "built", "arch": "machine", "pkgarch": "machine"}
_DEB_FACTS = {"package": "name", "version": "version", "architecture": "machine", "source": "source"}
_DEB_BUILT = ("built-using", "static-built-using", "x-cargo-built-using", "go-import-path", "ruby-versions",
              "python-version", "original-maintainer", "auto-built-package", "ghc-package", "lua-versions")


def _text(view: View) -> str:
    return view.read(0, min(view.size, MOST_BYTES)).decode("utf-8", "replace")


def _key_values(text: str, reading: Reading, kind: str) -> list[tuple[str, str]]:
    """Read `KEY = VALUE` lines; comments at the beginning, where the maker signs, become surfaces."""
    pairs = []
    for line in text.split("\n", MOST_LINES)[:MOST_LINES]:
        if line.startswith("#"):
            reading.add(kind, line)
        else:
            key, equals, value = line.partition(" = ")
            if equals:
                pairs.append((key, value))
    return pairs


def pkginfo(view: View, path: str) -> Reading:
    """Read `.PKGINFO`, of an Alpine or an Arch package."""
    reading = Reading("pkginfo")
    for key, value in _key_values(_text(view), reading, "pkginfo.generated"):
        if key in _ARCH_FACTS:
            reading.facts.setdefault(_ARCH_FACTS[key], value[:256])
    return reading


_INSTALLED = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-[^-]+-[^-]+")


def arch_buildinfo(view: View, path: str) -> Reading:
    """Read Arch's `.BUILDINFO`: the build tool, and every package that was installed where it ran."""
    reading = Reading("arch-buildinfo")
    pairs = _key_values(_text(view), reading, "arch.buildinfo.generated")
    first = dict(reversed(pairs))
    for key, value in _ARCH_FACTS.items():
        if key in first:
            reading.facts[value] = first[key][:256]
    if "buildtool" in first:
        reading.add("arch.buildinfo.tool", f"{first['buildtool']} {first.get('buildtoolver', '')}".strip())
    for key, value in pairs:
        match = _INSTALLED.fullmatch(value) if key == "installed" else None
        if match:
            reading.add("arch.buildinfo.installed", f"{match['name']} {match['version'].rpartition(':')[2]}")
    return reading


def deb_control(view: View, path: str) -> Reading:
    """Read a binary package's `control`."""
    from builtby.packages.base import stanzas

    reading = Reading("deb-control")
    fields = next(stanzas(_text(view), most=1), {})
    for key, fact in _DEB_FACTS.items():
        if key in fields:
            reading.facts[fact] = fields[key][:256]
    for key in _DEB_BUILT:
        if key in fields:
            reading.add("deb.control", f"{key}: {fields[key]}")
    return reading


def conda_about(view: View, path: str) -> Reading:
    """Read a conda package's `info/about.json`: which conda-build made it."""
    reading = Reading("conda-about")
    document = decode(view.read(0, min(view.size, MOST_BYTES)))
    if not isinstance(document, dict):
        reading.problem = "no JSON object"
        return reading
    for key in ("conda_build_version", "conda_version"):
        if string(document.get(key)):
            reading.add("conda.about", f"{key} {string(document[key])}")
    return reading


def conda_recipe(view: View, path: str) -> Reading:
    """Read what rattler-build renders (`system_tools`, `finalized_dependencies`) or conda-build leaves of a recipe."""
    reading = Reading("conda-recipe")
    text = _text(view)
    start = text.find("\nsystem_tools:")
    for line in text[start + 1 :].split("\n")[1:20] if start >= 0 else ():
        match = re.fullmatch(r"  ([\w.-]+): *['\"]?([\w.+-]+)['\"]?", line)
        if match is None:
            break
        reading.add("conda.system_tool", f"{match[1]} {match[2]}")
    return reading


def conda_index(view: View, path: str) -> Reading:
    """Read a conda package's `info/index.json`: what it is."""
    reading = Reading("conda-index")
    document = decode(view.read(0, min(view.size, MOST_BYTES)))
    for key, fact in (("name", "name"), ("version", "version"), ("subdir", "machine"), ("build", "build")):
        value = string(at(document, key))
        if value:
            reading.facts[fact] = value[:256]
    return reading


def _begins(mark: bytes) -> Callable[[str, bytes], bool]:
    return lambda path, head: mark in head


FORMATS = (
    Format("pkginfo", pkginfo, names=(".PKGINFO",), hoist=True, alone=False),
    Format("arch-buildinfo", arch_buildinfo, names=(".BUILDINFO",), accepts=_begins(b"format = "), hoist=True,
           alone=False),
    Format("deb-control", deb_control, names=("control",), hoist=True, alone=False,
           accepts=lambda path, head: head.startswith((b"Package: ", b"Source: ")) and b"\nVersion: " in head),
    Format("conda-about", conda_about, names=("about.json",), accepts=_begins(b'"conda_'), hoist=True, alone=False),
    Format("conda-index", conda_index, names=("index.json",), accepts=_begins(b'"build_number"'), hoist=True,
           alone=False),
    Format("conda-recipe", conda_recipe, names=("rendered_recipe.yaml",), hoist=True, alone=False),
)
