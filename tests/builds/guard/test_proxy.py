"""The proxy lets pass what is allowed, and nothing else."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from builtby.builds.guard.proxy import Hosts, Proxy
from builtby.builds.guard.upstream import Upstream


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.path} {self.headers.get('Proxy-Authorization')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_address[1]
        running.shutdown()


def asked(proxy: Proxy, request: str) -> str:
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as found:
        found.sendall(request.encode())
        text = b""
        while data := found.recv(4096):
            text += data
        return text.decode()


def proxy_for(*hosts: str) -> Proxy:
    found = Proxy(Hosts(hosts), None, Upstream({}))
    found.start()
    return found


def test_plain_requests_to_an_allowed_host_pass(server: int) -> None:
    proxy = proxy_for(f"127.0.0.1:{server}")
    text = asked(proxy, f"GET http://127.0.0.1:{server}/a/b HTTP/1.1\r\nHost: x\r\nProxy-Authorization: secret\r\n\r\n")
    assert text.startswith("HTTP/1.0 200")
    assert text.endswith("/a/b None")
    assert [(one.host, one.allowed) for one in proxy.wishes()] == [("127.0.0.1", True)]
    proxy.close()


def test_tunnels_to_an_allowed_host_pass(server: int) -> None:
    proxy = proxy_for(f"127.0.0.1:{server}")
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as found:
        found.sendall(f"CONNECT 127.0.0.1:{server} HTTP/1.1\r\n\r\n".encode())
        assert b" 200 " in found.recv(4096)
        found.sendall(b"GET /inner HTTP/1.0\r\n\r\n")
        text = b""
        while data := found.recv(4096):
            text += data
    assert text.endswith(b"/inner None")
    proxy.close()


@pytest.mark.parametrize("target", ["attacker.example:443", "allowed.example:80", "notallowed.example:443",
                                    "allowed.example.attacker.example:443", "127.0.0.1:22", "169.254.169.254:80"])
def test_everything_else_is_refused_and_noted(target: str) -> None:
    proxy = proxy_for("allowed.example", "*.inner.example", "169.254.169.254:80")
    assert asked(proxy, f"CONNECT {target} HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403")
    (wish,) = proxy.wishes()
    assert (f"{wish.host}:{wish.port}", wish.allowed) == (target, False)
    proxy.close()


def test_names_that_lead_to_this_machine_are_refused(server: int) -> None:
    name = socket.gethostname()
    if not {address[4][0] for address in socket.getaddrinfo(name, None)} & {"127.0.0.1", "127.0.1.1", "::1"}:
        name = "localhost.localdomain"
    proxy = proxy_for(f"{name}:{server}")
    assert not asked(proxy, f"GET http://{name}:{server}/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.0 200")
    proxy.close()


def test_nonsense_ends_the_connection() -> None:
    proxy = proxy_for()
    for text in ("", "\r\n\r\n", "CONNECT\r\n\r\n", "CONNECT x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n",
                 "\0" * 100):
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as found:
            found.sendall(text.encode())
            found.shutdown(socket.SHUT_WR)
            assert b" 200 " not in found.recv(4096)
    proxy.close()


@pytest.mark.parametrize(("rule", "host", "port", "passes"), [
    ("a.example", "a.example", 443, True), ("a.example", "A.Example.", 443, True),
    ("a.example", "b.a.example", 443, False), ("a.example:8443", "a.example", 8443, True),
    ("*.a.example", "b.a.example", 443, True), ("*.a.example", "a.example", 443, False),
    ("*.a.example:80", "b.a.example", 443, False), ("[::1]:8080", "::1", 8080, True),
])
def test_hosts(rule: str, host: str, port: int, passes: bool) -> None:
    assert Hosts((rule,)).allow(host, port) is passes


def test_it_goes_through_this_machines_own_proxy(server: int) -> None:
    outer = proxy_for(f"127.0.0.1:{server}")
    inner = Proxy(Hosts((f"127.0.0.1:{server}",)), None, Upstream({"https_proxy": f"http://127.0.0.1:{outer.port}"}))
    inner.start()
    assert asked(inner, f"GET http://127.0.0.1:{server}/x HTTP/1.1\r\n\r\n").endswith("/x None")
    assert [one.host for one in outer.wishes()] == ["127.0.0.1"]
    inner.close()
    outer.close()
