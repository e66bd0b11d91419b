"""Sees, before a build runs, that what it is judged by afterwards can be read: rules, detectors, and marks of tools."""

from builtby.builds.detect.engine import coded, of_rule
from builtby.builds.detect.examples import build_of
from builtby.builds.detect.load import rules
from builtby.packages.clues import clues

_BUILD = "make"


class FaultyRulesError(RuntimeError):
    """A rule, a detector or a mark cannot be used. The text says which, and why."""


def ready() -> None:
    """Load all of them, and try each rule on a build that does nothing. Raises FaultyRulesError."""
    name = "the rules"
    try:
        known, detectors = rules(), coded()
        nothing = build_of(_BUILD)
        for rule in known:
            name = f"the rule {rule.id}"
            if not rule.when and rule.id not in detectors:
                raise LookupError("it has neither conditions nor a detector")
            of_rule(rule, nothing)
        name = "the marks of tools"
        clues()
    except Exception as error:
        text = str(error).partition("\n")[0]
        raise FaultyRulesError(f"{name} cannot be used: {type(error).__name__}: {text}") from error
