"""The catalogue keeps its own promises: every rule fires on its examples and on none of its near-misses."""

import re

import pytest

from builtby.marks.engine import Engine, fact_holds
from builtby.marks.lint import lint
from builtby.marks.load import MarksError, catalogue, compile_rules, parse, tables

RULE = '''
tool = "x"
title = "X"
homepage = "https://example.org"
[[mark]]
id = "m"
surface = "elf.comment"
pattern = '^X (?P<version>\\d+)'
'''


def test_the_whole_catalogue_is_sound() -> None:
    assert lint(catalogue()) == []


def test_the_nursery_is_sound() -> None:
    assert lint(catalogue(nursery=True)) == []


@pytest.mark.parametrize("tool", [
    "as", "clang", "crystal", "fpc", "gcc", "ghc", "gnat", "go", "gold", "ld", "ldc", "lld",
    "mold", "nasm", "nim", "ocaml", "pcc", "rustc", "tcc", "yasm", "zig",
])
def test_native_tools_have_marks(tool: str) -> None:
    assert any(known.tool == tool and known.mark for known in catalogue().tools)


def test_a_rule_without_an_example_is_refused() -> None:
    with pytest.raises(MarksError, match="example"):
        parse(RULE.encode(), "x.toml")


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(MarksError, match="unknown field"):
        parse((RULE + 'example = []\ncolour = "red"\n').encode(), "x.toml")


def test_a_pattern_that_is_none_names_file_and_rule() -> None:
    tool = parse((RULE.replace("(?P<version>", "(?P<version") + "example = []\n").encode(), "x.toml")
    with pytest.raises(MarksError, match=r"x\.toml: rule 'm': pattern"):
        compile_rules(tool, tool.mark, "x.toml")


def test_rust_commits_are_nine_digits_and_versions() -> None:
    entries = tables()["rust-commits"]
    assert len(entries) > 130
    assert all(re.fullmatch(r"[0-9a-f]{9}", key) for key in entries)
    assert all(re.fullmatch(r"1\.\d+\.\d+(-nightly)?", version) for version in entries.values())
    assert entries["59807616e"] == "1.95.0"


def test_releases_stand_for_one_commit_each() -> None:
    releases = [version for version in tables()["rust-commits"].values() if "-" not in version]
    assert len(releases) == len(set(releases))


@pytest.mark.parametrize(("condition", "facts", "holds"), [
    ("type=pie", {"type": "pie"}, True),
    ("type=pie", {}, False),
    ("annobin.covers>=0.5", {"annobin.covers": "0.96"}, True),
    ("annobin.covers>=0.5", {"annobin.covers": "0.00"}, False),
    ("annobin.covers>=0.5", {"annobin.covers": "much"}, False),
    ("annobin.covers>=0.5", {}, False),
])
def test_facts_as_conditions(condition: str, facts: dict[str, str], holds: bool) -> None:
    assert fact_holds(condition, facts) is holds


def test_two_engines_do_not_share_what_they_remember() -> None:
    assert Engine(catalogue())._match is not Engine(catalogue())._match
