"""What is installed: .pth files and sitecustomize, run at every start of Python, and plugins that load themselves."""

import csv
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import PurePosixPath

from msgspec import Struct, convert

from builtby.builds.audit.base import Auditor, finding
from builtby.builds.audit.ecosystems.python_names import distribution
from builtby.builds.audit.model import Certainty, Dependency, Entry, Hook, When
from builtby.builds.audit.read import lines
from builtby.builds.audit.tree import Tree, Unreadable

_CODE = re.compile(r"import[ \t]")
"""How a line of a .pth file must begin to be run, as site.py tests it."""
_START = {"sitecustomize.py", "usercustomize.py"}
_STARTS = (".pth", ".start", "customize.py")
_RELEASE = re.compile(r"(.+)-(\d[\w.!+]*)")
_SITE = re.compile(r"(?:site-packages|dist-packages|purelib|platlib|python[\d.]*)?")
_INFO = re.compile(r"(.+?)-([^-]+)\.(?:dist|egg)-info")


class _Known(Struct, frozen=True, forbid_unknown_fields=True):
    package: str
    lines: tuple[str, ...]


@cache
def _known_lines() -> dict[str, _Known]:
    text = resources.files("builtby.builds.audit").joinpath("pth-known.toml").read_text("utf-8")
    return convert(tomllib.loads(text), dict[str, _Known])


_PLUGINS = {
    "pytest11": (When.TEST, "pytest loads it at every start", Certainty.CERTAIN),
    "distutils.commands": (When.BUILD, "setuptools has it as a command, and runs it when asked", Certainty.POSSIBLE),
    "setuptools.finalize_distribution_options": (When.BUILD, "setuptools calls it in every build", Certainty.CERTAIN),
    "egg_info.writers": (When.BUILD, "setuptools calls it when it writes metadata", Certainty.CERTAIN),
    "setuptools.file_finders": (When.BUILD, "setuptools calls it to find files", Certainty.CERTAIN),
    "hatch": (When.BUILD, "hatchling loads it where pyproject.toml names it", Certainty.POSSIBLE),
    "poetry.plugin": (When.BUILD, "Poetry loads it at every start", Certainty.CERTAIN),
    "poetry.application.plugin": (When.BUILD, "Poetry loads it at every start", Certainty.CERTAIN),
}


def _pth(path: str, tree: Tree) -> Iterator[Entry]:
    hooks = [Hook(kind="pth", when=When.START, how=line.strip()[:200], path=path, line=number)
             for number, line in lines(tree.text(path)) if _CODE.match(line)]
    if hooks:
        yield from _owned(path, tree, hooks, "pth-unowned")


def _start(path: str, tree: Tree) -> Iterator[Entry]:
    hooks = [Hook(kind="start", when=When.START, how=f"Python 3.15 and later call {line.strip()[:200]}", path=path,
                  line=number) for number, line in lines(tree.text(path)) if line.strip() and line.lstrip()[0] != "#"]
    if hooks:
        yield from _owned(path, tree, hooks, "pth-unowned")


def _sdist(path: str, tree: Tree) -> Iterator[Entry]:
    """Count the package that an sdist is."""
    match = _RELEASE.fullmatch(path.partition("/")[0])
    if tree.package and path.count("/") == 1 and match:
        yield distribution(match[1], match[2], path)


def _record(path: str, tree: Tree) -> Iterator[Entry]:
    """Count what is installed; a wheel that is looked at by itself is counted so, too."""
    if info := _INFO.fullmatch(PurePosixPath(path).parent.name):
        yield distribution(info[1], info[2], path)


def _customize(path: str, tree: Tree) -> Iterator[Entry]:
    if not _SITE.fullmatch(PurePosixPath(path).parent.name):  # a package's own, which it may put before Python's
        yield Dependency(ecosystem="python", name=PurePosixPath(path).name, path=path, hooks=(Hook(
            kind="sitecustomize", when=When.START, path=path, line=1, certainty=Certainty.POSSIBLE,
            how="Python imports it at every start, where its folder stands in PYTHONPATH"),))
        return
    hook = Hook(kind="sitecustomize", when=When.START, how="Python imports it at every start", path=path, line=1)
    yield from _owned(path, tree, [hook], "sitecustomize-unowned")


