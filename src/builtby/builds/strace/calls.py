"""What each call means: from what strace prints to events."""

import os
from collections.abc import Callable

from builtby.builds.events import Absent, Noted, Ran, Used
from builtby.builds.hashing import Hasher
from builtby.builds.seccomp.paths import Place, place
from builtby.builds.seccomp.peer import AT_FDCWD
from builtby.builds.seccomp.programs import Program, program
from builtby.builds.strace.lines import Call, number, text_of, texts_of
from builtby.builds.strace.network import Network
from builtby.builds.strace.people import BIRTHS, Entry, People
from builtby.builds.strace.places import Past, base, full, is_other, look, opened

VIEW = "paths as seen by processes that changed their view of the file system"
UNREADABLE = "calls whose arguments strace could not read, or cut off"
_GONE = ("ENOENT", "ENOTDIR")
VIEWS = ("mount", "open_tree", "move_mount", "pivot_root", "chroot", "setns", "unshare")

Handler = Callable[[Entry, Call], None]


class Calls:
    """Handlers, by the name of the call."""

    def __init__(self, people: People, hasher: Hasher) -> None:
        self._people, self._hasher = people, hasher
        self.unhashed = 0
        """Files that were gone, or another's, when their turn to be hashed came."""
        network = Network(people)
        self.handlers: dict[str, Handler] = {
            "execve": lambda e, c: self._exec(e, c, None, c.args[0], c.args[1:3]),
            "execveat": lambda e, c: self._exec(e, c, c.args[0], c.args[1], c.args[2:4]),
            "open": lambda e, c: self._open(e, c, None, c.args[1]),
            "creat": lambda e, c: self._open(e, c, None, b"O_WRONLY|O_CREAT|O_TRUNC"),
            "openat": lambda e, c: self._open(e, c, c.args[0], c.args[2]),
            "openat2": lambda e, c: self._open(e, c, c.args[0], c.args[2]),
            "rename": lambda e, c: self._moved(e, c, "rename", (None, c.args[0]), (None, c.args[1])),
            **dict.fromkeys(("renameat", "renameat2"), lambda e, c: self._moved(
                e, c, "rename", (c.args[0], c.args[1]), (c.args[2], c.args[3]))),
            "link": lambda e, c: self._moved(e, c, "link", (None, c.args[0]), (None, c.args[1])),
            "linkat": lambda e, c: self._moved(e, c, "link", (c.args[0], c.args[1]), (c.args[2], c.args[3])),
            "symlink": lambda e, c: self._linked(e, c, c.args[0], None, c.args[1]),
            "symlinkat": lambda e, c: self._linked(e, c, c.args[0], c.args[1], c.args[2]),
            "unlink": lambda e, c: self._use(e, c, "remove", None, c.args[0], follow=False),
            "unlinkat": lambda e, c: self._use(e, c, "remove", c.args[0], c.args[1], follow=False),
            "chmod": lambda e, c: self._use(e, c, "mode", None, c.args[0]),
            **dict.fromkeys(("fchmodat", "fchmodat2"), lambda e, c: self._use(e, c, "mode", c.args[0], c.args[1])),
            "truncate": lambda e, c: self._use(e, c, "truncate", None, c.args[0]),
            "chdir": self._enters, "fchdir": self._enters,
            **dict.fromkeys(BIRTHS, self._bears),
            "connect": network.connect, "sendto": network.sendto, "sendmsg": network.sendmsg,
            "sendmmsg": network.sendmmsg,
            "ptrace": self._ptrace, "memfd_create": self._memory_file, "io_uring_setup": self._uring,
            **dict.fromkeys(("process_vm_readv", "process_vm_writev"), self._memory_of_other),
            **dict.fromkeys(VIEWS, self._view),
        }

    def _exec(self, entry: Entry, call: Call, folder: bytes | None, name: bytes, rest: list[bytes]) -> None:
        people = self._people
        if not call.done:
            if call.error in (*_GONE, "EACCES"):
                people.tell(Absent(people.now(), entry.id))
            return
        (words, whole), (pairs, all_pairs) = texts_of(rest[0]), texts_of(rest[1])
        if not whole or not all_pairs:
            people.loses(UNREADABLE)
        found = self._program(entry, call.tid, folder, name)
        number_ = people.environment([os.fsdecode(pair) for pair in pairs])
        replaces, script = people.runs(entry), found.script
        people.tell(Ran(
            people.now(), entry.id, people.masker.argv(map(os.fsdecode, words)), base(entry, None),
            found.executable.path, self._digest(found.executable)[0], number_, replaces,
            script.path if script else None, self._digest(script)[0] if script else None))
        for read in (found.script, found.loader):
            if read is not None:
                self._read(entry, read)

    def _program(self, entry: Entry, tid: int, folder: bytes | None, name: bytes) -> Program:
        """Return what was run. If it is gone from its place, the process itself may still lead to it."""
        peer, text = Past(tid, entry.cwd), text_of(name)
        path = full(entry, folder, name, follow=True) if text and text.value else opened(folder or b"")
        first = place(peer, AT_FDCWD, os.fsencode(path)) if path else None
        found = program(peer, first) if first else None
        if found is None:
            itself = place(peer, AT_FDCWD, f"/proc/{tid}/exe".encode())
            found = program(peer, itself) if itself and itself.info else None
        return found or Program(first or Place(path or "?", path or "?", None), None, None)

    def _open(self, entry: Entry, call: Call, folder: bytes | None, flags: bytes) -> None:
        if not call.done:
            if call.error in _GONE:
                self._people.tell(Absent(self._people.now(), entry.id))
            return
        if b"O_PATH" in flags or b"O_TMPFILE" in flags or b"O_DIRECTORY" in flags:
            return
        path = opened(call.result)
        if folder is not None:
            base(entry, folder)
        where = look(path) if path else None
        if where is None or is_other(where):
            return
        cut = b"O_TRUNC" in flags
        writes = cut or b"O_WRONLY" in flags or b"O_RDWR" in flags
        if b"O_WRONLY" not in flags and not cut and b"O_EXCL" not in flags:
            self._read(entry, where)
        if writes:
            self._people.tell(Used(self._people.now(), entry.id, where.path, "write"))

    def _read(self, entry: Entry, where: Place) -> None:
        self._people.tell(Used(self._people.now(), entry.id, where.path, "read", *self._digest(where)))

    def _digest(self, where: Place) -> tuple[str | None, int | None]:
        """Return what a file holds now, which is after the call."""
        if where.is_pseudo:
            return None, None
        found = self._hasher.of(where.reach, where.info) if where.info is not None and where.is_file else None
        if found is None:
            self.unhashed += 1
            return None, where.info.st_size if where.info else None
        return found.sha256, found.size

    def _use(self, entry: Entry, call: Call, access: str, folder: bytes | None, name: bytes, *,
             follow: bool = True) -> None:
        if call.done:
            path = full(entry, folder, name, follow=follow)
            if path is None:
                return self._people.loses(UNREADABLE)
            self._people.tell(Used(self._people.now(), entry.id, path, access))
        return None

    def _moved(self, entry: Entry, call: Call, access: str, old: tuple[bytes | None, bytes],
               new: tuple[bytes | None, bytes]) -> None:
        """Tell of a new name for a file; the digest is of what is there now under the new one."""
        if not call.done:
            return None
        source, target = (full(entry, *one, follow=False) for one in (old, new))
        if source is None or target is None:
            return self._people.loses(UNREADABLE)
        there = look(target)
        digest, size = (None, None) if is_other(there) else self._digest(there)
        return self._people.tell(Used(self._people.now(), entry.id, source, access, digest, size, to=target))

    def _linked(self, entry: Entry, call: Call, says: bytes, folder: bytes | None, name: bytes) -> None:
        if not call.done:
            return None
        text, path = text_of(says), full(entry, folder, name, follow=False)
        if text is None or path is None:
            return self._people.loses(UNREADABLE)
        return self._people.tell(Used(self._people.now(), entry.id, path, "symlink", to=os.fsdecode(text.value)))

    def _enters(self, entry: Entry, call: Call) -> None:
        if call.done:
            path = opened(call.args[0]) if call.name == "fchdir" else full(entry, None, call.args[0], follow=True)
            entry.cwd = path or entry.cwd

    def _bears(self, entry: Entry, call: Call) -> None:
        child = number(call.result)
        if call.done and child:
            self._people.told(entry, child, thread=any(b"CLONE_THREAD" in one for one in call.args))

    def _note(self, entry: Entry, call: str, detail: str, *, refused: bool = False) -> None:
        self._people.tell(Noted(self._people.now(), entry.id, call, detail, refused))

    def _ptrace(self, entry: Entry, call: Call) -> None:
        if call.args[0] in (b"PTRACE_ATTACH", b"PTRACE_SEIZE"):
            self._note(entry, "ptrace", f"attaches to process {number(call.args[1])}")

    def _memory_of_other(self, entry: Entry, call: Call) -> None:
        if number(call.args[0]) != entry.pid:
            self._note(entry, "process_vm", f"memory of process {number(call.args[0])}")

    def _memory_file(self, entry: Entry, call: Call) -> None:
        name = text_of(call.args[0])
        text = name.value.decode("utf-8", "backslashreplace") if name else ""
        self._note(entry, "memfd_create", f"a file in memory only: {text}")

    def _uring(self, entry: Entry, call: Call) -> None:
        self._note(entry, "io_uring_setup", "files opened that way could not be seen", refused=True)

    def _view(self, entry: Entry, call: Call) -> None:
        self._note(entry, call.name, "changes how it sees the file system")
        if call.done:
            self._people.loses(VIEW)
