"""The page of attacks that are re-enacted, from the data of the tests that do so."""

import tomllib
from pathlib import Path
from typing import Any

from builtby.builds.detect.load import rule

_INTRODUCTION = """# Attacks re-enacted

Each of these attacks of history is re-enacted in `tests/builds/attacks/`, under the real recorder: with canary
files in a temporary home, a sink that listens on loopback, and tools that do nothing; no malware, and nothing leaves
the machine. The test fails unless every rule that is named here fires; and for each there is the same work done
honestly, in which nothing above `info` may be found. Run them with `make test TESTS=tests/builds/attacks`.

Each is re-enacted under [`builtby guard`](guard.md) as well, at level 1 and at level 2
(`tests/builds/guard/test_reenacted.py`). **Stopped** is an attack whose harm is done under the recorder and is not done
in a guard: what it steals does not reach the sink, what it plants is not there, what it bends is built right. The test
looks for that harm both times. Of the {total} in the first table {stopped} are stopped; the others are **found**, and
no more. The policy is the default one where no other is named.

"""
_MORE = """
## Not in the list that the rules were written for

"""
_HEAD = "| attack | year | re-enacted | found by | in a guard |\n|---|---|---|---|---|\n"


def attacks(root: Path) -> str:
    """Return the page."""
    table: list[dict[str, Any]] = tomllib.loads(
        (root / "tests/builds/attacks/attacks.toml").read_text("utf-8"))["attack"]
    listed = [one for one in table if one.get("listed", True)]
    others = [one for one in table if not one.get("listed", True)]
    introduction = _INTRODUCTION.format(total=len(listed), stopped=sum(one["guard"] == "stopped" for one in listed))
    return f"{introduction}{_HEAD}{''.join(map(_line, listed))}{_MORE}{_HEAD}{''.join(map(_line, others))}"


def _line(one: dict[str, Any]) -> str:
    found = ", ".join(f"[{name}](findings/{name}.md) ({_severity(name)})" for name in one["expects"])
    how = one["how"] + (f" ({one['also']})" if "also" in one else "")
    return f"| {one['name']} | {one.get('year', '')} | {how} | {found} | **{one['guard']}**: {one['guarded']} |\n"


def _severity(name: str) -> str:
    known = rule(name)
    if known is None:
        raise SystemExit(f"docs/attacks.md: no rule {name}")
    return known.severity if not known.in_hooks or known.in_hooks == known.severity else (
        f"{known.severity}, {known.in_hooks} in a hook")
