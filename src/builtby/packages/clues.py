"""What points to an installed tool: a path, the text of a small file, or an installed package.

The rules are the catalogue's `[[present]]` sections, over three kinds of surface:
`path` (of a regular file), `path.text` (`PATH`, a newline, the file's beginning; `needles` are endings of the path)
and `package.TYPE` (`NAME VERSION`). A pattern's group `home` is the folder that the tool is installed in.
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import hyperscan

from builtby.marks.load import Catalogue, Rule

TEXT_READ = 8192
"""Bytes of a small file's beginning that rules see."""
MOST_SEEN = TEXT_READ + 4096
"""Characters of a path or text that rules see."""


class Clue(NamedTuple):
    """One rule that fired."""

    rule: Rule
    version: str | None
    home: str | None
    path: str
    layer: str | None = None
    origin: tuple[str, ...] | None = None
    """The source package of the file or package: clues of one origin are of one installation."""
    owner: str | None = None
    """The purl of the package that owns the file, or that the clue is."""

    @property
    def is_path(self) -> bool:
        return "path" in self.rule.kinds


class _Filter:
    """Tells in a microsecond that none of many rules matches a text.

    A rule can only match a text that holds the longest text standing literally in its pattern: one pass of Hyperscan
    looks for all of them. To compile the patterns themselves would take longer than many a scan.
    """

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._found: list[int] = []

    @cached_property
    def _literals(self) -> dict[str, list[int]]:
        """The numbers of the rules that need each literal text; the empty text's are those that need none."""
        rules: dict[str, list[int]] = {"": []}
        for number, rule in enumerate(self._rules):
            rules.setdefault(literal(rule.mark.pattern), []).append(number)
        return rules

    def _database(self, flags: int) -> tuple[hyperscan.Database, hyperscan.Scratch]:
        literals = list(self._literals)[1:]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[text.encode() for text in literals], ids=list(range(len(literals))), elements=len(literals),
            flags=[flags] * len(literals), literal=True,
        )
        return database, hyperscan.Scratch(database)

    @cached_property
    def _search(self) -> Callable[[str], list[int]]:
        """Return what tells, for a text, the numbers of the rules that may match it; made when first needed."""
        always, *numbers = self._literals.values()
        database, scratch = self._database(hyperscan.HS_FLAG_SINGLEMATCH)
        found = self._found

        def search(text: str) -> list[int]:
            found.clear()
            raw = text.encode("utf-8", "surrogateescape")
            database.scan(raw, match_event_handler=lambda number, *_: found.append(number), scratch=scratch)
            return [*always, *(rule for number in found for rule in numbers[number])]

        return search

    def any(self, text: str) -> bool:
        """Whether some rule matches."""
        shown = text[:MOST_SEEN]
        return self._one(self._search(shown), shown)

    @cached_property
    def _search_lines(self) -> Callable[[bytes], list[tuple[int, int]]]:
        """Return what gives the places, in a text of many lines, where some literal text ends, with its number."""
        database, scratch = self._database(0)

        def search(text: bytes) -> list[tuple[int, int]]:
            ends: list[tuple[int, int]] = []
            found = lambda number, _, end, *__: ends.append((end, number))  # noqa: E731
            database.scan(text, match_event_handler=found, scratch=scratch)
            return ends

        return search

    def any_of(self, texts: list[str]) -> list[str]:
        """Return those of many short texts that some rule matches: one search for all of them costs a tenth."""
        always, *numbers = self._literals.values()
        if always:
            return [text for text in texts if self.any(text)]
        ends = list(accumulate(len(text.encode("utf-8", "surrogateescape")) + 1 for text in texts))
        hits = self._search_lines("\n".join(texts).encode("utf-8", "surrogateescape"))
        likely = sorted({(bisect_left(ends, end), literal) for end, literal in hits})
        found = (at for at, literal in likely if self._one(numbers[literal], texts[at][:MOST_SEEN]))
        return [texts[at] for at in dict.fromkeys(found)]

    def _one(self, numbers: list[int], shown: str) -> bool:
        return any(self._rules[number].pattern.search(shown) for number in numbers)

    def clues(self, text: str, path: str) -> Iterator[Clue]:
        """Yield what the rules that match have to say."""
        shown = text[:MOST_SEEN]
        for number in sorted(self._search(shown)):
            rule = self._rules[number]
            match = rule.pattern.search(shown)
            if match:
                groups = match.groupdict()
                version = groups.get("version") or rule.mark.version or _numbered(groups)
                yield Clue(rule, version, groups.get("home"), path)


