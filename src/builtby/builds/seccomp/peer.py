"""What is read of a process that waits: its memory, and what /proc tells of it."""

import os
import struct
from contextlib import suppress

PAGE = 4096
LONGEST_PATH = 4096
MOST_WORDS, MOST_BYTES = 65_536, 4 << 20
"""Words, and bytes, of an argument list or environment that are read; the kernel allows about 2 MiB."""
AT_FDCWD = -100


class Peer:
    """A process, by one of its threads. Reads give None or nothing when it is gone or may not be read.

    `root`: where /proc leads to its root, when that is another than ours.
    """

    def __init__(self, tid: int, root: str = "") -> None:
        self.tid, self.root = tid, root

    def memory(self, address: int, size: int) -> bytes:
        """Return up to `size` bytes at an address; fewer where its memory ends."""
        with suppress(OSError, OverflowError):
            descriptor = os.open(f"/proc/{self.tid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            try:
                return os.pread(descriptor, size, address)
            finally:
                os.close(descriptor)
        return b""

    def text(self, address: int, longest: int = LONGEST_PATH) -> bytes | None:
        """Return the text that ends in a zero byte at an address; None when there is none of at most that length."""
        if address == 0:
            return None
        size = min(PAGE - address % PAGE, longest)
        found = self.memory(address, size)
        if b"\0" not in found:  # a path may go over the end of a page, behind which there may be nothing
            found += self.memory(address + size, longest - size)
        end = found.find(b"\0")
        return found[:end] if end >= 0 else None

    def words(self, address: int) -> list[str]:
        """Return a list of texts, such as argv: pointers, ended by a null one."""
        if address == 0:
            return []
        words: list[str] = []
        left = MOST_BYTES
        for pointer in self._pointers(address):
            text = self.text(pointer, min(left, 1 << 17))
            if text is None:
                break
            words.append(os.fsdecode(text))
            left -= len(text) + 1
            if left <= 0:
                break
        return words

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
        return int(text[group + 6 : text.find(b"\n", group + 1)]), int(text[parent + 6 : text.find(b"\n", parent + 1)])

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


def signed(value: int) -> int:
    """Return a register's lower 32 bits as the C `int` that they are."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value
