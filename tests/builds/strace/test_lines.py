"""The parser alone: forms that a real strace gives rarely, and bytes that none gives."""

import random
from typing import Any

import pytest

from builtby.builds.events import Connected, Ended, Event, Ran, Started, Used
from builtby.builds.hashing import Hasher
from builtby.builds.masking import Masker
from builtby.builds.strace.lines import Call, Lines, UnreadableError, arguments, named, text_of, texts_of
from builtby.builds.strace.network import address
from builtby.builds.strace.people import People
from builtby.builds.strace.reader import Reader

MAIN = 4_000_001
"""Numbers that no process of this machine has: the kernel's highest is 4,194,304, and nothing looks them up in vain."""
TO = '{sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}'
TRACE = rf"""{MAIN} 100.000001 execve("/nowhere/sh", ["sh", "-c", "a \"b\""], ["A=1", "LANG=\303\274"]) = 0
{MAIN} 100.000002 openat(AT_FDCWD</w>, "in\n\"x", O_RDONLY|O_CLOEXEC) = 3</w/in\n\"x>
{MAIN} 100.000003 vfork( <unfinished ...>
{MAIN + 1} 100.000004 execve("/nowhere/cc", ["cc"], ["A=1"] <unfinished ...>
{MAIN} 100.000005 <... vfork resumed>) = {MAIN + 1}
{MAIN + 1} 100.000006 <... execve resumed>) = 0
{MAIN} 100.000007 --- SIGUSR1 {{si_signo=SIGUSR1, si_code=SI_USER, si_pid=1, si_uid=0}} ---
[ Process PID={MAIN + 1} runs in 32 bit mode. ]
{MAIN} 100.000008 clone3({{flags=CLONE_VM|CLONE_THREAD}} => {{parent_tid=[{MAIN + 2}]}}, 88) = {MAIN + 2}
{MAIN + 2} 100.000009 openat(AT_FDCWD</w>, "made", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4</w/made>
{MAIN + 2} 100.000010 openat(AT_FDCWD</w>, "nix", O_RDONLY) = -1 ENOENT (No such file or directory)
{MAIN + 2} 100.000011 read(4</w/made>, "abc"..., 3) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)
{MAIN + 2} 100.000012 execve("/nowhere/ld", ["ld"], ["A=1"] <unfinished ...>
{MAIN} 100.000013 +++ superseded by execve in pid {MAIN + 2} +++
{MAIN} 100.000014 <... execve resumed>) = 0
{MAIN + 1} 100.000015 connect(3<socket:[9]>, {TO}, 16) = 0
{MAIN + 1} 100.000016 exit_group(3) = ?
{MAIN + 1} 100.000017 +++ exited with 3 +++
{MAIN} 100.000018 +++ killed by SIGKILL +++
""".encode()


def read(data: bytes, step: int = 1 << 20) -> tuple[list[Event], People]:
    events: list[Event] = []
    people = People(events.append, Masker({}), MAIN, "/w", 100.0)
    reader = Reader(people, Hasher())
    for place in range(0, len(data), step):
        reader.feed(data[place : place + step])
    reader.finish()
    return events, people


