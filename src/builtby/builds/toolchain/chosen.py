"""Which packages make up the toolchain: those with a tool, their sisters of the same source, and what they need."""

import re
from collections.abc import Iterator

from builtby.builds.toolchain.model import Shipped
from builtby.builds.watch.places import data
from builtby.packages.clues import Clues


def chosen(packages: list[Shipped], clues: Clues) -> list[Shipped]:
    """Return the packages of a system that make up its toolchain, in their order."""
    telling = re.compile("|".join(data()["toolchain"]["telling"]))
    paths = {file.path: number for number, package in enumerate(packages) for file in package.files}
    direct = {paths[path] for path in clues.tools(list(paths))}
    direct |= {number for path, number in paths.items() if telling.search(path)}
    sources = {packages[number].source for number in direct}
    direct |= {number for number, package in enumerate(packages) if package.source in sources}
    return [packages[number] for number in sorted(_with_needs(packages, direct))]


def _with_needs(packages: list[Shipped], start: set[int]) -> set[int]:
    """Add what packages need, and what that needs: a compiler runs on its libraries."""
    providers: dict[str, list[int]] = {}
    for number, package in enumerate(packages):
        for name in _provided(package):
            providers.setdefault(name, []).append(number)
    found, queue = set(start), list(start)
    while queue:
        for name in packages[queue.pop()].requires:
            new = set(providers.get(name, ())) - found
            found |= new
            queue += new
    return found


def _provided(package: Shipped) -> Iterator[str]:
    yield from package.provides
    if package.type == "rpm":  # which may require a file by its path
        yield from (f"/{file.path}" for file in package.files if "bin/" in file.path)
