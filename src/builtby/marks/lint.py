"""Checks the catalogue: every rule fires on its examples, on none of its near-misses, and says where it is from."""

from collections.abc import Iterator

from builtby.formats.base import Reading, Region, Surface
from builtby.marks.engine import Engine, Evidence
from builtby.marks.load import Catalogue, Rule, tables
from builtby.marks.schema import Example
from builtby.sources.view import BytesView


def lint(catalogue: Catalogue, only: str | None = None) -> list[str]:
    """Return what is wrong, one sentence each; an empty list for a sound catalogue.

    `only` names a tool: its rules alone are tried, beside the others.
    """
    problems: list[str] = []
    names = [rule.id for rule in (*catalogue.marks, *catalogue.present)]
    problems += [f"{name}: two rules have this name" for name in sorted({n for n in names if names.count(n) > 1})]
    tools = {tool.tool for tool in catalogue.tools}
    for tool in catalogue.tools:
        problems += [f"{tool.tool}: yields_to names {other!r}, which is no tool" for other in tool.yields_to
                     if other not in tools]
    for rule in _chosen(catalogue.marks, only):
        problems += _lint_rule(Engine(_only(rule)), rule, names)
    for rule in _chosen(catalogue.present, only):
        problems += _lint_rule(Engine(_only(rule, present=True), present=True), rule, names)
    return problems


def _chosen(rules: tuple[Rule, ...], only: str | None) -> Iterator[Rule]:
    return (rule for rule in rules if only is None or rule.tool.tool == only)


def _only(rule: Rule, *, present: bool = False) -> Catalogue:
    """A catalogue of one rule, its conditions taken away: an example is a text, not a file."""
    import msgspec

    free = rule._replace(mark=msgspec.structs.replace(rule.mark, requires=[], unless=[]))
    return Catalogue((rule.tool,), () if present else (free,), (free,) if present else (), tables())


def _lint_rule(engine: Engine, rule: Rule, names: list[str]) -> Iterator[str]:
    if not rule.mark.example:
        yield f"{rule.id}: has no example that it must fire on"
    for condition in (*rule.mark.requires, *rule.mark.unless):
        if not condition.startswith(("surface:", "fact:")) and condition not in names:
            yield f"{rule.id}: condition {condition!r} names no rule"
    for needle in rule.mark.needles:
        if len(needle) < 4:
            yield f"{rule.id}: needle {needle!r} is shorter than four characters and would hit everywhere"
    for example in rule.mark.example:
        yield from _lint_example(engine, rule, example)
    for miss in rule.mark.near_miss:
        if fire(engine, rule, miss.value):
            yield f"{rule.id}: fires on the near-miss {miss.value!r} ({miss.why})"


def _lint_example(engine: Engine, rule: Rule, example: Example) -> Iterator[str]:
    if not example.source:
        yield f"{rule.id}: example {example.value!r} does not say where it is from"
    found = fire(engine, rule, example.value)
    if not found:
        yield f"{rule.id}: does not fire on its example {example.value!r}"
        return
    for field in ("version", "vendor", "language", "range"):
        wanted, got = getattr(example, field), getattr(found[0], field)
        if wanted is not None and wanted != got:
            yield f"{rule.id}: reads {field} {got!r} in {example.value!r}, should be {wanted!r}"
    if example.version is None and found[0].version is not None and rule.mark.version is None:
        yield f"{rule.id}: reads version {found[0].version!r} in {example.value!r}, the example says none"


def fire(engine: Engine, rule: Rule, value: str) -> list[Evidence]:
    """Apply one rule's engine to a text, as the kind of surface that the rule reads."""
    kind = rule.kinds[0] if "." in rule.kinds[0] else f"test.{rule.kinds[0]}"
    if rule.mark.needles:
        raw = value.encode("utf-8").decode("unicode_escape").encode("latin-1") if "\\x" in value else value.encode()
        return engine.search(BytesView(raw), [Region(kind, 0, len(raw))])
    return engine.apply(None, Reading("test", [Surface(kind, value)]))
