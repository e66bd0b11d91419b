"""What is read of a process that waits: its memory, and what /proc tells of it."""

import os
import struct
from collections import OrderedDict

PAGE = 4096
LONGEST_PATH = 4096
MOST_WORDS, MOST_BYTES = 65_536, 4 << 20
"""Words, and bytes, of an argument list or environment that are read; the kernel allows about 2 MiB."""
AT_FDCWD = -100
MOST_KEPT = 128
"""Threads whose memory stays open: fewer than the 256 descriptors that some systems give a process."""


class GonePeerError(RuntimeError):
    """What is known of a thread is of another one, which had its number before."""


class Peer:
    """A process, by one of its threads. Reads give None or nothing when it is gone or may not be read.

    `root`: where /proc leads to its root, when that is another than ours. Its memory stays open from the first look
    on: what is open belongs to the program that runs then, and gives nothing any more once another one has the number.
    """

    __slots__ = ("_memory", "elsewhere", "pid", "root", "sure", "tid")

    def __init__(self, tid: int, root: str = "") -> None:
        self.tid, self.root = tid, root
        self.pid: int | None = None
        """The process that the thread belongs to, once that was asked."""
        self.elsewhere = False
        """Whether it changed its view of the file system: absolute paths are then looked for below its own root."""
        self.sure = True
        """Whether its memory was seen to be that of the thread that waits."""
        self._memory: int | None = None

    def memory(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes at an address; fewer where its memory ends."""
        try:
            if self._memory is None:
                self._memory = os.open(f"/proc/{self.tid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            return os.pread(self._memory, size, address)
        except (OSError, OverflowError):
            return b""

    def close(self) -> None:
        """Let go of its memory."""
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None

    def text(self, address: int, longest: int = LONGEST_PATH) -> bytes | None:
        """Return the text that ends in a zero byte at an address; None when there is none of at most that length.

        Raises GonePeerError when that shows that the memory was another thread's.
        """
        if address == 0:
            return None
        size = min(PAGE - address % PAGE, longest)
        found = self.memory(address, size)
        end = found.find(b"\0")
        if end < 0:  # a path may go over the end of a page, behind which there may be nothing
            if not found and not self.sure:
                raise GonePeerError
            found += self.memory(address + size, longest - size)
            end = found.find(b"\0")
        return found[:end] if end >= 0 else None

    def words(self, address: int) -> list[str]:
        """Return a list of texts, such as argv: pointers, ended by a null one."""
        if address == 0:
            return []
        words: list[str] = []
        pages: dict[int, bytes] = {}
        left = MOST_BYTES
        for pointer in self._pointers(address):
            text = self._text_in(pages, pointer, min(left, 1 << 17))
            if text is None:
                break
            words.append(os.fsdecode(text))
            left -= len(text) + 1
            if left <= 0:
                break
        return words

    def _text_in(self, pages: dict[int, bytes], address: int, longest: int) -> bytes | None:
        """Return the text at an address: most of a list's lie beside each other, and a page is read once for all."""
        start = address - address % PAGE
        page = pages.get(start)
        if page is None:
            page = pages[start] = self.memory(start, PAGE)
        end = page.find(b"\0", address - start)
        return page[address - start : end] if end >= 0 else self.text(address, longest)

    def _pointers(self, address: int) -> list[int]:
        found: list[int] = []
        while len(found) < MOST_WORDS:
            data = self.memory(address + 8 * len(found), PAGE - (address + 8 * len(found)) % PAGE)
            pointers = struct.unpack(f"={len(data) // 8}Q", data[: len(data) // 8 * 8])
            if not pointers:
                break
            if 0 in pointers:
                return found + list(pointers[: pointers.index(0)])
            found += pointers
        return found

    def status(self) -> tuple[int, int] | None:
        """Return the process (thread group) and its parent; None when it is gone."""
        try:
            with open(f"/proc/{self.tid}/status", "rb", buffering=0) as file:  # noqa: PTH123  # on the hot path
                text = file.read(2048)
        except OSError:
            return None
        group, parent = text.find(b"\nTgid:"), text.find(b"\nPPid:")
        self.pid = int(text[group + 6 : text.find(b"\n", group + 1)])
        return self.pid, int(text[parent + 6 : text.find(b"\n", parent + 1)])

    def folder(self, descriptor: int) -> str:
        """Return the place in /proc that leads to what relative paths are relative to."""
        if descriptor == AT_FDCWD:
            return f"/proc/{self.tid}/cwd"
        return f"/proc/{self.tid}/fd/{descriptor}"

    def shown(self, descriptor: int) -> str | None:
        """Return the path of the working directory, or of what a descriptor is open on."""
        try:
            return os.readlink(self.folder(descriptor))  # noqa: PTH115  # hot path
        except OSError:
            return None


class Peers:
    """Threads that were seen a moment ago, so that what is known of them need not be asked again at each call."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._kept: OrderedDict[int, Peer] = OrderedDict()

    def of(self, tid: int, instruction: int, *, reads: bool) -> Peer:
        """Return the peer that waits at an instruction: the one that is kept if its program still runs.

        `reads`: the call names a file. To read that name shows it too, and reading is most of what a look takes.
        """
        kept = self._kept.get(tid)
        if kept is not None:
            kept.sure = not reads
            if reads or kept.memory(instruction, 1):
                return kept
            self.drop(tid)
        peer = self._kept[tid] = Peer(tid, self._root)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)[1].close()
        return peer

    def forget(self, pid: int) -> None:
        """Forget a process, which ends or is about to run another program."""
        for tid in [tid for tid, peer in self._kept.items() if peer.pid in (pid, None)]:
            self.drop(tid)

    def close(self) -> None:
        """Let go of all."""
        for tid in list(self._kept):
            self.drop(tid)

    def drop(self, tid: int) -> None:
        """Forget a thread."""
        self._kept.pop(tid).close()


def signed(value: int) -> int:
    """Return a register's lower 32 bits as the C `int` that they are."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value
