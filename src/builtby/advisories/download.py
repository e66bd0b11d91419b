"""Fetches one file over HTTP: only if it changed, from where it was cut off, checked, and within bounds.

Sources: RFC 9110 (conditional and range requests), and Google Cloud Storage's `x-goog-hash` response header.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from builtby._version import __version__
from builtby.advisories.addresses import Untrusted, checked, public
from builtby.advisories.http_answer import Validators, checksums, matches, retry_after, total, validators, words

MOST_REDIRECTS = 5
MOST_WAIT = 60.0
"""Seconds that a server may ask us to wait before the next try."""
_CUT = (httpx.TransportError, httpx.StreamError)
_UNREACHABLE = "Check the network and HTTPS_PROXY, name a mirror with --mirror, or `builtby advisories import` a file."
_NOBODY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class Failed(Exception):  # noqa: N818  # a statement about the transfer
    """A file could not be had; `remedy` says what helps."""

    def __init__(self, what: str, remedy: str = "Try again later; the data in use stays as it is.") -> None:
        super().__init__(what)
        self.remedy = remedy


class Unreachable(Failed):
    """No connection at all: other files of the same server need not be tried."""


class _Again(Exception):  # noqa: N818
    """A try that failed in a way that may pass. `wait`: seconds the server asked for."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Part(msgspec.Struct, frozen=True):
    """What is written beside a file that is not complete yet."""

    url: str
    validators: Validators
    encoding: str = ""


class Fetched(NamedTuple):
    """A file that was fetched whole; `path` is None when it has not changed."""

    path: Path | None
    validators: Validators
    gzipped: bool = False


class Limits(NamedTuple):
    """Bounds of one file: bytes, seconds in all, tries without one byte more, and the first wait between them."""

    bytes: int = 1 << 30
    seconds: float = 1800.0
    tries: int = 5
    wait: float = 1.0


Progress = Callable[[int, int | None], None]
"""Called with the bytes there are, and those there will be when the server said so."""


