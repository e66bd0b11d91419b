"""The tools that are installed in a target: clues of every kind, joined to one entry an installation."""

from collections.abc import Iterable

from builtby.model import Claim, Present
from builtby.packages.base import Package
from builtby.packages.clues import Clue, Clues
from builtby.packages.owners import Owned, Owners

MOST_CLUES = 100_000
"""Clues kept of one target."""


class PresentFinder:
    """Gathers clues about one target in any order; `results` joins them when all are there."""

    def __init__(self, clues: Clues) -> None:
        self._clues = clues
        self._found: list[Clue] = []
        self._packages: dict[str, list[tuple[Clue, Package]]] = {}
        self._roots: dict[str, str] = {}

    def fork(self) -> "PresentFinder":
        """Return a copy that may learn more by itself."""
        other = PresentFinder(self._clues)
        other._found, other._packages, other._roots = [*self._found], {**self._packages}, {**self._roots}
        return other

    def file(self, path: str, layer: str | None = None, *, mode: int | None = None, size: int | None = None) -> None:
        """Take in a regular file by its path in the target (links are none; a tool has bytes, and may be run).

        `mode` is its permissions where they are known and mean something.
        """
        if size == 0 or (mode is not None and not mode & 0o111):
            return
        self._keep(self._clues.of_path(path), layer)

    def text(self, path: str, data: bytes, layer: str | None = None) -> None:
        """Take in the beginning of a file for which `Clues.is_text` holds."""
        self._keep(self._clues.of_text(path, data), layer)

    def packages(self, packages: Iterable[Package], path: str, root: str, layer: str | None = None) -> None:
        """Take in what `Owners.load` returned for a database at `path`; the same path again replaces it.

        A copy that a package carries for its own use (setuptools' wheel) is not installed.
        """
        if "/_vendor/" in path:
            return
        found = [
            (clue._replace(layer=layer), package) for package in packages
            for clue in self._clues.of_package(package.type, package.name, package.version, path)
        ]
        self._packages[path] = found[:MOST_CLUES]
        self._roots[path] = root

    def forget(self, path: str) -> None:
        """Take back what a file gave, for an upper layer removed or replaced it."""
        self._found = [clue for clue in self._found if clue.path != path]
        self._packages.pop(path, None)

    def tells_of(self, prefix: str) -> bool:
        """Whether anything below `prefix` tells of a tool: of one file of a system, it is seldom so."""
        return any(path.startswith(prefix) for path in (*self._packages, *(clue.path for clue in self._found)))

    def results(self, target: int, owners: Owners, prefix: str = "") -> list[Present]:
        """Return the installed tools, sorted. `prefix` is the target's place in what `owners` knows.

        A file that tells a version, such as a header, is no tool: it counts beside the tool or its package only.
        """
        by_tool: dict[str, list[Clue]] = {}
        for clue in self._packaged(owners, prefix):
            by_tool.setdefault(clue.rule.tool.tool, []).append(clue)
        for clue in self._found:
            by_tool.setdefault(clue.rule.tool.tool, []).extend(self._owned(clue, owners, prefix))
        installed = [
            entry for name in sorted(by_tool) for entry in _joined(by_tool[name])
            if any("path.text" not in clue.rule.kinds for clue in entry)
        ]
        present = (_present(entry, target) for entry in installed)
        return sorted(present, key=lambda item: (item.tool, item.path, item.version or ""))

    def _keep(self, found: Iterable[Clue], layer: str | None) -> None:
        if len(self._found) < MOST_CLUES:
            self._found += [clue._replace(layer=layer) for clue in found]

    def _owned(self, clue: Clue, owners: Owners, prefix: str) -> Iterable[Clue]:
        """A file's clue with its owner, and what the owner's name and version tell of the same tool.

        The database itself may stand outside the target (`/usr` is scanned, `/var/lib/dpkg` tells).
        """
        owned = owners.find(f"{prefix}{clue.path}")
        if owned is None:
            yield clue
            return
        origin, owner, package = _origin(owned), owners.purl(owned), owned.package
        yield clue._replace(origin=origin, owner=owner)
        for told in self._clues.of_package(package.type, package.name, package.version, clue.path):
            if told.rule.tool is clue.rule.tool:
                yield told._replace(origin=origin, owner=owner, layer=clue.layer)

    def _packaged(self, owners: Owners, prefix: str) -> Iterable[Clue]:
        for path, found in self._packages.items():
            for clue, package in found:
                own = Owned(package, path, self._roots[path])
                owner = owners.find(f"{prefix}{path}") if package.type in _BESIDE else None
                yield clue._replace(origin=_origin(owner or own), owner=owners.purl(owner or own))


_BESIDE = frozenset({"pypi", "npm", "gem"})
"""Packages whose metadata may itself be a file of a distribution's package."""


def _origin(owned: Owned) -> tuple[str, ...]:
    """The source package: its binaries of one version are one installation (gcc-12, g++-12 and cpp-12)."""
    package = owned.package
    return (package.type, owned.root, package.source or package.name, package.source_version or package.version)


def _joined(found: list[Clue]) -> list[list[Clue]]:
    """Group the clues of one tool by installation: the same source package, or the same folder and version."""
    groups: list[list[Clue]] = []
    ordered = sorted(found, key=lambda c: (c.origin is None, -len(c.version or ""), c.path, c.rule.id, c.version or ""))
    for clue in ordered:
        home = next((group for group in groups if any(_same(clue, other) for other in group)), None)
        if home is None:
            groups.append([clue])
        else:
            home.append(clue)
    return groups


def _same(one: Clue, other: Clue) -> bool:
    if not compatible(one.version, other.version):
        return False
    if one.origin is not None and other.origin is not None:
        return one.origin == other.origin
    return one.home is not None and one.home == other.home


def compatible(one: str | None, other: str | None) -> bool:
    """Whether two versions may be the same one, of which one tells more: `12` and `12.2.0`."""
    if one is None or other is None or one == other:
        return True
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and not long[len(short)].isdigit()


def _present(group: list[Clue], target: int) -> Present:
    """One entry: the fullest version, the first rule's path, the package that holds that path."""
    best = min(group, key=lambda clue: (not clue.is_path, clue.rule.mark.confidence * -1, len(clue.path), clue.path))
    versions = [clue.version for clue in group if clue.version]
    version = max(versions, key=lambda text: (len(text), text), default=None)
    tool = best.rule.tool
    owner = best.owner or next((clue.owner for clue in group if clue.owner), None)
    return Present(
        target=target, tool=tool.tool, version=version, role=best.rule.mark.role, path=best.path, package=owner,
        purl=_named(tool.purl, version), layer=best.layer,
        claim=Claim.OBSERVED if any(not _is_database(clue) for clue in group) else Claim.DECLARED,
    )


def _is_database(clue: Clue) -> bool:
    """Whether a clue is a database's word alone: no file of the tool was seen."""
    return any(kind.startswith("package.") for kind in clue.rule.kinds) and not clue.path.endswith(_OWN_METADATA)


_OWN_METADATA = ("/METADATA", "/PKG-INFO", "/package.json", ".gemspec", ".egg-info")


def _named(template: str | None, version: str | None) -> str | None:
    if template is None:
        return None
    return template.replace("{version}", version) if version else template.replace("@{version}", "")
