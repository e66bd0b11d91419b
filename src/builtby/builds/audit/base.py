"""The contract of an ecosystem: which files it wants to see, and what it reads there."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from msgspec import Struct, convert

from builtby.builds.audit.model import Entry, Finding, Setting, When
from builtby.builds.audit.tree import Tree


@dataclass(frozen=True, slots=True)
class Auditor:
    """One kind of file. A module of `ecosystems` announces its own in AUDITORS."""

    name: str
    wanted: Callable[[str], bool]
    """Whether a path is one to read; cheap, as it is asked for every file of a tree."""
    audit: Callable[[str, Tree], Iterator[Entry]]
    """May raise Unreadable at any time; what came before it stands."""
    projects: bool = False
    """Whether it says something of projects only: the pipelines and lock files inside of a package bind nobody else."""


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a setting or a finding; rules.toml holds them."""

    severity: str
    title: str
    why: str
    safer: str
    """The exact line to write, or what to do."""
    path: str = ""
    """The file to write the line to; empty: the file in which it was found."""
    confidence: str = "high"


class KindTold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a kind of hook; kinds.toml holds them."""

    ecosystem: str
    when: When
    title: str
    known: str
    """Where it is read, and how sure that is."""
    safer: str
    path: str = ""


@cache
def kinds() -> dict[str, KindTold]:
    """Return all kinds of hooks by their names."""
    text = resources.files("builtby.builds.audit").joinpath("kinds.toml").read_text("utf-8")
    return convert(tomllib.loads(text), dict[str, KindTold])


@cache
def rules() -> dict[str, Rule]:
    """Return all rules by their ids."""
    text = resources.files("builtby.builds.audit").joinpath("rules.toml").read_text("utf-8")
    return convert(tomllib.loads(text), dict[str, Rule])


def setting(rule: str, path: str, *, safe: bool, value: str | None = None, line: int | None = None) -> Setting:
    """Return what a configuration allows, in the words of a rule."""
    said = rules()[rule]
    return Setting(rule=rule, severity="info" if safe else said.severity, title=said.title, value=value, safe=safe,
                   path=path, line=line, why=said.why, safer="" if safe else said.safer,
                   safer_path="" if safe else said.path or path)


def finding(rule: str, path: str, message: str, line: int | None = None) -> Finding:
    """Return a finding in the words of a rule."""
    said = rules()[rule]
    return Finding(rule=rule, severity=said.severity, confidence=said.confidence, title=said.title, message=message,
                   path=path, line=line, why=said.why, remedy=said.safer)


def named(*names: str) -> Callable[[str], bool]:
    """Return what says whether a path has one of these file names."""
    return lambda path: path.rpartition("/")[2] in names
