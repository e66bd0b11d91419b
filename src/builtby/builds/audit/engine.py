"""Joins trees and ecosystems into an audit."""

import os
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

from msgspec.structs import replace

from builtby.builds.audit import ecosystems
from builtby.builds.audit.base import Auditor, kinds
from builtby.builds.audit.model import (
    SEVERITIES,
    Audit,
    Certainty,
    Count,
    Dependency,
    Entry,
    Finding,
    Kind,
    Setting,
    Skipped,
)
from builtby.builds.audit.tree import Archive, Folder, Lone, Tree, Unreadable, Wanted, is_archive
from builtby.builds.masking import Masker

_INSIDE = "!/"
_DEEPEST = 4
"""Folders that tell what a file is, at most: `.github/workflows/`, `x.dist-info/`."""
_FOREIGN = ("node_modules/", "site-packages/", "dist-packages/", "vendor/")
"""Folders of packages: their own pipelines and lock files bind nobody who installs them."""
_SOURCES: dict[str, frozenset[str]] = {
    **dict.fromkeys((
        "ts", "tsx", "jsx", "css", "scss", "less", "html", "htm", "vue", "svelte", "map", "snap", "md", "rst", "adoc",
        "png", "jpg", "jpeg", "gif", "svg", "ico", "woff", "woff2", "ttf", "pdf", "java", "scala", "kt", "groovy", "c",
        "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm", "S", "cs", "fs", "swift", "dart", "php", "lua", "ex", "exs",
        "pyc", "pyi", "pyx", "so", "a", "o", "class", "proto", "csv", "po", "mo", "sql"), frozenset()),
    "py": frozenset({"setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py"}),
    "js": frozenset({"pnpmfile.js"}), "rs": frozenset({"build.rs"}), "rb": frozenset({"gems.rb"}),
}
"""Endings of files that only tools' own names make interesting. A hook of git may end in anything."""


@cache
def auditors() -> tuple[Auditor, ...]:
    """Return every auditor. A module of `ecosystems` announces its own in AUDITORS."""
    found: list[Auditor] = []
    for info in pkgutil.iter_modules(ecosystems.__path__):
        found += getattr(import_module(f"{ecosystems.__name__}.{info.name}"), "AUDITORS", ())
    return tuple(found)


def audit(targets: Iterable[str], exclude: tuple[str, ...] = ()) -> Audit:
    """Audit folders, lock files and archives, but no paths in them that match one of the `exclude` patterns.

    A target that is not there, and every file that cannot be read, becomes an entry of `skipped`.
    """
    refs = list(targets)
    found = [entry for ref in refs for entry in _target(ref, exclude, prefix=len(refs) > 1)]
    return _joined(refs, found)


def wanted(path: str) -> bool:
    """Say whether any auditor wants to see a file."""
    return bool(_interested(path))


@lru_cache(maxsize=1 << 16)  # a file is asked for as the tree is walked, and again as it is read
def _interested(path: str) -> tuple[Auditor, ...]:
    """Return who wants to see a file. Of most files of a tree the ending alone says that nobody does."""
    name = path.rpartition("/")[2]
    suffix = name.rpartition(".")[2]
    if suffix in _SOURCES and name not in _SOURCES[suffix] and "hooks/" not in path:
        return ()
    foreign = any(part in path for part in _FOREIGN)
    return tuple(auditor for auditor in auditors() if auditor.wanted(path) and not (foreign and auditor.projects))


def _target(ref: str, exclude: tuple[str, ...], *, prefix: bool) -> Iterator[Entry]:
    place, skipped = Path(ref), list[Skipped]()

    def skip(path: str, reason: str) -> None:
        skipped.append(Skipped(path=path or ref, reason=reason))

    def asked(path: str) -> bool:
        return wanted(path) and not any(fnmatchcase(path, pattern) for pattern in exclude)

    before = f"{ref.rstrip('/')}/" if prefix else ""
    try:
        tree, before, paths = _opened(place, before, asked, skip)
        found = [entry for path in paths for entry in entries(path, tree)]
    except OSError as error:
        yield Skipped(path=ref, reason=error.strerror or "cannot be read")
        return
    hidden = cache(Masker(os.environ).text)
    for entry in (*found, *skipped):
        yield _masked(_placed(entry, before), hidden)


def _opened(place: Path, before: str, asked: Wanted,
            skip: Callable[[str, str], None]) -> tuple[Tree, str, list[str]]:
    if place.is_dir():
        folder = Folder(place, asked, skip)
        return folder, before.removesuffix(folder.prefix) if folder.prefix else before, sorted(folder.files)
    if name := _known_by(place):
        tree: Tree = Lone(place, name, wanted)
        return tree, str(place).removesuffix(name) if before else "", [name]
    if is_archive(place):
        tree = Archive(place, asked, skip)
        return tree, f"{place}{_INSIDE}" if before else "", sorted(tree.files)
    skip("", "neither a folder, nor an archive, nor a manifest or lock file that is known by its name")
    return Tree(set()), "", []


def _known_by(place: Path) -> str:
    """Return the shortest end of a path by which an auditor knows the file; empty when none does."""
    parts = place.absolute().parts[1:]
    ends = ("/".join(parts[-count:]) for count in range(1, min(len(parts), _DEEPEST) + 1))
    return next(filter(wanted, ends), "")


