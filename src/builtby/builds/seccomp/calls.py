"""What each call means: from registers to events."""

import errno
import os
import stat
from collections.abc import Callable

from builtby.builds.events import Ended, Noted, Ran, Used
from builtby.builds.hashing import Hasher
from builtby.builds.seccomp.known import Known
from builtby.builds.seccomp.network import Network
from builtby.builds.seccomp.paths import Place, place
from builtby.builds.seccomp.peer import AT_FDCWD, Peer, Peers, signed
from builtby.builds.seccomp.programs import program
from builtby.builds.seccomp.tracker import Entry, Tracker

_PATH_ONLY = 0o10000000
_NOFOLLOW = 0x100
"""AT_SYMLINK_NOFOLLOW."""
UNREADABLE = "calls of processes whose memory may not be read"
BELOW = "files that were read or written through the device that they are on"
READING = frozenset({
    "execve", "execveat", "open", "creat", "openat", "openat2", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "unlink", "unlinkat", "chmod", "fchmodat", "fchmodat2", "truncate"})
"""Calls that name a file: its name is the first thing that is read of their memory."""
_VIEWS = ("mount", "umount2", "open_tree", "open_tree_attr", "move_mount", "fsmount", "pivot_root", "chroot", "setns",
          "unshare")
VIEW = "paths as seen by processes that changed their view of the file system"

Args = tuple[int, ...]
Handler = Callable[[Peer, Entry, Args], None]


class RefusedError(RuntimeError):
    """The call must not happen, for it could not be seen; `reason` is the error number that the caller gets."""

    def __init__(self, reason: int) -> None:
        super().__init__(reason)
        self.reason = reason