def _owned(path: str, tree: Tree, hooks: list[Hook], rule: str) -> Iterator[Entry]:
    owner = _owner(path, tree) or _known(path, hooks)
    if owner:
        yield distribution(owner[0], owner[1], path, *hooks)
        return
    yield Dependency(ecosystem="python", name=PurePosixPath(path).name, path=path, hooks=tuple(hooks))
    yield finding(rule, path, f"no installed package lists it: {hooks[0].how}", hooks[0].line)


def _owner(path: str, tree: Tree) -> tuple[str, str] | None:
    """Return name and version of the distribution whose RECORD lists a file of a site-packages folder."""
    place = PurePosixPath(path)
    owners = tree.memory.get(f"python:{place.parent}")
    if not isinstance(owners, dict):
        owners = tree.memory[f"python:{place.parent}"] = _owners(str(place.parent), tree)
    found = owners.get(place.name)
    return found if isinstance(found, tuple) else None


def _known(path: str, hooks: list[Hook]) -> tuple[str, str] | None:
    """Return whose file it is when every line that runs is, to the letter, what a well-known package writes.

    Distributions install packages without RECORD.
    """
    told = _known_lines().get(PurePosixPath(path).name)
    return (told.package, "") if told and all(hook.how in told.lines for hook in hooks) else None


def _owners(folder: str, tree: Tree) -> dict[str, tuple[str, str]]:
    owners: dict[str, tuple[str, str]] = {}
    prefix = "" if folder == "." else folder + "/"
    for record in sorted(path for path in tree.files if path.startswith(prefix) and path.endswith("/RECORD")):
        info = _INFO.fullmatch(record[len(prefix) :].removesuffix("/RECORD"))
        if info is None:
            continue
        try:
            rows = csv.reader(tree.text(record).splitlines())
            owners |= {row[0]: (info[1], info[2]) for row in rows if row and row[0].endswith(_STARTS)}
        except (Unreadable, csv.Error):  # such a record owns nothing, and what it would own is reported
            continue
    return owners


def _entry_points(path: str, tree: Tree) -> Iterator[Entry]:
    info = _INFO.fullmatch(PurePosixPath(path).parent.name)
    group, hooks = "", []
    for number, line in lines(tree.text(path)):
        stripped = line.strip()
        if stripped.startswith("["):
            group = stripped.strip("[]").strip()
        elif "=" in stripped and group in _PLUGINS:
            when, how, certainty = _PLUGINS[group]
            hooks.append(Hook(kind="entry-point", when=when, how=f"{stripped}: {how}", path=path, line=number,
                              certainty=certainty))
    if info and info[1] not in {"setuptools", "pytest"}:
        yield distribution(info[1], info[2], path, *hooks)


def _in_site(path: str) -> bool:
    return "/" not in path or path.split("/")[-2] in {
        "site-packages", "dist-packages", "purelib", "platlib"}


AUDITORS = (
    Auditor("pth", lambda path: path.endswith(".pth") and _in_site(path), _pth),
    Auditor("sitecustomize", lambda path: path.rpartition("/")[2] in _START, _customize),
    Auditor("entry points", lambda path: path.endswith("-info/entry_points.txt"), _entry_points),
    Auditor(".start", lambda path: path.endswith(".start") and _in_site(path), _start),
    Auditor("PKG-INFO", lambda path: path.endswith("/PKG-INFO") and path.count("/") == 1, _sdist),
    Auditor("RECORD", lambda path: path.endswith((".dist-info/RECORD", ".egg-info/PKG-INFO"))
            and _in_site(path.rpartition("/")[0]), _record),
)
