"""Short ways to look at an audit."""

from builtby.builds.audit.model import Audit, Certainty, When


def hooks(result: Audit, name: str) -> list[tuple[str, When, Certainty, str, int | None]]:
    """Return what runs for one dependency."""
    return [(hook.kind, hook.when, hook.certainty, hook.path, hook.line)
            for one in result.dependencies if one.name == name for hook in one.hooks]


def unsafe(result: Audit) -> set[str]:
    """Return the rules of settings that are not safe."""
    return {one.rule for one in result.settings if not one.safe}


def findings(result: Audit) -> set[str]:
    """Return the rules of the findings."""
    return {one.rule for one in result.findings}
