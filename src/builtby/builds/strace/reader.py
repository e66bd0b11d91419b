"""From bytes of strace's to events: lines are put together, threads told apart, calls handed on."""

from builtby.builds.hashing import Hasher
from builtby.builds.strace.calls import Calls
from builtby.builds.strace.lines import LONGEST, Call, Exit, Line, Lines, Started, Superseded, UnreadableError
from builtby.builds.strace.people import BIRTHS, Entry, People

UNREAD = "lines of strace that could not be read"
MOST_WAITING = 10_000


class Reader:
    """Takes what strace writes, in pieces of any size."""

    def __init__(self, people: People, hasher: Hasher) -> None:
        self._people, self._lines = people, Lines()
        self.calls = Calls(people, hasher)
        self._rest = b""
        self._waiting: dict[int, list[Line]] = {}
        """Lines of threads of which it is not known yet who they are."""

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        first, *others = data.split(b"\n")
        self._rest += first
        if len(self._rest) > LONGEST:
            self._rest = b"?"
        for following in others:
            line, self._rest = self._rest, following
            if line:
                self._line(line)

    def finish(self) -> None:
        """Take in what waits: strace has ended. The last line may be half a line."""
        if self._rest:
            self._people.loses(UNREAD)
            self._rest = b""
        for tid in list(self._waiting):
            self._people.find(tid, sure=False)
            self._released(tid)

    def _line(self, line: bytes) -> None:
        try:
            found = self._lines.read(line)
        except (UnreadableError, ValueError):
            return self._people.loses(UNREAD)
        if found is not None:
            self._take(found)
            for tid in [tid for tid in self._waiting if self._people.known(tid)]:
                self._released(tid)
        return None

    def _take(self, line: Line) -> None:
        people = self._people
        if not isinstance(line, Superseded):
            people.at(line.time)
        entry = people.known(line.tid)
        if entry is None and line.tid not in self._waiting:
            entry = people.find(line.tid)
        if entry is None:
            self._wait(line)
        elif isinstance(line, Started):
            if line.name in BIRTHS:
                people.bears(line.tid, line.text)
        elif isinstance(line, Exit):
            people.ended(line.tid, line.code)
        elif isinstance(line, Superseded):
            people.superseded(line.tid, line.thread)
        else:
            self._called(entry, line)

    def _called(self, entry: Entry, call: Call) -> None:
        """A call of a form that is not known must not stop the build: it is counted."""
        handler = self.calls.handlers.get(call.name)
        if call.name in BIRTHS:
            self._people.bore(call.tid)
        if handler is None or call.result.startswith(b"?"):
            return
        try:
            handler(entry, call)
        except (IndexError, ValueError):
            self._people.loses(UNREAD)

    def _wait(self, line: Line) -> None:
        lines = self._waiting.setdefault(line.tid, [])
        if len(lines) < MOST_WAITING:
            lines.append(line)
        else:
            self._people.loses(UNREAD)

    def _released(self, tid: int) -> None:
        for line in self._waiting.pop(tid, ()):
            self._take(line)
