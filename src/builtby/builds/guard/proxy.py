"""The only way out of a guarded build: an HTTP proxy that connects to allowed hosts alone, and writes down who asked.

It ends with this process, for it is made of its threads.
"""

import ipaddress
import os
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from builtby.builds.guard.inner import pump
from builtby.builds.guard.places import is_metadata
from builtby.builds.guard.upstream import Upstream

_BUFFER = 1 << 16
_LONGEST_HEAD = 1 << 16
_SECONDS = 30.0
"""Until a connection is given up that is not made, or a head that is not sent."""
HTTPS = 443


class InnerAddressError(OSError):
    """An allowed name leads to an address of this machine, or to a cloud's metadata."""


class Wish(NamedTuple):
    """A host that was asked for, and what became of it."""

    host: str
    port: int
    allowed: bool
    why: str
    times: int = 1


class Hosts:
    """Hosts that are allowed, as `name`, `name:port`, `*.name`, `[address]:port`."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {_split(one) for one in allowed}

    def __bool__(self) -> bool:
        return bool(self._allowed)

    def allow(self, host: str, port: int) -> bool:
        """Whether a host and port are on the list."""
        host = host.lower().rstrip(".")
        return any(number == port and (name == host or (name.startswith("*.") and host.endswith(name[1:])))
                   for name, number in self._allowed)


def _split(text: str) -> tuple[str, int]:
    name, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.startswith("[")):
        return name.strip("[]").lower().rstrip("."), int(port)
    return text.strip("[]").lower().rstrip("."), HTTPS


class Proxy:
    """Listens at once, and serves when started. `path`: of a local socket; None for a port of this machine's own."""

    def __init__(self, hosts: Hosts, path: str | None, upstream: Upstream) -> None:
        self._hosts, self._upstream = hosts, upstream
        self._wishes: dict[tuple[str, int], Wish] = {}
        self._lock = threading.Lock()
        self._serving = False
        if path is None:
            self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
            self.port: int = self._server.getsockname()[1]
        else:
            self._server, self.port = _local(path), 0

    def start(self) -> None:
        """Begin to serve, if not done already. Best when the build's process is split off: threads are not."""
        if self._serving:
            return
        self._serving = True
        threading.Thread(target=self._serve, daemon=True).start()

    def allow(self, hosts: Hosts) -> None:
        """Allow other hosts from now on, and forget who asked."""
        with self._lock:
            self._hosts, self._wishes = hosts, {}

    def close(self) -> None:
        """Serve no more newcomers."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def wishes(self) -> tuple[Wish, ...]:
        """Return what was asked for, in its order."""
        with self._lock:
            return tuple(self._wishes.values())

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with client, suppress(OSError, ValueError):
            client.settimeout(_SECONDS)
            head, rest = _head(client)
            method, target, version = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            if method == "CONNECT":
                name, _, number = target.rpartition(":")
                host, port = name.strip("[]"), int(number)
            else:
                url = urlsplit(target)
                host, port = url.hostname or "", url.port or (HTTPS if url.scheme == "https" else 80)
            server = self._reach(client, host, port)
            if server is None:
                return
            with server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    path = target.split("/", 3)[3] if target.count("/") >= 3 else ""
                    rest = _direct(head, f"{method} /{path} {version}") + rest
                server.sendall(rest)
                _both(client, server)

    def _reach(self, client: socket.socket, host: str, port: int) -> socket.socket | None:
        """Return a connection; None when the client was told why there is none."""
        why = self._refusal(host, port)
        self._note(host, port, why)
        if why:
            client.sendall(_answer(403, f"builtby guard: {why}"))
            return None
        try:
            return self._upstream.connect(host, port, _SECONDS, None if _is_literal(host) else _refuse_inner)
        except InnerAddressError as error:
            self._note(host, port, str(error))
            client.sendall(_answer(403, f"builtby guard: {error}"))
            return None
        except OSError as error:
            client.sendall(_answer(502, f"builtby guard: {host}:{port} could not be reached: {error}"))
            return None

    def _refusal(self, host: str, port: int) -> str:
        if is_metadata(host):
            return f"{host} gives out a cloud's credentials"
        if not self._hosts.allow(host, port):
            return f"{host}:{port} is not among the allowed hosts"
        return ""

    def _note(self, host: str, port: int, why: str) -> None:
        with self._lock:
            known = self._wishes.get((host, port))
            self._wishes[host, port] = Wish(host, port, not why, why, known.times + 1 if known else 1)


def _local(path: str) -> socket.socket:
    """Return a listening local socket, however long the path."""
    server = socket.socket(socket.AF_UNIX)
    folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120
    try:
        server.bind(f"/proc/self/fd/{folder}/{os.path.basename(path)}")  # noqa: PTH119
    finally:
        os.close(folder)
    server.listen(128)
    return server


def _is_literal(host: str) -> bool:
    """Whether a host that was allowed by name is this machine by name or number: then it was meant."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return host.lower() == "localhost"


def _refuse_inner(host: str, address: str) -> None:
    """Refuse an address to which no name of a registry should lead."""
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if found.is_loopback or found.is_link_local or found.is_unspecified or is_metadata(str(found)):
        raise InnerAddressError(f"{host} leads to {found}, which is on this machine or a cloud's own")


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < _LONGEST_HEAD:
        more = client.recv(_BUFFER)
        if not more:
            break
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _direct(head: bytes, first: str) -> bytes:
    """Return a request's head as the server itself wants it; one request for each connection, for each is judged."""
    lines = [line for line in head.split(b"\r\n")[1:]
             if not line.lower().startswith((b"proxy-", b"connection:", b"keep-alive:"))]
    return b"\r\n".join([first.encode("latin-1"), *lines, b"Connection: close", b"", b""])


def _answer(code: int, text: str) -> bytes:
    body = f"{text}\n".encode()
    return (f"HTTP/1.1 {code} {'Forbidden' if code == 403 else 'Bad Gateway'}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body


def _both(one: socket.socket, other: socket.socket) -> None:
    for end in (one, other):
        end.settimeout(None)
    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join()