class Calls:
    """Handlers, by the name of the call."""

    def __init__(self, tracker: Tracker, hasher: Hasher, peers: Peers) -> None:
        self._tracker, self._hasher, self._peers, self._known = tracker, hasher, peers, Known()
        network = Network(tracker)
        c = AT_FDCWD
        self.handlers: dict[str, Handler] = {
            "execve": lambda p, e, a: self._exec(p, e, place(p, c, p.text(a[0]), exact=False), a[1], a[2]),
            "execveat": lambda p, e, a: self._exec(
                p, e, place(p, signed(a[0]), p.text(a[1]), follow=not a[4] & _NOFOLLOW, exact=False), a[2], a[3]),
            "open": lambda p, e, a: self._open(p, e, c, a[0], a[1]),
            "creat": lambda p, e, a: self._open(p, e, c, a[0], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            "openat": lambda p, e, a: self._open(p, e, signed(a[0]), a[1], a[2]),
            "openat2": lambda p, e, a: self._open(
                p, e, signed(a[0]), a[1], int.from_bytes(p.memory(a[2], 8), "little")),
            "rename": lambda p, e, a: self._moved(p, e, "rename", (c, a[0]), (c, a[1])),
            "renameat": lambda p, e, a: self._moved(p, e, "rename", (a[0], a[1]), (a[2], a[3])),
            "renameat2": lambda p, e, a: self._moved(p, e, "rename", (a[0], a[1]), (a[2], a[3])),
            "link": lambda p, e, a: self._moved(p, e, "link", (c, a[0]), (c, a[1])),
            "linkat": lambda p, e, a: self._moved(p, e, "link", (a[0], a[1]), (a[2], a[3])),
            "symlink": lambda p, e, a: self._linked(p, e, a[0], c, a[1]),
            "symlinkat": lambda p, e, a: self._linked(p, e, a[0], a[1], a[2]),
            "unlink": lambda p, e, a: self._use(p, e, "remove", c, a[0], follow=False),
            "unlinkat": lambda p, e, a: self._use(p, e, "remove", a[0], a[1], follow=False),
            "chmod": lambda p, e, a: self._use(p, e, "mode", c, a[0]),
            "fchmodat": lambda p, e, a: self._use(p, e, "mode", a[0], a[1]),
            "truncate": lambda p, e, a: self._use(p, e, "truncate", c, a[0]),
            "exit_group": self._exit,
            "socket": network.socket, "connect": network.connect, "sendto": network.sendto, "sendmsg": network.sendmsg,
            "sendmmsg": network.sendmmsg,
            "ptrace": self._ptrace, "memfd_create": self._memory_file, "io_uring_setup": self._uring,
            **dict.fromkeys(("process_vm_readv", "process_vm_writev"), self._memory_of_other),
            "fchmodat2": lambda p, e, a: self._use(p, e, "mode", a[0], a[1]),
            "pidfd_getfd": self._descriptor_of_other, "open_by_handle_at": self._by_handle,
            **{name: self._view(name) for name in _VIEWS},
        }

    def _exec(self, peer: Peer, entry: Entry, first: Place | None, argv: int, environment: int) -> None:
        if first is None:
            return self._unreadable(peer)
        found = program(peer, first)
        tracker = self._tracker
        if found is None:
            entry.missed += 1
            return None
        words, pairs = peer.words(argv), peer.words(environment)
        number = tracker.environment(pairs)
        tracker.tell_missed(entry)
        replaces = tracker.runs(entry)
        script = found.script
        tracker.tell(Ran(
            tracker.now(), entry.id, tracker.masker.argv(words), peer.shown(AT_FDCWD), found.executable.path,
            self._digest(found.executable)[0], number, replaces, script.path if script else None,
            self._digest(script)[0] if script else None))
        for opened in (found.script, found.loader):
            if opened is not None:
                self._read(entry, opened)
        self._peers.forget(entry.pid)
        return None

    def _open(self, peer: Peer, entry: Entry, folder: int, name: int, flags: int) -> None:
        if flags & _PATH_ONLY:
            return None
        where, tracker = self._opened(peer, folder, peer.text(name), flags), self._tracker
        if where is None:
            return self._unreadable(peer)
        if where.info is None:
            if flags & os.O_CREAT:
                tracker.tell(Used(tracker.now(), entry.id, where.path, "write"))
            else:
                entry.missed += 1
        elif where.is_file:
            if flags & os.O_CREAT and flags & os.O_EXCL:
                return None  # it fails, for the file is there
            writes = flags & os.O_ACCMODE != os.O_RDONLY or flags & os.O_TRUNC
            if flags & os.O_ACCMODE != os.O_WRONLY and not flags & os.O_TRUNC:
                self._read(entry, where)
            if writes and _may_be_written(peer, where.reach):
                tracker.tell(Used(tracker.now(), entry.id, where.path, "write"))
        elif stat.S_ISBLK(where.info.st_mode):
            self._note(entry, "block-device", f"opens {where.path}, below all files")
            tracker.loses(BELOW)
        return None

    def _opened(self, peer: Peer, folder: int, name: bytes | None, flags: int) -> Place | None:
        follow = not flags & os.O_NOFOLLOW
        found = self._known.find(peer, name) if follow else None
        if found is None:
            found = place(peer, folder, name, follow=follow, exact=bool(flags & os.O_CREAT))
            if found is not None and follow:
                self._known.learn(peer, name, found)
        return found

    def _read(self, entry: Entry, where: Place) -> None:
        """Tell that a file is read, with the digest of what it holds now, before the caller may go on."""
        self._tracker.tell(Used(self._tracker.now(), entry.id, where.path, "read", *self._digest(where)))

    def _digest(self, where: Place) -> tuple[str | None, int | None]:
        if where.info is None or not where.is_file or where.is_pseudo:
            return None, None
        found = self._hasher.of(where.reach, where.info)
        if found is None and os.access(where.reach, os.R_OK):
            self._tracker.loses("contents of files that changed or went while they were hashed")
        return (found.sha256, found.size) if found else (None, where.info.st_size)

    def _use(self, peer: Peer, entry: Entry, access: str, folder: int, name: int, *, follow: bool = True) -> None:
        where = place(peer, signed(folder), peer.text(name), follow=follow)
        if where is None:
            self._unreadable(peer)
        elif where.info is not None:
            self._tracker.tell(Used(self._tracker.now(), entry.id, where.path, access))

    def _moved(self, peer: Peer, entry: Entry, access: str, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Tell of a new name for a file; the digest is of what is moved."""
        source, target = (place(peer, signed(folder), peer.text(name), follow=False) for folder, name in (old, new))
        if source is None or target is None:
            self._unreadable(peer)
        elif source.info is not None:
            self._known.moved(source, target)
            digest, size = self._digest(source)
            self._tracker.tell(
                Used(self._tracker.now(), entry.id, source.path, access, digest, size, to=target.path))

    def _linked(self, peer: Peer, entry: Entry, says: int, folder: int, name: int) -> None:
        text, where = peer.text(says), place(peer, signed(folder), peer.text(name), follow=False)
        if text is None or where is None:
            return self._unreadable(peer)
        return self._tracker.tell(Used(self._tracker.now(), entry.id, where.path, "symlink", to=os.fsdecode(text)))

    def _exit(self, peer: Peer, entry: Entry, args: Args) -> None:
        self._tracker.tell(Ended(self._tracker.now(), entry.id, args[0] & 0xFF))
        self._tracker.ended(entry)
        self._peers.forget(entry.pid)

    def _note(self, entry: Entry, call: str, detail: str, *, refused: bool = False) -> None:
        self._tracker.tell(Noted(self._tracker.now(), entry.id, call, detail, refused))

    def _ptrace(self, peer: Peer, entry: Entry, args: Args) -> None:
        if args[0] in (16, 0x4206):  # ATTACH, SEIZE: of a process that did not ask for it
            self._note(entry, "ptrace", f"attaches to process {signed(args[1])}")

    def _memory_of_other(self, peer: Peer, entry: Entry, args: Args) -> None:
        if signed(args[0]) != entry.pid:
            self._note(entry, "process_vm", f"memory of process {signed(args[0])}")

    def _descriptor_of_other(self, peer: Peer, entry: Entry, args: Args) -> None:
        self._note(entry, "pidfd_getfd", "takes an open file of another process")

    def _by_handle(self, peer: Peer, entry: Entry, args: Args) -> None:
        self._note(entry, "open_by_handle_at", "a file opened without a name could not be seen", refused=True)
        raise RefusedError(errno.EPERM)

    def _memory_file(self, peer: Peer, entry: Entry, args: Args) -> None:
        name = peer.text(args[0], 256) or b""
        self._note(entry, "memfd_create", f"a file in memory only: {name.decode('utf-8', 'backslashreplace')}")

    def _uring(self, peer: Peer, entry: Entry, args: Args) -> None:
        self._note(entry, "io_uring_setup", "files opened that way could not be seen", refused=True)
        raise RefusedError(errno.ENOSYS)

    def _view(self, call: str) -> Handler:
        def changed(peer: Peer, entry: Entry, args: Args) -> None:
            self._note(entry, call, "changes how it sees the file system")
            self._tracker.loses(VIEW)
            entry.elsewhere = True

        return changed

    def _unreadable(self, peer: Peer) -> None:
        self._tracker.loses(UNREADABLE)


def _may_be_written(peer: Peer, reach: str) -> bool:
    """Whether opening it for writing can be meant to succeed: what a guard mounted read-only counts."""
    if os.access(reach, os.W_OK):
        return True
    if not peer.root:
        return False
    try:
        os.close(os.open(reach, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EROFS
    return True
