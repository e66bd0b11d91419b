"""Which addresses are spoken to: https, and plain http on this very machine only."""

from urllib.parse import urlsplit, urlunsplit

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Untrusted(ValueError):  # noqa: N818  # a statement about the address
    """An address that is not spoken to; the message says why."""


def checked(url: str, before: str | None = None) -> str:
    """Return an address that may be spoken to, or raise Untrusted.

    before: the address that redirected to this one. No other machine may send us to this one.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise Untrusted(f"{public(url)}: no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Untrusted(f"{public(url)}: an address that begins with https:// is needed")
    here = host in _HERE
    if parts.scheme == "http" and not here:
        raise Untrusted(f"{public(url)}: not encrypted, so anybody on the way could change the data")
    if here and before is not None and urlsplit(before).hostname not in _HERE:
        raise Untrusted(f"{public(before)} redirects to this machine: {public(url)}")
    return url


def public(url: str) -> str:
    """Return an address without the name and password that it may carry: for messages, and for what is kept."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
