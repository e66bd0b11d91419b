"""Sees, before a build runs, that what it is judged by afterwards can be read: rules, detectors, and marks of tools."""

from contextlib import suppress
from pathlib import Path

from builtby.builds.learnt import own_state
from builtby.builds.watch.private import read_private, write_private

TRIED = "rules-tried"
"""The name of the file that remembers, beside the kept digests."""
_BUILD = "make"


class FaultyRulesError(RuntimeError):
    """A rule, a detector or a mark cannot be used. The text says which, and why."""


def ready(remembered: Path | None = None) -> None:
    """Load all of them, and try each rule on a build that does nothing. Raises FaultyRulesError.

    `remembered`: a file that tells which state of builtby's own files was tried already, and is not tried again.
    """
    if remembered is not None and read_private(remembered) == own_state().encode():
        return
    _try()
    if remembered is not None:
        with suppress(OSError):
            write_private(remembered, own_state().encode())


def _try() -> None:
    from builtby.builds.detect.engine import coded, of_rule
    from builtby.builds.detect.examples import build_of
    from builtby.builds.detect.load import rules
    from builtby.packages.clues import clues

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
