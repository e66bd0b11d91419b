"""What listens here while an attack is re-enacted: a server that keeps what it is sent, and a daemon's socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


@contextmanager
def sink(serves: dict[str, str], log: Path) -> Iterator[str]:
    """Listen on loopback, give what is to be served, and write what is asked and posted into a file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer("")

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace"))

        def answer(self, posted: str) -> None:
            with log.open("a") as file:
                file.write(f"{self.command} {self.path}\n{posted}")
            text = serves.get(self.path.strip("/"), "")
            self.send_response(200 if text or self.command == "POST" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  # the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def daemon(place: Path) -> Iterator[None]:
    """Listen behind a local socket."""
    folder = os.open(place.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{folder}/{place.name}")  # the name of a socket is short, a test's folder is not
        os.close(folder)
        listener.listen()
        yield