def of(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_a_trace(step: int) -> None:
    events, people = read(TRACE, step)
    assert people.lost == {}
    assert [(event.process, event.pid, event.parent) for event in of(events, Started)] == [
        (1, MAIN, 0), (2, MAIN + 1, 1), (3, MAIN, 0)]
    assert [(event.process, event.argv, event.executable, event.replaces) for event in of(events, Ran)] == [
        (1, ("sh", "-c", 'a "b"'), "/nowhere/sh", None), (2, ("cc",), "/nowhere/cc", None),
        (3, ("ld",), "/nowhere/ld", 1)]
    assert [(event.process, event.path, event.access) for event in of(events, Used)] == [
        (1, '/w/in\n"x', "read"), (1, "/w/made", "write")]
    assert [(event.process, event.exit_code) for event in of(events, Ended)] == [(2, 3), (3, None)]
    assert [(event.process, event.address, event.port) for event in of(events, Connected)] == [(2, "192.0.2.7", 443)]
    assert people.ended_well


def test_a_child_seen_before_it_is_known_whose_it_is() -> None:
    """Two processes start others at once, and nobody can be asked any more: the lines wait for the answers."""
    text = f"""{MAIN} 100.0 clone(child_stack=NULL, flags=SIGCHLD) = {MAIN + 1}
{MAIN} 100.1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
{MAIN + 1} 100.2 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
{MAIN + 2} 100.3 unlink("/w/two") = 0
{MAIN + 3} 100.4 unlink("/w/three") = 0
{MAIN + 1} 100.5 <... clone resumed>) = {MAIN + 2}
{MAIN} 100.6 <... clone resumed>) = {MAIN + 3}
"""
    events, people = read(text.encode())
    assert [(event.pid, event.parent, event.parent_claim) for event in of(events, Started)] == [
        (MAIN, 0, "recorded"), (MAIN + 1, 1, "recorded"), (MAIN + 2, 2, "recorded"), (MAIN + 3, 1, "recorded")]
    assert {event.path: event.process for event in of(events, Used)} == {"/w/two": 3, "/w/three": 4}
    assert people.lost == {}


def test_a_child_that_ends_before_its_birth_is_told_is_born_once() -> None:
    """The line of the parent's call may come last; the number may then be another process's."""
    text = f"""{MAIN} 100.0 vfork( <unfinished ...>
{MAIN + 1} 100.1 unlink("/w/one") = 0
{MAIN + 1} 100.2 +++ exited with 0 +++
{MAIN} 100.3 <... vfork resumed>) = {MAIN + 1}
"""
    again = f"""{MAIN} 100.4 vfork() = {MAIN + 1}
{MAIN + 1} 100.5 unlink("/w/two") = 0
"""
    assert [event.pid for event in of(read(text.encode())[0], Started)] == [MAIN, MAIN + 1]
    events, people = read((text + again).encode())
    assert [(event.process, event.pid) for event in of(events, Started)] == [(1, MAIN), (2, MAIN + 1), (3, MAIN + 1)]
    assert {event.path: event.process for event in of(events, Used)} == {"/w/one": 2, "/w/two": 3}
    assert people.lost == {}


def test_cut_texts_are_said() -> None:
    events, people = read(f'{MAIN} 100.0 execve("/x", ["cc", "aaa"..., ...], ["A=1"]) = 0\n'.encode())
    assert [event.argv for event in of(events, Ran)] == [("cc", "aaa")]
    assert people.lost == {"calls whose arguments strace could not read, or cut off": 1}


def test_parts() -> None:
    assert arguments(b'AT_FDCWD</a, b)>, "x), \\"y", {a=1, b=[2, 3]}) = 0') == (
        [b"AT_FDCWD</a, b)>", b'"x), \\"y"', b"{a=1, b=[2, 3]}"], 45)
    assert arguments(b'"open') is None
    text = text_of(rb'"\1\0019\x41\"\\\n\303\274"')
    assert text is not None
    assert text.value == b'\x01\x019A"\\\n\xc3\xbc'
    assert texts_of(b'["a", "b"...]') == ([b"a", b"b"], False)
    assert texts_of(b"NULL") == ([], True)
    assert texts_of(b"0x7ffd1234") == ([], False)
    assert named(rb"3</tmp/a\74b\76>") == b"/tmp/a<b>"
    assert named(b"3<socket:[1]>") is None


@pytest.mark.parametrize(("text", "shown"), [
    (b'{sa_family=AF_INET6, sin6_port=htons(9), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr)}',
     "::1"),
    (b'{sa_family=AF_INET6, sin6_port=htons(9), inet_pton(AF_INET6, "::ffff:192.0.2.1", &sin6_addr)}', "192.0.2.1"),
    (rb'{sa_family=AF_UNIX, sun_path="/run/a\"b"}', '/run/a"b'), (b'{sa_family=AF_UNIX, sun_path=@"x"}', "@x"),
    (b'{sa_family=AF_INET6, sin6_port=htons(9), inet_pton(AF_INET6, "zz", &sin6_addr)}', None),
    (b"{sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}", None), (b"NULL", None), (b"0x7ff", None)])
def test_addresses(text: bytes, shown: str | None) -> None:
    found = address(text)
    assert (found.text if found else None) == shown


@pytest.mark.parametrize("line", [
    b"x", b"1", b"1 2", b"1 x open()", b"1 2.0 open(", b"1 2.0 open() =", b"1 2.0 <... open resumed>) = 3",
    b"1 2.0 +++ vanished +++", b"1 2.0 9name() = 0", "1 2.0 öpen() = 0".encode()])
def test_what_is_no_line(line: bytes) -> None:
    with pytest.raises(UnreadableError):
        Lines().read(line)


def test_hostile_bytes_stop_nothing() -> None:
    """Cut, doubled, mixed and overwritten traces: events or counted losses, never an error."""
    rng = random.Random(4)
    for _ in range(400):
        data = bytearray(TRACE)
        for _ in range(rng.randint(1, 30)):
            place = rng.randrange(len(data))
            piece = bytes(rng.choices(b'"\\<>(){}[],=-+ \n.0123456789', k=rng.randint(1, 9)))
            end = place + rng.choice((0, 1, 60))
            data[place:end] = rng.choice((piece, b"", bytes((rng.randrange(256),)), bytes(data[place : place + 200])))
        read(bytes(data), rng.choice((13, 4096)))


def test_a_line_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtby.builds.strace.reader.LONGEST", 1000)
    events, people = read(b"9" * 100_000 + b"\n" + TRACE, 100)
    assert people.lost == {"lines of strace that could not be read": 1}, people.lost
    assert len(of(events, Ran)) == 3


def test_a_call_is_put_together() -> None:
    lines = Lines()
    assert type(lines.read(b"7 1.5 openat(AT_FDCWD,  <unfinished ...>")).__name__ == "Started"
    assert lines.read(b'7 1.6 <... openat resumed>"x", O_RDONLY) = 3</x>') == Call(
        7, 1.5, "openat", [b"AT_FDCWD", b'"x"', b"O_RDONLY"], b"3</x>")
