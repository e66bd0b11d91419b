"""Which distribution's release a target is, by its os-release file."""

import re
import shlex

from builtby.packages.base import Distro, decoded

PLACES = ("etc/os-release", "usr/lib/os-release")
"""Where it stands; the first is mostly a link to the second."""
_ID = re.compile(r"[a-z0-9._-]+")


def os_release(data: bytes) -> Distro | None:
    """Return the release that an os-release file names; None when it has no proper ID."""
    fields: dict[str, str] = {}
    for line in decoded(data[:65536]).split("\n"):
        key, equals, value = line.partition("=")
        if equals and key.replace("_", "").isupper():
            fields[key] = _unquoted(value.strip())
    name = fields.get("ID", "").lower()
    if not _ID.fullmatch(name):
        return None
    return Distro(name, fields.get("VERSION_ID") or None, fields.get("VERSION_CODENAME") or None)


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value))
    except ValueError:
        return ""
