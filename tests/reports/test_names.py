"""Where things are, in words."""

import pytest

from builtby.model import Target
from builtby.reports.names import place


@pytest.mark.parametrize(("refs", "path", "said"), [
    (["dist/app"], "app", "app"),
    (["dist/app", "lib"], "app", "dist/app"),
    (["app", "lib"], "app", "app"),
    (["C:\\dist\\app", "lib"], "app", "C:\\dist\\app"),
    (["dist", "lib"], "bin/app", "dist:bin/app"),
    (["my-app", "lib"], "app", "my-app:app"),
    (["dist", "lib"], "", "dist"),
])
def test_the_target_is_named_where_there_are_several_but_nothing_twice(refs: list[str], path: str, said: str) -> None:
    assert place(tuple(Target(ref, "file", None) for ref in refs), 0, path) == said
