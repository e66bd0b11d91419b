"""The guard's own findings, from `findings.toml`, and their pages in `docs/findings/`."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any


@cache
def rules() -> dict[str, Any]:
    """Return what is known of each finding, by its rule."""
    return tomllib.loads(resources.files(__package__).joinpath("findings.toml").read_text("utf-8"))


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and text of each finding's page."""
    for name, rule in rules().items():
        parts = [f"# {name}\n\n{rule['title']}. A finding of [`builtby guard`](../guard.md).\n\n"
                 f"Severity: {rule['severity']}. Confidence: {rule['confidence']}.\n"]
        parts += [f"\n## {title}\n\n{rule[key]}\n" for title, key in (
            ("Why it matters", "why"), ("Who did it", "history"), ("How to tell a false alarm", "false_alarm"),
            ("What to do", "remedy"))]
        yield f"{name}.md", "".join(parts)
