"""Runs as the first process inside of the sandbox, from the bare standard library: `inner.py CHANNEL PLAN`.

It forwards connections to the guard's proxy, starts the command under the filters, gives the listener to the guard,
tells it how the command ended, and adopts what the command leaves behind. It is not part of the build's record.
"""

import base64
import ctypes
import json
import os
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress
from typing import Any

_BUFFER = 1 << 16
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Set up, start the command, and serve until the guard ends this process."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    with os.fdopen(int(sys.argv[2]), "rb") as file:
        file.seek(0)
        plan: dict[str, Any] = json.load(file)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    server = socket.create_server(("127.0.0.1", plan["port"]), backlog=128)
    pid = os.fork()
    if pid == 0:
        _become(plan, channel)
    threading.Thread(target=_serve, args=(server, plan["proxy"]), daemon=True).start()
    while True:
        try:
            told, status = os.waitpid(-1, os.WUNTRACED)
        except ChildProcessError:
            signal.pause()
            continue
        if told == pid:
            channel.sendall(struct.pack("<I", status))


def _serve(server: socket.socket, proxy: str) -> None:
    while True:
        client, _ = server.accept()
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(proxy)
        except OSError:
            client.close()
            continue
        for one, other in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=(one, other), daemon=True).start()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Pass on what comes from one to the other until it ends. The proxy outside does so too."""
    with suppress(OSError):
        while data := one.recv(_BUFFER):
            other.sendall(data)
    for end, how in ((other, socket.SHUT_WR), (one, socket.SHUT_RD)):
        with suppress(OSError):
            end.shutdown(how)


def _become(plan: dict[str, Any], channel: socket.socket) -> None:
    """Be the command. Never returns."""
    command: list[str] = plan["command"]
    code = 126
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ, *plan["default"]):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(plan["folder"])
        _libc.prctl(38, ctypes.c_ulong(1), 0, 0, 0)  # no new privileges
        _filter(plan["seccomp"], base64.b64decode(plan["denied"]), 0)
        _listen(plan, channel)
        os.execvpe(command[0], command, plan["environment"])  # noqa: S606  # the caller's own words, without a shell
    except OSError as error:
        os.write(2, f"builtby: cannot run {command[0]}: {error.strerror}\n".encode())
        code = 127 if isinstance(error, FileNotFoundError) else 126
    finally:
        os._exit(code)


def _listen(plan: dict[str, Any], channel: socket.socket) -> None:
    """Enter the filter; a thread outside of it hands the listener over, for sending is filtered too."""
    asked, told = os.pipe()
    done = threading.Event()

    def hand_over() -> None:
        found = int(os.read(asked, 16))
        if found >= 0:
            socket.send_fds(channel, [b"0"], [found])
        else:
            channel.send(b"%d" % -found)
        done.set()

    threading.Thread(target=hand_over, daemon=True).start()
    found = -1
    for flags in (1 << 3 | 1 << 5, 1 << 3):
        found = _filter(plan["seccomp"], base64.b64decode(plan["notify"]), flags)
        if found >= 0:
            break
    os.write(told, b"%d" % (found if found >= 0 else -(ctypes.get_errno() or 38)))
    done.wait()
    if found < 0:
        os._exit(126)
    for descriptor in (found, asked, told):
        os.close(descriptor)
    channel.close()


def _filter(number: int, code: bytes, flags: int) -> int:
    held = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(held)))
    return int(_libc.syscall(number, 1, flags, header))


if __name__ == "__main__":
    main()
