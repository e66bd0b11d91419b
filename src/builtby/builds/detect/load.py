"""Reads the rules."""

from functools import cache
from importlib import resources

from builtby import toml
from builtby.builds.detect.model import Rule, RuleFile


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, by file and place in it."""
    folder = resources.files(__package__).joinpath("rules")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(rule for file in files for rule in toml.decode(file.read_bytes(), RuleFile).rule)


def rule(name: str) -> Rule | None:
    """Return the rule of that name."""
    return next((one for one in rules() if one.id == name), None)