def _silent(_have: int, _all: int | None) -> None:
    """Show nothing."""


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom we trust; reading the certificates takes longer than a small download."""
    return httpx.create_ssl_context()


@contextmanager
def client(seconds: float = 30.0) -> Iterator[httpx.Client]:
    """Give an HTTP client. `seconds`: how long a server may be silent."""
    headers = {"User-Agent": f"builtby/{__version__}", "Accept-Encoding": "gzip", "Accept": "*/*"}
    with httpx.Client(timeout=seconds, verify=_trusted(), headers=headers, follow_redirects=False) as made:
        yield made


class Download:
    """One file on its way to `target`; what came of it stays in `target`.part when it fails, for the next time."""

    def __init__(
        self, http: httpx.Client, url: str, target: Path, *, known: Validators | None = None,
        limits: Limits | None = None, progress: Progress = _silent, sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http, self._url, self._target, self._known = http, checked(url), target, known
        self._limits, self._progress, self._sleep = limits or Limits(), progress, sleep
        self._shown = public(url)
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._until = time.monotonic() + self._limits.seconds

    def run(self) -> Fetched:
        """Fetch it. Raises Failed."""
        failures, had = 0, self._size()
        while True:
            try:
                return self._try()
            except _Again as error:
                failures = 1 if self._size() > had else failures + 1
                had, problem = self._size(), error
            except Untrusted as error:
                raise Failed(str(error), "Check the address; `builtby advisories import` takes a file.") from error
            except OSError as error:
                raise Failed(f"{self._part}: {error.strerror or error}", "Make room, or set BUILTBY_DATA.") from error
            wait = min(problem.wait or self._limits.wait * 2 ** (failures - 1), MOST_WAIT)
            if failures > 1 and isinstance(problem.__cause__, _NOBODY):
                raise Unreachable(str(problem), _UNREACHABLE) from problem
            if failures >= self._limits.tries or time.monotonic() + wait > self._until:
                raise Failed(str(problem)) from problem
            self._sleep(wait)

    def _try(self) -> Fetched:
        part = self._resumable()
        try:
            with self._answer(self._headers(part)) as answer:
                if answer.status_code == 304 and part is None and self._known:
                    return Fetched(None, self._known)
                return self._taken(answer, part)
        except _CUT as error:
            raise _Again(f"{self._shown}: {words(error)}") from error
        except httpx.InvalidURL as error:
            raise Failed(f"{self._shown}: no address: {error}", "Check --mirror.") from error

    def _headers(self, part: Part | None) -> dict[str, str]:
        if part is not None:
            return {"Range": f"bytes={self._size()}-", "If-Range": part.validators.for_range or ""}
        known = self._known or Validators()
        pairs = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in pairs.items() if value}

    @contextmanager
    def _answer(self, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Give the answer behind the redirects, each of which is looked at first."""
        url = self._url
        for _ in range(MOST_REDIRECTS + 1):
            with self._http.stream("GET", url, headers=headers) as answer:
                if not answer.has_redirect_location:
                    yield answer
                    return
                url = checked(str(answer.url.join(answer.headers["location"])), before=url)
        raise Failed(f"{self._shown}: more than {MOST_REDIRECTS} redirects")

    def _taken(self, answer: httpx.Response, part: Part | None) -> Fetched:
        code = answer.status_code
        if code == 206 and part is not None:
            return self._received(answer, part, self._continued(answer))
        if code == 200:
            found = Part(self._shown, validators(answer), answer.headers.get("content-encoding", ""))
            if found.encoding not in ("", "identity", "gzip"):
                raise Failed(f"{self._shown}: sent in an encoding that was not asked for")
            self._forget()
            self._note.write_bytes(msgspec.json.encode(found))
            return self._received(answer, found, 0)
        if code in (206, 304, 416):
            self._forget()
            raise _Again(f"{self._shown}: the server answered {code} to a plain request", wait=0.01)
        if code in _LATER:
            raise _Again(f"{self._shown}: the server answered {code}", retry_after(answer))
        raise Failed(f"{self._shown}: the server answered {code}", "Check the address (--mirror), or try again later.")

    def _continued(self, answer: httpx.Response) -> int:
        """Return where a partial answer goes on, which must be where ours ends."""
        have = self._size()
        if not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
            self._forget()
            raise _Again(f"{self._shown}: the server sent another part than was asked for", wait=0.01)
        return have

    def _received(self, answer: httpx.Response, part: Part, have: int) -> Fetched:
        size = total(answer, have)
        if (size or 0) > self._limits.bytes:
            raise Failed(f"{self._shown}: {size:,} bytes, more than the {self._limits.bytes:,} that are taken")
        with self._part.open("ab" if have else "wb") as file:
            for chunk in answer.iter_raw():
                have += len(chunk)
                self._bounded(have)
                file.write(chunk)
                self._progress(have, size)
        self._verified(answer, have, size)
        self._part.replace(self._target)
        self._note.unlink(missing_ok=True)
        return Fetched(self._target, part.validators, part.encoding == "gzip")

    def _bounded(self, have: int) -> None:
        if have > self._limits.bytes:
            self._forget()
            raise Failed(f"{self._shown}: more than {self._limits.bytes:,} bytes")
        if time.monotonic() > self._until:
            raise Failed(f"{self._shown}: not complete after {self._limits.seconds:.0f} s",
                         "Run it again: it goes on where it stopped.")

    def _verified(self, answer: httpx.Response, have: int, announced: int | None) -> None:
        """Raise for a file that is not what the server says it is."""
        if announced is not None and have != announced:
            problem = f"{have:,} bytes came, {announced:,} were announced"
        elif not matches(self._part, checksums(answer)):
            problem = "the file does not match its checksum"
        else:
            return
        self._forget()
        raise _Again(f"{self._shown}: {problem}")

    def _resumable(self) -> Part | None:
        """Return what is known of a part that can be gone on with."""
        try:
            part = msgspec.json.decode(self._note.read_bytes(), type=Part)
        except (OSError, msgspec.MsgspecError):
            return None
        return part if part.url == self._shown and part.validators.for_range and self._size() else None

    def _size(self) -> int:
        try:
            return self._part.stat().st_size
        except OSError:
            return 0

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
