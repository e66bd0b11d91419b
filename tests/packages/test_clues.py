"""The quick look that tells which rules of installed tools are worth a try."""

import pytest

from builtby.marks.load import catalogue
from builtby.packages.clues import literal


@pytest.mark.parametrize(("pattern", "wanted"), [
    (r"^(?P<home>(?:.*/)?)lib/ant-launcher\.jar$", "lib/ant-launcher.jar"),
    (r"^(?P<home>(?:.*/)?)s?bin/apk$", "bin/apk"),
    (r"^(?P<home>(?:.*/)?)bin/(?:gcc|g\+\+)(?:-(?P<version>\d+))?$", "bin/"),
    (r"^(?P<home>(?:.*/)?cnb/lifecycle/)(?:creator|lifecycle)$", "cnb/lifecycle/"),
    (r"x{2,3}abc[de]f\d", "abc"),
    (r"one|another", ""),
    (r"\w+", ""),
])
def test_the_longest_literal(pattern: str, wanted: str) -> None:
    assert literal(pattern) == wanted


def test_every_rule_over_paths_can_be_told_quickly_and_misses_no_example() -> None:
    for rule in catalogue().present:
        text = literal(rule.mark.pattern)
        assert "path" not in rule.kinds or len(text) >= 3, rule.id
        for example in rule.mark.example:
            assert text in example.value, rule.id
