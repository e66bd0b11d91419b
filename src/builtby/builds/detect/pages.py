"""The pages of `docs/findings/`, which say for each rule what, why, who did it, who does it honestly, what to do."""

from collections.abc import Iterator

from builtby.builds.detect.load import rules
from builtby.builds.detect.model import SEVERITIES, Rule

_INTRODUCTION = """# Findings of builds

What `builtby record` and `builtby guard` report. Severity says how bad it would be, confidence how sure the rule is
that it is no honest work. The rules are data in `src/builtby/builds/detect/rules/`; each names builds in which it must
fire, and builds that it must leave alone, and the tests run them. `builtby explain RULE` prints a rule's page.

| rule | severity | confidence | what |
|---|---|---|---|
"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and text of every page, the index among them."""
    ordered = sorted(rules(), key=lambda rule: (SEVERITIES.index(rule.severity), rule.id))
    lines = [f"| [{one.id}]({one.id}.md) | {_severity(one)} | {one.confidence} | {one.title} |\n" for one in ordered]
    yield "index.md", _INTRODUCTION + "".join(lines)
    for one in ordered:
        yield f"{one.id}.md", page(one)


def page(rule: Rule) -> str:
    """Return a rule's page, as Markdown."""
    parts = [f"# {rule.id}\n\n{rule.title}.\n\nSeverity: {_severity(rule)}. Confidence: {rule.confidence}.\n"]
    for title, text in (("Why it matters", rule.why), ("Who did it", rule.history),
                        ("How to tell a false alarm", rule.false_alarm), ("What to do", rule.remedy)):
        parts.append(f"\n## {title}\n\n{text.strip()}\n")
    parts.append("\n## Examples\n\nIt fires on:\n" + "".join(map(_block, rule.example)))
    parts.append("\nIt leaves alone:\n" + "".join(map(_block, rule.near)))
    return "".join(parts)


def _severity(rule: Rule) -> str:
    return f"{rule.severity} ({rule.in_hooks} in a dependency's hook)" if rule.in_hooks else rule.severity


def _block(text: str) -> str:
    return f"\n```text\n{text.strip(chr(10))}\n```\n"