def entries(path: str, tree: Tree) -> Iterator[Entry]:
    """Yield what one file of a tree says to every auditor that wants to see it."""
    for auditor in _interested(path):
        if not (auditor.projects and tree.package):
            try:
                yield from auditor.audit(path, tree)
            except Unreadable as error:
                yield Skipped(path=path, reason=str(error))
            except OSError as error:
                yield Skipped(path=path, reason=error.strerror or "cannot be read")
            except RecursionError:
                yield Skipped(path=path, reason="nested too deeply")
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                # one file that no test thought of must not hide what all others say
                reason = f"a fault of builtby, please report it: {type(error).__name__}: {error}"
                yield Skipped(path=path, reason=reason)


def _masked(entry: Entry, hidden: Callable[[str], str]) -> Entry:
    """Hide credentials in what files say: an audit's output is read by more people than the files are."""
    if isinstance(entry, Dependency):
        hooks = tuple(hook if hidden(hook.how) == hook.how else replace(hook, how=hidden(hook.how))
                      for hook in entry.hooks)
        return replace(entry, hooks=hooks, name=hidden(entry.name) if "://" in entry.name else entry.name)
    if isinstance(entry, Setting):
        return replace(entry, value=hidden(entry.value)) if entry.value else entry
    return replace(entry, message=hidden(entry.message)) if isinstance(entry, Finding) else entry


def _placed(entry: Entry, before: str) -> Entry:
    if not before or entry.path.startswith(before):
        return entry
    if isinstance(entry, Dependency):
        hooks = tuple(replace(hook, path=before + hook.path) for hook in entry.hooks)
        return replace(entry, path=before + entry.path, hooks=hooks)
    if isinstance(entry, Setting) and entry.safer_path == entry.path:
        return replace(entry, path=before + entry.path, safer_path=before + entry.path)
    return replace(entry, path=before + entry.path)


def _joined(refs: list[str], entries: list[Entry]) -> Audit:
    merged: dict[tuple[str, str, str | None], Dependency] = {}
    for one in entries:
        if isinstance(one, Dependency):
            key = (one.ecosystem, one.name, one.version)
            merged[key] = _merged(merged[key], one) if key in merged else one
    merged = _versioned(merged)
    dependencies = [_known(one) for _, one in sorted(merged.items(), key=lambda item: (*item[0][:2], item[0][2] or ""))]
    settings = {(s.rule, s.path, s.line, s.value): s for s in entries if isinstance(s, Setting)}
    findings = {(f.rule, f.path, f.line, f.message): f for f in entries if isinstance(f, Finding)}
    return Audit(
        targets=refs, counts=_counts(dependencies), dependencies=[one for one in dependencies if one.hooks],
        settings=sorted(settings.values(), key=lambda s: (s.safe, SEVERITIES.index(s.severity), s.path, s.line or 0)),
        findings=sorted(findings.values(), key=lambda f: (SEVERITIES.index(f.severity), f.path, f.line or 0)),
        skipped=sorted({(s.path, s.reason): s for s in entries if isinstance(s, Skipped)}.values(),
                       key=lambda s: (s.path, s.reason)),
        kinds=_kinds(dependencies),
    )


def _kinds(dependencies: list[Dependency]) -> dict[str, Kind]:
    used = sorted({hook.kind for one in dependencies for hook in one.hooks})
    return {name: Kind(title=kinds()[name].title, safer=kinds()[name].safer, safer_path=kinds()[name].path)
            for name in used}


def _versioned(merged: dict[tuple[str, str, str | None], Dependency]) -> dict[
        tuple[str, str, str | None], Dependency]:
    """Join what is named without a version with the one version of it that is named elsewhere, if it is one.

    Not what only build environments take: they choose by themselves, whatever a lock file says.
    """
    versions: dict[tuple[str, str], list[str]] = {}
    for ecosystem, name, version in merged:
        if version:
            versions.setdefault((ecosystem, name), []).append(version)
    for key in [key for key, one in merged.items() if not key[2] and len(versions.get(key[:2], [])) == 1
                and not (one.hooks and all(hook.kind == "build-requirement" for hook in one.hooks))]:
        whole = (*key[:2], versions[key[:2]][0])
        merged[whole] = _merged(merged[whole], merged.pop(key))
    return merged


def _merged(one: Dependency, other: Dependency) -> Dependency:
    return replace(one, hooks=tuple(dict.fromkeys((*one.hooks, *other.hooks))), project=one.project or other.project,
                   purl=one.purl or other.purl)


def _known(one: Dependency) -> Dependency:
    """Drop what is not known from one file when another file tells."""
    told = tuple(hook for hook in one.hooks if hook.certainty is not Certainty.UNKNOWN)
    return replace(one, hooks=told) if (told or one.project) and len(told) < len(one.hooks) else one


def strongest(one: Dependency) -> Certainty | None:
    """Return the strongest certainty of a dependency's hooks, None when it has none."""
    return min((hook.certainty for hook in one.hooks), key=list(Certainty).index, default=None)


def _counts(dependencies: list[Dependency]) -> dict[str, Count]:
    counts: dict[str, Count] = {}
    for one in dependencies:
        if one.project:
            continue
        count = counts.setdefault(one.ecosystem, Count())
        count.dependencies += 1
        kind = strongest(one)
        if kind is not None:
            setattr(count, kind.value, getattr(count, kind.value) + 1)
    return counts
