"""The rules, as `rules.toml` holds them, and those that look for patterns."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from builtby.builds.host.model import Finding
from builtby.builds.host.state import Host
from builtby.builds.watch.places import places

LARGEST = 1 << 20
"""Bytes of a file that patterns are looked for in."""
_SHOWN = 120
MOST = 20
"""Findings of one rule in one file."""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule looks for. `kinds` and `paths` (from the root) must both fit where they are given."""

    pattern: str
    because: str
    """What is said of it; `{0}` is what was found."""
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    known: bool = False
    """Lines that well-known packages write are left alone (`known` of the place)."""
    quiet: bool = False
    """It is there: that is all, and said once."""
    environment: bool = False
    """Looks at the environment of this process, as NAME=value, and at no file."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule about hosts."""

    id: str
    title: str
    severity: str
    confidence: str
    why: str
    false_alarm: str
    remedy: str
    match: tuple[Match, ...] = ()
    shims: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its id."""
    text = resources.files(__package__).joinpath("rules.toml").read_text("utf-8")
    return {rule.id: rule for rule in msgspec.toml.decode(text, type=_File).rule}


def found(name: str, path: str | None, message: str, severity: str | None = None,
          confidence: str | None = None) -> Finding:
    """Return a finding of a rule."""
    rule = rules()[name]
    return Finding(name, severity or rule.severity, confidence or rule.confidence, path, message, rule.remedy)


def by_pattern(host: Host) -> Iterator[Finding]:
    """Yield what patterns find."""
    texts: dict[str, str] = {}
    for rule in rules().values():
        for match in rule.match:
            if match.environment:
                yield from _in_environment(rule, match, host)
                continue
            for path, held in host.files.items():
                if _fits(match, host, path, held.kind):
                    hits = list(_in_file(rule, match, path, texts))
                    if hits and not host.as_shipped(path):  # what a package ships is that package's business
                        yield from hits


def _fits(match: Match, host: Host, path: str, kind: str) -> bool:
    if match.kinds and kind not in match.kinds:
        return False
    return not match.paths or any(fnmatchcase("/" + host.inner(path), one) for one in match.paths)


def _in_file(rule: Rule, match: Match, path: str, texts: dict[str, str]) -> Iterator[Finding]:
    if path not in texts:
        texts[path] = _text(path)
    known = [one for place in places() for one in place.known] if match.known else []
    count = 0
    for hit in _pattern(match.pattern).finditer(texts[path]):
        if any(one.match(hit[0]) for one in known):
            continue
        yield found(rule.id, path, match.because.format(_short(hit[hit.lastindex or 0])))
        count += 1
        if match.quiet or count >= MOST:
            return


def _in_environment(rule: Rule, match: Match, host: Host) -> Iterator[Finding]:
    for name, value in sorted(host.environment.items()):
        if _pattern(match.pattern).match(f"{name}={value}"):
            yield found(rule.id, None, match.because.format(_short(f"{name}={value}")))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _short(text: str) -> str:
    from builtby.builds.masking import Masker

    line = Masker({}).text(" ".join(text.split()))
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
