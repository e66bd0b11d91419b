"""Finds what is wrong with rules: they must name what they fire on and what they must leave alone, and do so."""

from collections.abc import Iterator

from builtby.builds.detect.engine import coded, of_rule
from builtby.builds.detect.examples import build_of
from builtby.builds.detect.load import rules
from builtby.builds.detect.model import CONFIDENCES, SEVERITIES, SUBJECTS, Rule


def lint() -> list[str]:
    """Return what is wrong, in words."""
    names = [rule.id for rule in rules()]
    found = [f"{name}: stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    found += [f"{name}: a detector without a rule" for name in sorted(set(coded()) - set(names))]
    for rule in rules():
        found += [f"{rule.id}: {what}" for what in (*_form(rule), *_examples(rule))]
    return found


def _form(rule: Rule) -> Iterator[str]:
    if rule.severity not in SEVERITIES or (rule.in_hooks or "info") not in SEVERITIES:
        yield f"no such severity: {rule.severity}, {rule.in_hooks}"
    if rule.confidence not in CONFIDENCES:
        yield f"no such confidence: {rule.confidence}"
    if rule.on not in SUBJECTS:
        yield f"no such subject: {rule.on}"
    if not all((rule.title, rule.why, rule.history, rule.false_alarm, rule.remedy)):
        yield "does not say why, who did it, who does it honestly, or what to do"
    if bool(rule.when) is (rule.id in coded()):
        yield "needs either conditions or a detector"


def _examples(rule: Rule) -> Iterator[str]:
    if not rule.example or not rule.near:
        yield "needs an example that it fires on, and one that it must leave alone"
    for text, wanted in (*((text, True) for text in rule.example), *((text, False) for text in rule.near)):
        try:
            found = of_rule(rule, build_of(text))
        except (ValueError, LookupError) as error:
            yield f"cannot read {text!r}: {error!r}"
            continue
        if bool(found) is not wanted:
            yield f"{'does not fire' if wanted else f'fires ({found[0].message})'} on {text}"
        elif wanted and rule.severity != "info" and all(one.severity == "info" for one in found):
            yield f"thinks nothing of {text}"
