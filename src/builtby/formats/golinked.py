"""Which of Go's own packages are linked into a program, and which of the functions that advisories name.

Facts, for a program whose function table (gopclntab) could be read; none otherwise:

- `go.table`: the table's version, `1.20`; it names the linked functions, and those that were inlined into them.
  `1.2 functions` when it is so old that it may not name those that were inlined.
- `go.packages`: the standard library's and Go's own tools' packages that are linked, joined by blanks.
- `go.symbols`: those of the sought functions that are linked, as `net/http.Server.Serve`, joined by blanks.
- `go.sought`: which list of functions was sought.
- `go.os`, `go.arch`: what the program was built for, in Go's words; `unix` for what the format alone tells of an ELF.

Source: the names as Go's linker writes them, `net/http.(*Server).Serve`, and debug/gosym, which takes them apart.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import resources
from itertools import chain
from typing import NamedTuple

import msgspec

from builtby.formats.base import Reading
from builtby.formats.gopclntab import Functions, read_functions
from builtby.sources.view import View

INLINED_NAMED = (1, 9)
"""Since this version of Go, the table names the inlined functions too."""
_MOST_PACKAGES = 2000
_PACKAGE = re.compile(r"[a-z][\w./-]{0,199}", re.ASCII)
_NO_PACKAGES = {"main", "go", "type"}
"""Go's words for the program itself, and for what its compiler and linker make up."""
_OWN = re.compile(
    rb"\0(([^./\[\0]++(?:/(?:[^/\[\0]*+/)*+[^./\[\0]*+)?)"
    rb"\.[^/\[\0]*+(?:\[[^\0]*+)?(?=\0)(?:\0\2\.[^/\[\0]*+(?:\[[^\0]*+)?(?=\0))*+)",
)
"""A package with no dot in its first element, and its functions as far as they follow one another, as they mostly do.

Of a million names, most are other people's: those are passed over at a dot. Nothing here is ever matched twice.
"""
_TYPES = re.compile(rb"\[[^\0]*\]")
_OWN_TOOLS = "cmd/"
_GO = re.compile(r"(?:devel )?go(\d+)\.(\d+)")


class Sought(NamedTuple):
    """A list of functions. `spellings`: by each way in which a table may name it, its names in the list."""

    spellings: dict[bytes, tuple[str, ...]]
    names: frozenset[str]
    packages: frozenset[str]
    digest: str


@cache
def sought() -> Sought:
    """Return the list that advisories give."""
    raw = (resources.files("builtby") / "advisories" / "go-symbols.json").read_bytes()
    return make_sought(msgspec.json.decode(raw)["packages"])


def make_sought(packages: dict[str, list[str]]) -> Sought:
    """Return a list of functions by package, with every spelling of them."""
    spellings: dict[bytes, tuple[str, ...]] = {}
    for package, symbols in packages.items():
        for symbol in symbols:
            for spelling in _spellings(package, symbol):
                spellings[spelling] = (*spellings.get(spelling, ()), f"{package}.{symbol}")
    digest = hashlib.sha256(msgspec.json.encode(packages, order="sorted")).hexdigest()[:12]
    names = frozenset(name for spelled in spellings.values() for name in spelled)
    return Sought(spellings, names, frozenset(packages), digest)


def _spellings(package: str, symbol: str) -> Iterator[bytes]:
    receiver, _, method = symbol.rpartition(".")
    yield f"{package}.{symbol}".encode()
    if receiver:
        yield f"{package}.(*{receiver}).{method}".encode()
    if receiver == package.rpartition("/")[2]:  # some name the package again
        yield f"{package}.{method}".encode()


def add_linked(reading: Reading, view: View, places: Iterable[Iterable[tuple[int, int]]], system: str) -> None:
    """Add the facts. `places`: for each slice of the file, the (offset, size) ranges where its table may be.

    `system`: what the program was built for as the format tells it, where the build information does not.
    """
    wanted = sought()
    tables = [read_functions(view, ranges, wanted.spellings.keys()) for ranges in places]
    whole = [table for table in tables if table is not None]
    if not whole or len(whole) < len(tables) or not _trusted(whole, reading):
        return
    own = _own(b"".join(table.names for table in whole))
    packages = _packages(own, reading, wanted)
    if "runtime" not in packages or len(packages) > _MOST_PACKAGES:
        return  # only a part of a program, or its names were garbled
    reading.facts |= {
        "go.table": _described(whole, reading), "go.packages": " ".join(sorted(packages)), "go.sought": wanted.digest,
    }
    symbols = _symbols(own, reading, wanted)
    if symbols:
        reading.facts["go.symbols"] = " ".join(sorted(symbols))
    _tell_platform(reading, system)


