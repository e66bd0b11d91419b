"""Shell patterns of paths, as one regular expression."""

import re
from collections.abc import Iterable, Mapping

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{[^}]+\}|[^*?\[{]+")


def matcher(globs: Iterable[str], bases: Mapping[str, Iterable[str]]) -> re.Pattern[str]:
    """Return what matches paths of any of the patterns. `bases`: what a first part such as `~` stands for."""
    return re.compile("|".join(f"(?:{_one(glob, bases)})" for glob in globs) or r"(?!)", re.DOTALL)


def _one(glob: str, bases: Mapping[str, Iterable[str]]) -> str:
    first, slash, rest = glob.partition("/")
    named = [name for name in first.strip("{}").split(",") if name in bases]
    if named:
        roots = "|".join(_translated(root) for name in named for root in sorted(bases[name])) or "(?!)"
        return f"(?:{roots}){slash}{_translated(rest)}\\Z"
    return f"{_translated(glob)}\\Z"


def _translated(glob: str) -> str:
    return "".join(_part(part) for part in _PARTS.findall(glob))


def _part(part: str) -> str:
    simple = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part)
    if simple is not None:
        return simple
    if part.startswith("["):
        return part.replace("[!", "[^", 1)
    if part.startswith("{"):
        return "(?:" + "|".join(_translated(one) for one in part[1:-1].split(",")) + ")"
    return re.escape(part)
