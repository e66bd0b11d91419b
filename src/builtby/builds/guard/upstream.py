"""How the guard's proxy itself gets out: straight, or through the proxy that this machine is told to use."""

import base64
import socket
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in the stubs

Judge = Callable[[str, str], None]
"""Takes a host and one of its addresses, and raises OSError when nobody may be connected to it."""


class Upstream:
    """Connects. Takes `https_proxy` and `no_proxy` from an environment, as programs do."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        value = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
        self._proxy = urlsplit(value if "://" in value else f"http://{value}") if value else None
        self._without = {"no": environment.get("no_proxy") or environment.get("NO_PROXY") or ""}

    def used(self, host: str) -> bool:
        """Whether a host is reached through another proxy."""
        return self._proxy is not None and not proxy_bypass_environment(host, self._without)

    def connect(self, host: str, port: int, seconds: float, judge: Judge | None) -> socket.socket:
        """Return a connection to a host, at an address that was judged. Raises OSError, and what the judge does."""
        if self._proxy is None or not self.used(host):
            return _straight(host, port, seconds, judge)
        found = socket.create_connection((self._proxy.hostname or "", self._proxy.port or 3128), seconds)
        try:
            self._ask(found, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except BaseException:
            found.close()
            raise
        return found

    def _ask(self, found: socket.socket, target: str) -> None:
        assert self._proxy is not None
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self._proxy.username:
            login = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}")
        found.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer:
            byte = found.recv(1)  # not more: what follows is the host's
            if not byte or len(answer) > 1 << 14:
                raise OSError("this machine's proxy gave no answer")
            answer += byte
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise OSError(f"this machine's proxy said {answer.split(chr(13).encode(), 1)[0].decode('latin-1')}")


def _straight(host: str, port: int, seconds: float, judge: Judge | None) -> socket.socket:
    last: OSError = OSError(f"{host} has no address")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if judge is not None:
            judge(host, str(address[0]))
        try:
            return socket.create_connection((str(address[0]), port), seconds)
        except OSError as error:
            last = error
    raise last
