"""The packages of a root, and the tools in it that belong to none."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from builtby.builds.toolchain import apk, dpkg, languages, rpm
from builtby.builds.toolchain.chosen import chosen
from builtby.builds.toolchain.model import Shipped
from builtby.builds.toolchain.tree import Tree, merged
from builtby.builds.watch.places import Roots, data, home, matches, toolchain_paths
from builtby.packages.clues import clues
from builtby.packages.distro import PLACES as RELEASES
from builtby.packages.owners import Owners

_SYSTEMS: dict[str, tuple[Callable[[Path], Iterator[Shipped]], tuple[str, ...]]] = {
    "dpkg": (dpkg.shipped, ("var/lib/dpkg/status",)),
    "rpm": (rpm.shipped, tuple(place for place, _ in rpm.PLACES)),
    "apk": (apk.shipped, apk.PLACES),
}
_PATH = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin")
_TYPE_OF = {"dpkg": "deb"}


class Gathered(NamedTuple):
    """What a root holds of a toolchain."""

    databases: tuple[str, ...]
    packages: tuple[Shipped, ...]
    owned: frozenset[str]
    """Every file that a system's package lists, by its merged name."""
    loose: tuple[str, ...]
    """Tools, and files where a toolchain's stand, that no package lists."""
    purl: Callable[[Shipped], str]
    problems: tuple[str, ...]


def gathered(root: Path, projects: tuple[Path, ...], *, everything: bool = False) -> Gathered:
    """Look at a root, and at what projects (only where the root is `/`) have installed for themselves."""
    found, read, problems, owned = [], [], [], set[str]()
    for name, (shipped, places) in _SYSTEMS.items():
        if any((root / place).exists() for place in places):
            try:
                packages = list(shipped(root))
            except OSError as error:
                problems.append(f"{name}'s database: {error.strerror}")
                continue
            if not packages:
                if name == _main_system(root):
                    problems.append(f"{name}'s database lists no package, or is damaged")
                continue
            read.append(name)
            owned |= {merged(file.path) for package in packages for file in package.files}
            found += packages if everything else chosen(packages, clues())
    if not read:
        problems.append("no package database of a known kind was found (dpkg, rpm, apk)")
    for name, package in _of_languages(root, _roots(root, projects)):
        read += [name] if name not in read else []
        found.append(package)
    owned |= {merged(file.path) for package in found for file in package.files}
    return Gathered(tuple(read), tuple(found), frozenset(owned), tuple(_loose(root, owned)), _namer(root),
                    tuple(problems))


def _main_system(root: Path) -> str | None:
    """Return the one database that is there: an empty one beside another (rpm on Debian) is no problem."""
    there = [name for name, (_, places) in _SYSTEMS.items() if any((root / place).exists() for place in places)]
    return there[0] if len(there) == 1 else None


def _roots(root: Path, projects: tuple[Path, ...]) -> list[Roots]:
    base = str(root)
    own = root == Path("/")
    user = home() if own else f"{base}/root"
    return [Roots(user, str(one) if one else None, None, tuple(f"{one}/{name}" for name in (".venv", "venv")) if one
                  else (), base) for one in ((None, *projects) if own else (None,))]


def _of_languages(root: Path, wheres: list[Roots]) -> Iterator[tuple[str, Shipped]]:
    for name, group in (("pypi", "sites"), ("npm", "modules")):
        for folder in dict.fromkeys(os.path.relpath(path, root) for where in wheres
                                    for path in _folders(group, where)):
            if name == "pypi":
                yield from (("pypi", one) for one in languages.python(root, folder, clues()))
            else:
                cache = Path(wheres[0].home) / ".npm/_cacache"
                yield from (("npm", one) for one in languages.npm(root, folder, clues(), cache))


def _folders(group: str, where: Roots) -> Iterator[str]:
    for pattern in data()["toolchain"][group]:
        for filled in where.filled(pattern):
            yield from matches(filled)


def _loose(root: Path, owned: set[str]) -> Iterator[str]:
    """Yield tools that no package lists: programs in PATH that lead to none, and what stands where tools do."""
    tree, base = Tree(root), str(root).rstrip("/")
    seen = set()
    for path in (*_programs(root), *_standing(root)):
        name = path.removeprefix(base).lstrip("/")
        try:
            place, real = tree.place(name), tree.real(name)
        except OSError:
            continue
        if merged(real) not in owned and merged(place) not in owned and os.path.isfile(tree.full(real)):  # noqa: PTH113
            seen.add(place)
    yield from sorted(seen)


def _programs(root: Path) -> list[str]:
    """Return the programs that are tools by their names, in PATH or where it usually leads."""
    folders = dict.fromkeys(str(root / folder) for folder in _PATH)
    if root == Path("/"):
        folders = dict.fromkeys((*(one for one in os.environ.get("PATH", "").split(os.pathsep) if one[:1] == "/"),
                                 *folders))
    paths = [f"{folder}/{name}" for folder in folders for name in _names(folder)]
    base = str(root).rstrip("/")
    known = clues().tools([path.removeprefix(base).lstrip("/") for path in paths])
    return [f"{base}/{path}" for path in known]


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # names are wanted
    except OSError:
        return []


def _standing(root: Path) -> Iterator[str]:
    where = _roots(root, ())[0]
    for pattern in toolchain_paths("linux"):
        for filled in where.filled(pattern):
            yield from matches(filled)


def _namer(root: Path) -> Callable[[Shipped], str]:
    from builtby.packages.base import Package

    owners = Owners()
    for place in RELEASES:
        try:
            owners.release(place, (root / place).read_bytes())
        except OSError:
            continue
    distro = owners.distro()
    return lambda one: Package(one.type, one.name, one.version, one.arch).purl(distro)
