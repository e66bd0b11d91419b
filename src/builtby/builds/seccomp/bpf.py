"""The filter: a classic BPF program that lets most calls pass and has the chosen ones wait for the supervisor."""

import struct

from builtby.builds.seccomp.syscalls import WITH_ADDRESS, Machine

ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCH, _ARGS = 0, 4, 16
"""Offsets in `struct seccomp_data`."""


def program(machine: Machine) -> bytes:
    """Return the filter as an array of `struct sock_filter`.

    A call of a foreign interface (32-bit, x32) always waits: the supervisor refuses it and says so.
    """
    calls = sorted((number, WITH_ADDRESS.get(name)) for name, number in machine.calls.items())
    special = [(number, argument) for number, argument in calls if argument is not None]
    plain = [number for number, argument in calls if argument is None]
    body = [_op(_LOAD, _NUMBER)]
    if machine.highest is not None:
        body += [_op(_AT_LEAST, machine.highest, 0, 1), _op(_RETURN, NOTIFY)]
    for number in plain:
        body += [_op(_EQUAL, number, 0, 1), _op(_RETURN, NOTIFY)]
    for number, argument in special:
        body += _given(number, argument)
    body.append(_op(_RETURN, ALLOW))
    return b"".join([_op(_LOAD, _ARCH), _op(_EQUAL, machine.audit, 1, 0), _op(_RETURN, NOTIFY), *body])


def _given(number: int, argument: int) -> list[bytes]:
    """Return what notifies of a call if an argument is not zero; both halves of its 64 bits are looked at."""
    place = _ARGS + 8 * argument
    return [
        _op(_EQUAL, number, 0, 6),
        _op(_LOAD, place), _op(_EQUAL, 0, 0, 2),
        _op(_LOAD, place + 4), _op(_EQUAL, 0, 1, 0),
        _op(_RETURN, NOTIFY), _op(_RETURN, ALLOW),
    ]


def _op(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)
