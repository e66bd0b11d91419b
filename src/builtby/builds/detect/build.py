"""A record as rules look at it: who descends from whom, who goes by which names, what belongs to which package."""

import os
from collections.abc import Iterator
from functools import cached_property

from builtby.builds.detect.model import CHANGES
from builtby.builds.detect.owners import NOBODY, Owner, owner_of
from builtby.builds.detect.world import World
from builtby.builds.model import FileUse, Process, Record

INTERPRETERS = ("python", "node", "nodejs", "perl", "ruby", "sh", "bash", "dash", "zsh", "busybox", "php", "java",
                "bun", "deno", "pypy", "lua")
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # names to be recognised, nothing is written there
_HOMES = ("/root", "/home/*", "/Users/*")
_DEEPEST = 10_000


class Touch:
    """One name of a file that was used; a rename or link has two."""

    __slots__ = ("access", "path", "use")

    def __init__(self, path: str, access: str, use: FileUse) -> None:
        self.path, self.access, self.use = path, access, use


class Build:
    """Looks a record up."""

    def __init__(self, record: Record, world: World | None = None) -> None:
        self.record, self.world = record, world or World(record)
        self.by_id: dict[int, Process] = {one.id: one for one in record.processes}
        self._lines: dict[int, tuple[Process, ...]] = {}
        self._owners: dict[int, Owner] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._by_path: dict[str, dict[str, list[Touch]]] = {}

    def line(self, number: int) -> tuple[Process, ...]:
        """Return a program and all that it descends from, nearest first; what it replaced comes before its parent."""
        known = self._lines.get(number)
        if known is None:
            known = self._lines[number] = tuple(self._up(number))
        return known

    def _up(self, number: int) -> Iterator[Process]:
        seen: set[int] = set()
        while number in self.by_id and number not in seen and len(seen) < _DEEPEST:
            seen.add(number)
            one = self.by_id[number]
            yield one
            number = one.replaces if one.replaces is not None else one.parent

    def program(self, number: int) -> Process | None:
        """Return the nearest program of a process: what a fork runs is what its parent ran."""
        return next((one for one in self.line(number) if one.argv), None)

    def names(self, one: Process) -> frozenset[str]:
        """Return every name that a program goes by."""
        words = (one.argv[0] if one.argv else "", one.executable or "", one.script or "")
        tool = {one.tool.tool} if one.tool else set()
        return frozenset({os.path.basename(word) for word in words if word} | tool | self.true_names(one))  # noqa: PTH119

    def true_names(self, one: Process) -> frozenset[str]:
        """Return the names of a program that do not depend on what it calls itself."""
        known = self._names.get(one.id)
        if known is None:
            known = self._names[one.id] = frozenset(_true_names(one))
        return known

    def owner(self, number: int) -> Owner:
        """Return the package and hook that a program belongs to."""
        known = self._owners.get(number)
        if known is None:
            line = self.line(number)
            known = self._owners[number] = owner_of(line, self.values) if line else NOBODY
        return known

    def is_asked(self, one: Process) -> bool:
        """Whether a program is the recorded command itself, or what a shell that is it runs."""
        above = [other for other in self.line(one.id)[1:] if other.argv]
        return all(len(other.argv) > 1 and other.argv[1].startswith("-") and "c" in other.argv[1] and (
            self.true_names(other) & {"sh", "bash", "dash", "zsh", "busybox"}) for other in above)

    def values(self, one: Process) -> dict[str, str]:
        """Return the variables of a program's environment whose values are kept."""
        kept = self.record.environments
        return kept[one.environment].values if one.argv and 0 <= one.environment < len(kept) else {}

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """Every use of a file, by each name that the file then has."""
        return tuple(touch for use in self.record.files for touch in _touches(use))

    @cached_property
    def by_access(self) -> dict[str, list[Touch]]:
        """The uses of files, by what was done: most are reads, which most rules do not look at."""
        found: dict[str, list[Touch]] = {}
        for touch in self.touches:
            found.setdefault(touch.access, []).append(touch)
        return found

    def by_path(self, access: str) -> dict[str, list[Touch]]:
        """Return the uses of files of one kind, by path."""
        found = self._by_path.get(access)
        if found is None:
            found = self._by_path[access] = {}
            for touch in self.by_access.get(access, ()):
                found.setdefault(touch.path, []).append(touch)
        return found

    @cached_property
    def writers(self) -> dict[str, list[Touch]]:
        """What was written, by path."""
        found: dict[str, list[Touch]] = {}
        for touch in self.touches:
            if touch.access in CHANGES:
                found.setdefault(touch.path, []).append(touch)
        return found

    @cached_property
    def removed(self) -> dict[str, list[Touch]]:
        """What was removed or moved away, by path."""
        found: dict[str, list[Touch]] = {}
        for touch in (*self.by_access.get("remove", ()), *self.by_access.get("moved", ())):
            found.setdefault(touch.path, []).append(touch)
        return found

    @cached_property
    def reads(self) -> dict[int, list[Touch]]:
        """What was read, by program."""
        found: dict[int, list[Touch]] = {}
        for touch in self.touches:
            if touch.access == "read":
                found.setdefault(touch.use.process, []).append(touch)
        return found

    @cached_property
    def _children(self) -> dict[int, list[Process]]:
        found: dict[int, list[Process]] = {}
        for one in self.record.processes:
            if one.argv:
                above = next((other.id for other in self.line(one.id)[1:] if other.argv), 0)
                found.setdefault(above, []).append(one)
        return found

    def pipeline(self, one: Process) -> list[Process]:
        """Return the programs that the same program started: among them are those of the same pipeline."""
        above = next((other.id for other in self.line(one.id)[1:] if other.argv), 0)
        return self._children.get(above, [])

    def is_temporary(self, path: str) -> bool:
        """Whether a path is in a folder for temporary files, and not in a project that is built there."""
        tree = self.bases["$TREE"][0]
        if tree and path.startswith(f"{tree}/"):
            return False
        return path.startswith(tuple(f"{folder}/" for folder in self.bases["$TMP"]))

    @cached_property
    def homes(self) -> tuple[str, ...]:
        """The homes that programs were told of."""
        kept = [one.values for one in self.record.environments]
        return tuple(sorted({one["HOME"].rstrip("/") for one in kept if one.get("HOME", "/").strip("/")}))

    @cached_property
    def bases(self) -> dict[str, tuple[str, ...]]:
        """What `~`, `$TREE` and `$TMP` of a rule's paths stand for."""
        kept = [one.values for one in self.record.environments]
        temporary = {values["TMPDIR"].rstrip("/") for values in kept if values.get("TMPDIR", "/").strip("/")}
        return {"~": (*self.homes, *_HOMES), "$TREE": (self.record.cwd.rstrip("/"),), "$TMP": (*temporary, *_TEMPORARY)}