_PART = re.compile(r"\\[^\w]|\\.|\[\^?\]?[^\]]*\]|\{[\d,]+\}|.", re.DOTALL)
_HOME = "^(?P<home>(?:.*/)?"


def literal(pattern: str) -> str:
    """Return the longest text that stands literally, outside of groups, in whatever the pattern matches."""
    runs, depth = [""], 0
    for part in _PART.findall(pattern.removeprefix(_HOME)):
        if part in "?*" or part.startswith("{"):
            runs[-1] = runs[-1][:-1]
        if part == "|" and depth == 0:
            return ""
        depth = max(depth + {"(": 1, ")": -1}.get(part, 0), 0)
        plain = part not in "?*+.^$()" if len(part) == 1 else re.fullmatch(r"\\[^\w]", part) is not None
        if depth == 0 and plain:
            runs[-1] += part[-1]
        elif runs[-1]:
            runs.append("")
    return max(reversed(runs), key=len)  # of two as long, the later is the rarer: a name, not a folder


def _numbered(groups: dict[str, str | None]) -> str | None:
    """A version whose numbers stand apart, as in a C header: the groups `major`, `minor` and `patch`."""
    numbers = [groups.get(name) for name in ("major", "minor", "patch")]
    return ".".join(number for number in numbers if number) if numbers[0] else None


class Clues:
    """The catalogue's rules of installed tools, indexed. Cheap to ask; one for each worker."""

    def __init__(self, catalogue: Catalogue) -> None:
        kinds: dict[str, list[Rule]] = {}
        self._endings: dict[str, list[str]] = {}
        for rule in catalogue.present:
            for kind in rule.kinds:
                kinds.setdefault(kind, []).append(rule)
            for needle in rule.mark.needles:
                self._endings.setdefault(needle.rpartition("/")[2], []).append(needle)
        self._filters = {kind: _Filter(rules) for kind, rules in kinds.items()}

    def is_tool(self, path: str) -> bool:
        """Whether the file at a path may be a tool's."""
        found = self._filters.get("path")
        return found is not None and found.any(path)

    def tools(self, paths: list[str]) -> list[str]:
        """Return those of many paths whose files may be a tool's."""
        found = self._filters.get("path")
        return found.any_of(paths) if found is not None else []

    @property
    def texts(self) -> list[str]:
        """The names of the small files that tell a tool's version."""
        return list(self._endings)

    def is_text(self, path: str) -> bool:
        """Whether the file at a path is a small one that tells a tool's version."""
        endings = self._endings.get(path[path.rfind("/") + 1 :])
        return endings is not None and any(path == end or path.endswith(f"/{end}") for end in endings)

    def of_path(self, path: str) -> Iterator[Clue]:
        """Yield what the path of a regular file points to."""
        yield from self._of("path", path, path)

    def of_text(self, path: str, data: bytes) -> Iterator[Clue]:
        """Yield what the beginning of a small file points to."""
        if self.is_text(path):
            text = data[:TEXT_READ].decode("utf-8", "replace")
            yield from self._of("path.text", f"{path}\n{text}", path)

    def of_package(self, kind: str, name: str, version: str, path: str) -> Iterator[Clue]:
        """Yield what an installed package points to."""
        yield from self._of(f"package.{kind}", f"{name} {version}", path)

    def _of(self, kind: str, text: str, path: str) -> Iterator[Clue]:
        found = self._filters.get(kind)
        if found is not None:
            yield from found.clues(text, path)


_own = threading.local()


def clues() -> Clues:
    """Return the built-in catalogue's rules, indexed once a thread: Hyperscan's working memory is for one at a time."""
    made: Clues | None = getattr(_own, "clues", None)
    if made is None:
        from builtby.marks.load import catalogue

        made = _own.clues = Clues(catalogue())
    return made
