"""A real HTTP server on loopback that serves the feeds, and misbehaves when it is told to."""

import contextlib
import hashlib
import io
import json
import threading
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from builtby.advisories.feeds import feeds

DAY = "2026-11-20"
RUST = "crates.example"
"""The name that the listing completes `crates` to."""


class Handler(BaseHTTPRequestHandler):
    """Hands each request to what the site has for its path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    server: "Site"

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        with contextlib.suppress(OSError):
            self.server.answers.get(self.path, missing)(self)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def send(self, code: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; `Content_Type="…"` names a header."""
        self.send_response(code)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """Cut the connection off."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)


Answer = Callable[[Handler], None]


def missing(handler: Handler) -> None:
    """Answer 404."""
    handler.send(404, b"no such file")


class Site(ThreadingHTTPServer):
    """The server. `answers`: what is served for a path; `requests`: paths and headers of what was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, *_who: object) -> None:
        """Say nothing: clients that leave early are what is tested."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the headers of the requests for a path."""
        return [headers for asked, headers in self.requests if asked == path]

    def put(self, path: str, body: bytes, **headers: str) -> None:
        """Serve a file as a good server does."""
        self.answers[path] = served(body, **headers)


@contextlib.contextmanager
def running() -> Iterator[Site]:
    """Run a site."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


def served(body: bytes, **headers: str) -> Answer:
    """Serve a file with validators, ranges and a checksum."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    given = {"ETag": etag, "x_goog_hash": f"md5={b64encode(hashlib.md5(body).digest()).decode()}"} | headers

    def answer(handler: Handler) -> None:
        asked = handler.headers
        if asked["If-None-Match"] == etag:
            handler.send(304, ETag=etag, Content_Length="")
        elif asked["Range"] and asked["If-Range"] == etag:
            start = int(asked["Range"][6:-1])
            if start >= len(body):
                handler.send(416, Content_Range=f"bytes */{len(body)}")
            else:
                part = f"bytes {start}-{len(body) - 1}/{len(body)}"
                handler.send(206, body[start:], Content_Range=part, **given)
        else:
            handler.send(200, body, **given)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Answer one request after the other in different ways, the last for ever."""
    left = list(answers)

    def answer(handler: Handler) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(handler)

    return answer


def cut_after(body: bytes, length: int) -> Answer:
    """Answer as `served` does, but cut the connection after so many bytes of the answer's body."""

    def answer(handler: Handler) -> None:
        whole = handler.wfile

        class Short(io.BytesIO):
            def close(self) -> None:
                """Keep what was written."""

        handler.wfile = Short()
        served(body)(handler)
        head, _, rest = handler.wfile.getvalue().partition(b"\r\n\r\n")
        handler.wfile = whole
        handler.wfile.write(head + b"\r\n\r\n" + rest[:length])
        handler.cut()

    return answer


def dripping(body: bytes, pause: float, step: int = 1) -> Answer:
    """Send a file slowly."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("ETag", '"drip"')
        handler.end_headers()
        for start in range(0, len(body), step):
            handler.wfile.write(body[start : start + step])
            handler.wfile.flush()
            time.sleep(pause)

    return answer


def record(name: str, ecosystem: str, package: str, **more: object) -> dict[str, Any]:
    """Return an OSV record."""
    return {"schema_version": "1.7.0", "id": name, "modified": f"{DAY}T10:00:00Z", "published": f"{DAY}T09:00:00Z",
            "aliases": [], "details": "prose that is not kept",
            "affected": [{"package": {"ecosystem": ecosystem, "name": package},
                          "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "9.9.9"}]}]}],
            **more}


def packed(*records: dict[str, Any] | bytes, names: list[str] | None = None) -> bytes:
    """Return a zip as OSV's bulk has them; bytes are taken as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for place, one in enumerate(records):
            name = f"{one['id']}.json" if isinstance(one, dict) and "id" in one else f"RAW-{place}.json"
            file.writestr(names[place] if names else name, one if isinstance(one, bytes) else json.dumps(one))
    return out.getvalue()


def path_of(name: str) -> str:
    """Return a feed's path on the site."""
    feed = next(feed for feed in feeds().feed if feed.name == name)
    return f"/{feed.base}/{feed.path or f'{feed.ecosystem or RUST}/all.zip'}"


def fill(site: Site) -> None:
    """Put a good state of every feed on the site: one record for each ecosystem, `NEW-<feed>-1`."""
    for feed in feeds().feed:
        if feed.kind == "osv":
            package = next(iter(feed.packages))
            one = record(f"NEW-{feed.name}-1", feed.ecosystem or RUST, package, aliases=["CVE-2026-99991"])
            site.put(path_of(feed.name), packed(one))
    site.put("/osv/ecosystems.txt", f"Go\n{RUST}\nnpm\n".encode())
    site.put(path_of("endoflife"), json.dumps({"schema_version": "1.2.1", "result": [
        {"name": "go", "releases": [
            {"name": "1.99", "releaseDate": "2026-08-11", "isEol": False, "eolFrom": None,
             "latest": {"name": "1.99.3", "date": DAY}},
            {"name": "1.98", "releaseDate": "2026-02-11", "isEol": True, "eolFrom": "2026-11-11", "latest": None}]},
        {"name": "somebody-elses", "releases": []}]}).encode())
    site.put(path_of("kev"), json.dumps({"catalogVersion": "2026.11.20", "vulnerabilities": [
        {"cveID": "CVE-2026-99991", "dateAdded": DAY}]}).encode())
    site.put(path_of("debian"), json.dumps({"gcc-12": {
        "CVE-2026-99992": {"releases": {
            "bookworm": {"status": "open", "urgency": "not yet assigned", "nodsa": "minor", "nodsa_reason": ""},
            "trixie": {"status": "resolved", "fixed_version": "12.4.0-3", "urgency": "low"},
            "sid": {"status": "resolved", "fixed_version": "0", "urgency": "low"}}},
        "TEMP-0000000-1": {"releases": {}}}, "firefox": {"CVE-2026-1": "not looked at"}}).encode())
