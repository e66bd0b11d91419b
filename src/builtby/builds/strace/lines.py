"""What strace prints, line by line: calls with their arguments and results. Knows no meanings.

Sources: strace(1), and what strace 5.5 to 6.1 print.
"""

import re
from typing import NamedTuple

LONGEST = 64 << 20
"""Bytes of the longest line that is kept: what never ends is no line of strace."""
MOST_UNFINISHED = 100_000
UNFINISHED = b" <unfinished ...>"
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|<[^<>]*>|/\*.*?\*/|[\[{(]|[\]})]|, ', re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_NAME = re.compile(rb"[a-z_][a-z0-9_]*\Z")


class Call(NamedTuple):
    """A call that has returned. `result` begins with a number, or is `?` where there is none."""

    tid: int
    time: float
    """Seconds since 1970."""
    name: str
    args: list[bytes]
    result: bytes

    @property
    def done(self) -> bool:
        """Whether it succeeded."""
        return self.result[:1].isdigit()

    @property
    def error(self) -> str:
        """The name of its error, `ENOENT`; empty when there is none."""
        words = self.result.split(None, 2)
        return words[1].decode("ascii", "replace") if len(words) > 1 and words[0] == b"-1" else ""


class Exit(NamedTuple):
    """A thread ended. `code` is None when a signal did it."""

    tid: int
    time: float
    code: int | None


class Superseded(NamedTuple):
    """A thread ran a program, and took the number of its process."""

    tid: int
    thread: int


class Started(NamedTuple):
    """A call has begun, and others were seen before its end."""

    tid: int
    time: float
    name: str
    text: bytes


class UnreadableError(ValueError):
    """A line is none of strace's."""


Line = Call | Exit | Superseded | Started


class Lines:
    """Joins the lines of a thread. Holds one unfinished call for each thread, and no more."""

    def __init__(self) -> None:
        self._unfinished: dict[int, tuple[float, bytes]] = {}

    def read(self, line: bytes) -> Line | None:
        """Return what a line tells; None for signals and remarks. Raises UnreadableError."""
        if line.startswith(b"["):
            return None
        tid, moment, text = _head(line)
        if text.startswith(b"+++ "):
            return self._plus(tid, moment, text)
        if text.startswith((b"--- ", b"[")) or b" <pid changed to " in text:
            return None
        if text.startswith(b"<... "):
            begun, text = self._resumed(tid, moment, text)
            moment = begun
        if text.endswith(UNFINISHED):
            return self._began(tid, moment, text[: -len(UNFINISHED)])
        return _call(tid, moment, text)

    def _began(self, tid: int, moment: float, text: bytes) -> Started:
        if len(self._unfinished) >= MOST_UNFINISHED:
            raise UnreadableError("more unfinished calls than there are threads")
        self._unfinished[tid] = moment, text
        name, _, rest = text.partition(b"(")
        return Started(tid, moment, name.decode("ascii", "replace"), rest)

    def _resumed(self, tid: int, moment: float, text: bytes) -> tuple[float, bytes]:
        name, found, rest = text[5:].partition(b" resumed>")
        begun, begin = self._unfinished.pop(tid, (moment, b""))
        if not found or begin.partition(b"(")[0] != name:
            raise UnreadableError("the end of a call without its beginning")
        return begun, begin + rest

    def _plus(self, tid: int, moment: float, text: bytes) -> Line | None:
        words = text.split()
        if words[1:2] == [b"superseded"] and len(words) > 6 and words[6].isdigit():
            thread = int(words[6])
            if thread in self._unfinished:
                self._unfinished[tid] = self._unfinished.pop(thread)
            return Superseded(tid, thread)
        self._unfinished.pop(tid, None)
        if words[1:3] == [b"exited", b"with"] and len(words) > 3 and words[3].isdigit():
            return Exit(tid, moment, int(words[3]))
        if words[1:3] == [b"killed", b"by"]:
            return Exit(tid, moment, None)
        raise UnreadableError("an end of unknown kind")


def _head(line: bytes) -> tuple[int, float, bytes]:
    words = line.split(None, 2)
    try:
        return int(words[0]), float(words[1]), words[2]
    except (IndexError, ValueError) as error:
        raise UnreadableError("no process and time") from error


def _call(tid: int, moment: float, text: bytes) -> Call:
    name, found, _ = text.partition(b"(")
    split = arguments(text, len(name) + 1) if found and _NAME.match(name) else None
    if split is None:
        raise UnreadableError("no call")
    args, end = split
    equals, result = text[end:].lstrip()[:2], text[end:].lstrip()[2:]
    if equals != b"= " or not result:
        raise UnreadableError("a call without a result")
    return Call(tid, moment, name.decode(), args, result)


def arguments(text: bytes, start: int = 0) -> tuple[list[bytes], int] | None:
    """Split at the commas that are outside of texts and brackets; None when the closing bracket is missing.

    Returns what stands between, and where it ends: behind the bracket.
    """
    depth, begin, found = 1, start, []
    for token in _TOKEN.finditer(text, start):
        first = text[token.start()]
        if first in b"[{(":
            depth += 1
        elif first in b"]})":
            depth -= 1
            if depth == 0:
                found.append(text[begin : token.start()])
                return found, token.end()
        elif first == 44 and depth == 1:
            found.append(text[begin : token.start()])
            begin = token.end()
    return None


class Text(NamedTuple):
    """A quoted text; `whole` is False when strace cut it off."""

    value: bytes
    whole: bool = True


def text_of(argument: bytes) -> Text | None:
    """Return a quoted text without its escapes; None for what is none, such as an address that could not be read."""
    if not argument.startswith(b'"'):
        return None
    end = argument.rfind(b'"')
    return Text(plain(argument[1:end]), not argument.endswith(b"...")) if end > 0 else None


def plain(escaped: bytes) -> bytes:
    """Return bytes without strace's escapes."""
    return _ESCAPE.sub(_byte, escaped) if b"\\" in escaped else escaped


def _byte(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    if code[:1] == b"x" and len(code) > 1:
        return bytes((int(code[1:], 16),))
    if code[:1].isdigit() and code[0] < 56:
        return bytes((int(code, 8) & 0xFF,))
    return _LETTERS.get(code, code)


def texts_of(argument: bytes) -> tuple[list[bytes], bool]:
    """Return a list of quoted texts, and whether it is whole."""
    split = arguments(argument, 1) if argument.startswith(b"[") else None
    if split is None:
        return [], argument.startswith(b"NULL")
    found = [text_of(one) for one in split[0] if one]
    return [one.value for one in found if one], all(one is not None and one.whole for one in found)


def named(argument: bytes) -> bytes | None:
    """Return the path of a descriptor, as in `3</etc/passwd>` or `AT_FDCWD</root>`; None when it is no file's."""
    begin, end = argument.find(b"<"), argument.rfind(b">")
    return plain(argument[begin + 1 : end]) if 0 <= begin < end and argument[begin + 1 : begin + 2] == b"/" else None


def number(argument: bytes) -> int | None:
    """Return the number that an argument begins with."""
    found = re.match(rb"-?\d+", argument)
    return int(found.group()) if found else None
