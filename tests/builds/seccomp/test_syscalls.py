"""The numbers of calls, held against the headers of the kernel that this machine has."""

import platform
import re
import subprocess
import sys

import pytest

from builtby.builds.hashing import Hasher
from builtby.builds.masking import Masker
from builtby.builds.seccomp import bpf
from builtby.builds.seccomp.calls import Calls
from builtby.builds.seccomp.peer import Peers
from builtby.builds.seccomp.syscalls import GUARDED, MACHINES, WITH_ADDRESS
from builtby.builds.seccomp.tracker import Tracker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="builds are recorded on Linux")

NEWER = {"fchmodat2": 452, "open_tree_attr": 467}
"""Calls that came after Debian 12's headers; their numbers are the same on every machine."""
_DEFINED = re.compile(r"^#define __NR(?:3264)?_(\w+) (\d+)$", re.MULTILINE)


def numbers(*options: str, header: str) -> dict[str, int]:
    done = subprocess.run(["gcc", "-E", "-dM", *options, "-include", header, "-xc", "/dev/null"], capture_output=True,
                          text=True, check=True)
    return {name: int(number) for name, number in _DEFINED.findall(done.stdout)}


@pytest.mark.parametrize("name", MACHINES)
def test_numbers_are_the_kernels(name: str) -> None:
    if name == "x86_64" and platform.machine() == "x86_64":
        told = numbers(header="asm/unistd.h")
    else:  # arm64 takes the generic table, with `renameat`
        told = numbers("-D__ARCH_WANT_RENAMEAT", "-D__BITS_PER_LONG=64", header="asm-generic/unistd.h")
    machine = MACHINES[name]
    wanted = {**machine.calls, **GUARDED[name], "seccomp": machine.seccomp}
    if name == "aarch64" or platform.machine() == "x86_64":
        assert {call: told.get(call, NEWER.get(call)) for call in wanted} == wanted


@pytest.mark.parametrize("name", MACHINES)
def test_every_call_is_in_the_filter_and_has_a_meaning(name: str) -> None:
    machine = MACHINES[name]
    code = bpf.program(machine)
    assert len(code) % 8 == 0
    assert len(code) // 8 < 256  # jumps of a filter go no further
    tested = {int.from_bytes(code[at + 4 : at + 8], "little") for at in range(0, len(code), 8)
              if code[at : at + 2] == b"\x15\0"}
    assert set(machine.calls.values()) <= tested
    assert set(WITH_ADDRESS) <= set(machine.calls)
    calls = Calls(Tracker(lambda _: None, Masker({}), 1), Hasher(), Peers(""))
    assert {*machine.calls, *GUARDED[name]} <= set(calls.handlers)