def _true_names(one: Process) -> Iterator[str]:
    base = os.path.basename  # paths of the record, as text
    name = base(one.executable or (one.argv[0] if one.argv else ""))
    yield name
    if one.script:
        yield base(one.script)
    elif name.startswith(INTERPRETERS):
        yield from _interpreted(one.argv[1:])


def _interpreted(words: tuple[str, ...]) -> Iterator[str]:
    """Yield the name of the script, or of the module after `-m`, that an interpreter was told to run."""
    word, _ = _told(words)
    if word:
        yield os.path.basename(word)  # noqa: PTH119


def _told(words: tuple[str, ...]) -> tuple[str, bool]:
    """Return what an interpreter was told to run, and whether that is a file; an empty word for code in the words."""
    for place, word in enumerate(words):
        if word in ("-c", "-e", "--eval", "-p"):
            break
        if word in ("-m", "-jar") and place + 1 < len(words):
            return words[place + 1], word == "-jar"
        if not word.startswith("-"):
            return word, True
    return "", False


def started_file(one: Process) -> str:
    """Return the path of the script that a program is, or was told to run, or else of its executable."""
    if one.script:
        return one.script
    path = one.executable or ""
    if path.rpartition("/")[2].startswith(INTERPRETERS):
        word, is_file = _told(one.argv[1:])
        if is_file:
            return os.path.normpath(os.path.join(one.cwd or "/", word))  # noqa: PTH118  # text, as the record has it
    return path


def _touches(use: FileUse) -> Iterator[Touch]:
    if use.access in ("rename", "link") and use.to:
        yield Touch(use.path, "moved" if use.access == "rename" else "linked", use)
        yield Touch(use.to, use.access, use)
    else:
        yield Touch(use.path, use.access, use)