def _own(names: bytes) -> dict[str, list[bytes]]:
    """Return the functions of packages with no dot in their first element: by package, runs of names between NULs.

    A NUL ends each of `names`, of which there may be many megabytes: no copy is made to put one before the first.
    """
    own: dict[str, list[bytes]] = {}
    first = b"\0" + names[: names.find(b"\0") + 1]
    for functions, package in chain(_OWN.findall(first), _OWN.findall(names)):
        own.setdefault(package.decode("latin-1"), []).append(functions)
    return own


def _packages(own: Collection[str], reading: Reading, wanted: Sought) -> set[str]:
    packages = {package for package in own if package not in _NO_PACKAGES and _PACKAGE.fullmatch(package)}
    for module in _modules(reading):
        inside = {package for package in packages if package == module or package.startswith(module + "/")}
        packages -= inside - wanted.packages
    return packages | _main(reading)


def _modules(reading: Reading) -> list[str]:
    """Return the modules of the program that look like the standard library's packages: no dot in the first word."""
    kinds = ("go.buildinfo.main", "go.buildinfo.mod")
    paths = {surface.value.partition(" ")[0] for surface in reading.surfaces if surface.kind in kinds}
    return sorted(path for path in paths if path not in ("std", "cmd") and "." not in path.partition("/")[0])


def _main(reading: Reading) -> set[str]:
    """Return the program's own package when it is one of Go's tools."""
    paths = {surface.value for surface in reading.surfaces if surface.kind == "go.buildinfo.path"}
    return {path for path in paths if path.startswith(_OWN_TOOLS) and _PACKAGE.fullmatch(path)}


def _symbols(own: dict[str, list[bytes]], reading: Reading, wanted: Sought) -> set[str]:
    """Return what is linked of the sought."""
    linked: set[bytes] = set()
    for package in wanted.packages & own.keys():
        linked |= wanted.spellings.keys() & _names(own[package])
    for path in _main(reading):
        linked |= {path.encode() + name[4:] for name in _names(own.get("main", ()))}
    return {symbol for spelling in wanted.spellings.keys() & linked for symbol in wanted.spellings[spelling]}


def _names(runs: Iterable[bytes]) -> set[bytes]:
    """Return names without type arguments; a closure (`F.func1`) is a part of the function that it stands in."""
    text = b"\0".join(runs)
    if b"[" in text:
        text = _TYPES.sub(b"", text)
    names = set(text.split(b"\0"))
    names.update([part[part.rfind(b"\0") + 1 :] for part in text.split(b".func")])
    return names


def _trusted(tables: list[Functions], reading: Reading) -> bool:
    """Whether the names may be believed: what garbles names takes the version away, which Go writes since 1.13."""
    return bool(_versions(reading)) or {table.version for table in tables} == {"1.2"}


def _versions(reading: Reading) -> list[tuple[int, int]]:
    texts = [surface.value for surface in reading.surfaces if surface.kind == "go.buildinfo"]
    return [(int(match[1]), int(match[2])) for text in texts if (match := _GO.match(text))]


def _described(tables: list[Functions], reading: Reading) -> str:
    versions = " ".join(sorted({table.version for table in tables}))
    known = _versions(reading)
    inlined = bool(known) and min(known) >= INLINED_NAMED
    return versions if versions != "1.2" or inlined else f"{versions} functions"


def _tell_platform(reading: Reading, system: str) -> None:
    settings = {key: value for surface in reading.surfaces if surface.kind == "go.buildinfo"
                for key, _, value in (setting.partition("=") for setting in surface.extra)}
    reading.facts["go.os"] = settings.get("GOOS", system)
    if "GOARCH" in settings:
        reading.facts["go.arch"] = settings["GOARCH"]
